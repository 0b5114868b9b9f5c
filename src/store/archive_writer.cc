// SPDX-License-Identifier: MIT
#include "store/archive_writer.h"

#include <array>
#include <charconv>
#include <limits>

#include "store/archive_line.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

void put_number(std::string& text, std::uint64_t number) {
  std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

void put_option(std::string& text, std::string_view option, std::uint64_t number) {
  text += option;
  put_number(text, number);
}

void put_address(std::string& text, const ipset::Address& address) {
  char separator = 0;
  for (const std::byte byte : address.bytes()) {
    if (separator != 0) text += separator;
    put_number(text, std::to_integer<std::uint64_t>(byte));
    separator = '.';
  }
}

/// `ipset` takes ICMP's port as type and code.
void put_port(std::string& text, std::uint8_t protocol, std::uint16_t port) {
  switch (protocol) {
    case layout::kPlain:
      return put_option(text, ",tcp:", port);
    case layout::kExactEnd:
      return put_option(text, ",sctp:", port);
    case layout::kKeyText:
      return put_option(text, ",udp:", port);
    default:
      put_option(text, ",icmp:", port >> 8);
      return put_option(text, "/", port & 255);
  }
}

}  // namespace

ArchiveWriter::ArchiveWriter(const Write& write) : write_(write), text_(kArchiveBegin) {
  text_ += '\n';
}

Result<void> ArchiveWriter::add(std::string_view name, const layout::DrawerContent& content) {
  put_create(name, content);
  layout::DrawerEncoder encoder(content);
  std::uint64_t elements = 0;
  while (encoder.next(element_)) {
    put_element(name);
    ++elements;
    if (text_.size() >= kPieceBytes)
      if (auto flushed = flush(); !flushed) return flushed;
  }
  put_option(text_, kArchiveSet, elements);
  text_ += '\n';
  ++sets_;
  return {};
}

Result<std::uint64_t> ArchiveWriter::finish() {
  put_option(text_, kArchiveEnd, sets_);
  text_ += '\n';
  if (auto flushed = flush(); !flushed) return tl::unexpected(flushed.error());
  return sets_;
}

void ArchiveWriter::put_create(std::string_view name, const layout::DrawerContent& content) {
  const ipset::CreateOptions options = layout::options_for(content);
  text_.append("create ").append(name).append(" hash:ip,port family inet");
  put_option(text_, " hashsize ", options.hashsize.value_or(ipset::kMinHashSize));
  put_option(text_, " maxelem ", options.maxelem.value_or(ipset::kDefaultMaxElements));
  if (options.timeout) put_option(text_, " timeout ", *options.timeout);
  if (options.counters) text_ += " counters";
  if (options.comment) text_ += " comment";
  text_ += '\n';
}

void ArchiveWriter::put_element(std::string_view name) {
  text_.append("add ").append(name).append(" ");
  put_address(text_, *element_.ip);
  put_port(text_, *element_.protocol, *element_.port);
  if (element_.timeout) put_option(text_, " timeout ", *element_.timeout);
  if (element_.packets) {
    put_option(text_, " packets ", *element_.packets);
    text_ += " bytes 0";
  }
  if (!element_.comment.empty()) text_.append(" comment \"").append(element_.comment.view()) += '"';
  text_ += '\n';
}

Result<void> ArchiveWriter::flush() {
  auto written = write_(text_);
  text_.clear();
  return written;
}

}  // namespace ipsetkv::store
