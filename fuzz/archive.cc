// SPDX-License-Identifier: MIT

// The text that `restore` reads. Checks that the result does not depend on where the text is cut,
// and that its keys are the same after they were written and read again. The input is the text.

#include <optional>
#include <string>
#include <vector>

#include "format/archive_reader.h"
#include "format/archive_writer.h"
#include "format/drawer_content.h"
#include "fuzz/input.h"

namespace ipsetkv::fuzz {
namespace {

struct Key {
  std::string key;
  std::string value;
  format::Kind kind = format::Kind::kIpv4;
  std::optional<format::Moment> deadline;
  friend bool operator==(const Key&, const Key&) = default;
};

struct Reading {
  std::vector<Key> keys;
  std::string problem;  ///< Empty if the text is good.
  std::uint64_t foreign = 0;
  std::uint64_t ended = 0;
  friend bool operator==(const Reading&, const Reading&) = default;
};

/// Reads `text` in pieces of `piece_bytes` bytes, for a table, or for drawers if `table` is empty.
Reading read(std::string_view table, std::string_view text, std::size_t piece_bytes) {
  Reading reading;
  const format::ArchiveReader::Take take = [&](const format::ArchivedKey& key) -> Result<void> {
    reading.keys.push_back({.key = std::string(key.key),
                            .value = std::string(key.value),
                            .kind = key.kind,
                            .deadline = key.deadline});
    return {};
  };
  format::ArchiveReader reader(table, take);
  Result<void> result;
  while (!text.empty() && result) {
    const Copy piece(text.substr(0, piece_bytes));
    text.remove_prefix(piece.view().size());
    result = reader.feed(piece.view());
  }
  if (result) result = reader.finish();
  if (!result) reading.problem = result.error().message();
  reading.foreign = reader.foreign();
  reading.ended = reader.ended();
  return reading;
}

void write_key(format::ArchiveWriter& writer, const Key& key) {
  const auto place = format::place_of(key.key);
  require(place.has_value(), "a key that was read can be one");
  auto content = format::content_of(*place, key.value, format::layout_of(key.kind), {}, {});
  require(content.has_value(), "a value that was read fits");
  // Set without content_of, because the time left until the deadline does not influence the text.
  content->deadline = key.deadline;
  content->life = key.deadline ? 1 : 0;
  require(format::fits(*content), "a value that was read fits with its deadline");
  require(writer.add(place->name.view(), *content).has_value(), "a key can be written");
}

std::string write(const std::vector<Key>& keys) {
  std::string text;
  const format::ArchiveWriter::Write append = [&](std::string_view piece) -> Result<void> {
    text += piece;
    return {};
  };
  format::ArchiveWriter writer(append);
  for (const Key& key : keys) write_key(writer, key);
  require(writer.finish() == keys.size(), "a writer counts the keys");
  return text;
}

/// A pseudo-random size of 2 or more that depends only on the text.
std::size_t piece_size(std::string_view text) {
  std::uint32_t hash = 2'166'136'261;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 16'777'619;
  return 2 + hash % (text.size() + 1);
}

Reading check_pieces(std::string_view table, std::string_view text) {
  Reading reading = read(table, text, text.size() + 1);
  require(read(table, text, 1) == reading, "a text gives the same result byte by byte");
  require(read(table, text, piece_size(text)) == reading,
          "a text gives the same result wherever it is cut");
  return reading;
}

}  // namespace
}  // namespace ipsetkv::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ipsetkv::fuzz;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)check_pieces("t", text);
  const auto reading = check_pieces({}, text);
  const std::string written = write(reading.keys);
  const auto again = read({}, written, written.size());
  require(again.problem.empty(), "the written text can be read");
  require(again.foreign == 0 && again.ended == 0, "the written text holds values only");
  require(again.keys == reading.keys, "keys are the same after writing and reading");
  return 0;
}
