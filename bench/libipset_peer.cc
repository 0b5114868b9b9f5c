// SPDX-License-Identifier: MIT
#include "libipset_peer.h"

#include <libipset/ipset.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace ipsetkv::bench {
namespace {

// libipset prints a listing with this format, a buffer at a time; other formats are help text.
constexpr std::string_view kListingFormat = "%s";

int gather_output(struct ipset_session* /*session*/, void* output, const char* format, ...) {
  if (format != kListingFormat) return -1;
  va_list arguments;
  va_start(arguments, format);
  static_cast<std::string*>(output)->append(va_arg(arguments, const char*));
  va_end(arguments);
  return 0;
}

// Replace libipset's own functions, which print and end the process.
int report_misuse(ipset* /*library*/, void* /*output*/, int /*status*/, const char* /*message*/,
                  ...) {
  return -1;
}
int report_failure(ipset* /*library*/, void* /*output*/) { return -1; }

/// Removes a number and the byte after it from the front of `text`, and returns the number.
std::uint32_t take_number(std::string_view& text) {
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(
      std::min<std::size_t>(text.size(), static_cast<std::size_t>(parsed.ptr - text.data()) + 1));
  return number;
}

}  // namespace

void LibipsetPeer::Close::operator()(ipset* library) const { ipset_fini(library); }

LibipsetPeer::LibipsetPeer(std::unique_ptr<ipset, Close> library, const Values& values)
    : library_(std::move(library)), values_(values) {
  ipset_custom_printf(library_.get(), report_misuse, report_failure, gather_output, &output_);
}

std::unique_ptr<LibipsetPeer> LibipsetPeer::open(const Task& task) {
  // The list of types is global, so it is loaded only once.
  static const bool loaded = (ipset_load_types(), true);
  std::unique_ptr<ipset, Close> library(loaded ? ipset_init() : nullptr);
  if (!library) return nullptr;
  std::unique_ptr<LibipsetPeer> peer(new LibipsetPeer(std::move(library), task.values));
  for (const std::string& key : task.keys)
    if (!peer->set(key, 1)) return nullptr;
  return peer;
}

bool LibipsetPeer::run(std::initializer_list<const char*> words) {
  // libipset removes the words from the list one by one, but does not write into them.
  std::array<char*, 8> arguments{};
  std::transform(words.begin(), words.end(), arguments.begin(),
                 [](const char* word) { return const_cast<char*>(word); });
  output_.clear();
  return ipset_parse_argv(library_.get(), static_cast<int>(words.size()), arguments.data()) == 0;
}

bool LibipsetPeer::add(const char* key, std::size_t chunk, std::string_view bytes) {
  std::array<unsigned char, 4> padded{};
  std::memcpy(padded.data(), bytes.data(), bytes.size());
  std::array<char, 64> element{};
  std::snprintf(element.data(), element.size(), "%d.%d.%d.%d,%zu", padded[0], padded[1], padded[2],
                padded[3], chunk);
  return run({"ipset", "add", key, element.data()});
}

bool LibipsetPeer::set(const std::string& key, std::size_t which) {
  const std::string_view value = values_[which];
  if (!run({"ipset", "create", "-exist", key.c_str(), "hash:ip,port"})) return false;
  if (!run({"ipset", "flush", key.c_str()})) return false;
  for (std::size_t start = 0; start < value.size(); start += 4)
    if (!add(key.c_str(), start / 4, value.substr(start, 4))) return false;
  return true;
}

/// Parses a line such as `add benchmark 110.111.116.101,tcp:0`; ignores the first, `create ...`.
void LibipsetPeer::take_line(std::string_view line) {
  if (!line.starts_with("add ")) return;
  line.remove_prefix(line.find_last_of(' ') + 1);
  std::array<unsigned char, 4> bytes{};
  for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(take_number(line));
  line.remove_prefix(line.find(':') + 1);
  Chunk chunk{.port = take_number(line), .address = 0};
  std::memcpy(&chunk.address, bytes.data(), bytes.size());
  chunks_.push_back(chunk);
}

bool LibipsetPeer::get(const std::string& key, std::string& value) {
  if (!run({"ipset", "list", "-output", "save", key.c_str()})) return false;
  chunks_.clear();
  for (std::string_view rest = output_; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    take_line(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  std::sort(chunks_.begin(), chunks_.end(),
            [](const Chunk& one, const Chunk& other) { return one.port < other.port; });
  value.resize(chunks_.size() * 4);
  for (std::size_t i = 0; i < chunks_.size(); ++i)
    std::memcpy(value.data() + i * 4, &chunks_[i].address, 4);
  value.resize(value.find_last_not_of('\0') + 1);
  return true;
}

}  // namespace ipsetkv::bench
