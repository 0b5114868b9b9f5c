// SPDX-License-Identifier: MIT
#include "format/archive_reader.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <span>

#include "format/key.h"
#include "ipsetkv/store.h"

namespace ipsetkv::format {
namespace {

// What a set's elements may take. At worst a comment stands for 119 bytes, each of them escaped.
constexpr std::size_t kMostKept = 3 * kMaxValueBytes;

Error bad_line(std::uint64_t line, LineFault fault, std::string_view word) {
  const Error error{.code = ErrorCode::kBadLine, .line_fault = fault, .actual = line};
  return error.about(word);
}

bool can_hold_value(std::optional<ipset::SetType> type) {
  return type == ipset::SetType::kHashIpPort || type == ipset::SetType::kBitmapPort;
}

/// Whether the store itself makes sets of this name, which are nobody's values.
bool is_own_tool(std::string_view name) { return name.starts_with('~') && !is_digest(name); }

}  // namespace

Result<void> ArchiveReader::feed(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      partial_.append(text.substr(0, kMaxLineBytes + 1));
      if (partial_.size() <= kMaxLineBytes) return {};
      return tl::unexpected(bad_line(line_ + 1, LineFault::kTooLong, {}));
    }
    ++line_;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (partial_.empty()) {
      if (auto taken = take_line(line); !taken) return taken;
      continue;
    }
    partial_.append(line.substr(0, kMaxLineBytes + 1));
    if (auto taken = take_line(partial_); !taken) return taken;
    partial_.clear();
  }
  return {};
}

Result<void> ArchiveReader::finish() {
  if (!partial_.empty()) return tl::unexpected(bad_line(line_ + 1, LineFault::kCutShort, {}));
  if (in_archive_) return tl::unexpected(bad_line(line_, LineFault::kEndMissing, {}));
  return finish_set();
}

Result<void> ArchiveReader::take_line(std::string_view line) {
  const auto parsed = parse_line(line);
  if (!parsed) return tl::unexpected(bad_line(line_, parsed.error().fault, parsed.error().word));
  switch (parsed->kind) {
    case ArchiveLine::Kind::kNothing:
      return {};
    case ArchiveLine::Kind::kBegin:
      return begin_archive();
    case ArchiveLine::Kind::kSetEnd:
      return end_archived_set(*parsed);
    case ArchiveLine::Kind::kEnd:
      return end_archive(*parsed);
    case ArchiveLine::Kind::kCreate:
      return begin_set(*parsed);
    case ArchiveLine::Kind::kAdd:
      return gather(*parsed);
  }
  return {};
}

Result<void> ArchiveReader::begin_archive() {
  if (in_archive_) return tl::unexpected(bad_line(line_, LineFault::kEndMissing, {}));
  if (auto finished = finish_set(); !finished) return finished;
  in_archive_ = true;
  archived_sets_ = 0;
  return {};
}

Result<void> ArchiveReader::end_archived_set(const ArchiveLine& line) {
  const std::uint64_t elements = state_ == State::kTable ? table_elements_ : kept_.size();
  const bool is_ours = state_ == State::kPending || state_ == State::kTable;
  if (!in_archive_ || !is_ours || elements != line.count)
    return tl::unexpected(bad_line(line_, LineFault::kCount, {}));
  ++archived_sets_;
  return finish_set();
}

Result<void> ArchiveReader::end_archive(const ArchiveLine& line) {
  const bool is_open = state_ == State::kPending || state_ == State::kTable;
  const bool is_whole = !table_ || table_->is_whole();
  if (!in_archive_ || is_open || !is_whole || archived_sets_ != line.count)
    return tl::unexpected(bad_line(line_, LineFault::kCount, {}));
  in_archive_ = false;
  return {};
}

Result<void> ArchiveReader::begin_set(const ArchiveLine& line) {
  if (in_archive_ && (state_ == State::kPending || state_ == State::kTable))
    return tl::unexpected(bad_line(line_, LineFault::kCount, {}));
  if (auto finished = finish_set(); !finished) return finished;
  std::construct_at(&header_);
  header_.name = line.set;
  header_.type = ipset::type_by_name(line.type);
  created_at_ = line_;
  state_ = State::kPending;
  table_elements_ = 0;
  if (is_of_other_store(line.set)) return pass_over(line.set);
  const bool is_pair = table_set_ && *table_set_ != TableSet::Kind::kLongPair;
  if (is_pair) state_ = State::kTable;
  const bool can_be_ours =
      is_pair ? header_.type == kBucketType
              : can_hold_value(header_.type) && (table_set_ || can_be_key(line.set));
  if (!can_be_ours) return reject(line_, LineFault::kNotAValue, line.set);
  if (auto options = parse_create(line.rest, header_); !options)
    return tl::unexpected(bad_line(line_, options.error().fault, options.error().word));
  return {};
}

bool ArchiveReader::is_of_other_store(std::string_view set_name) {
  table_set_.reset();
  if (!table_) return parse_table_set(set_name).has_value();
  table_set_ = table_->kind_of(set_name);
  return !table_set_;
}

Result<void> ArchiveReader::pass_over(std::string_view set_name) {
  if (in_archive_) return tl::unexpected(bad_line(line_, LineFault::kOtherStore, set_name));
  drop();
  state_ = State::kForeign;
  return {};
}

Result<void> ArchiveReader::take_table_element(std::string_view set_name) {
  if (!element_.ip) return reject(line_, LineFault::kNotInValue, set_name);
  const auto fault = table_->take_element(*table_set_, element_);
  if (!fault) return tl::unexpected(fault.error());
  if (*fault != LineFault::kNone) return reject(line_, *fault, set_name);
  ++table_elements_;
  return {};
}

Result<void> ArchiveReader::gather(const ArchiveLine& line) {
  if (state_ == State::kNone || line.set != header_.name.view())
    return tl::unexpected(bad_line(line_, LineFault::kOtherSet, line.set));
  if (state_ == State::kForeign) return {};
  if (auto element = parse_add(line.rest, header_, element_); !element) {
    // Only a firewall's sets have other protocols.
    if (element.error().fault == LineFault::kProtocol)
      return reject(line_, LineFault::kProtocol, element.error().word);
    return tl::unexpected(bad_line(line_, element.error().fault, element.error().word));
  }
  if (state_ == State::kTable) return take_table_element(line.set);
  if (!has_room() || !has_its_counters()) return reject(line_, LineFault::kNotInValue, line.set);
  keep(element_);
  return {};
}

bool ArchiveReader::has_room() const {
  if (!header_.options.comment) return kept_.size() < chunks::kMaxChunks;
  return kept_.size() * sizeof(Kept) + comments_.size() < kMostKept;
}

bool ArchiveReader::has_its_counters() const {
  return header_.type != ipset::SetType::kBitmapPort || (element_.packets && element_.bytes);
}

void ArchiveReader::keep(const ipset::Element& element) {
  Kept kept{.packets = element.packets.value_or(0),
            .bytes = element.bytes.value_or(0),
            .address = {},
            .lines = static_cast<std::uint32_t>(line_ - created_at_),
            .port = *element.port,
            .protocol = element.protocol.value_or(0),
            .comment_bytes = static_cast<std::uint8_t>(element.comment.view().size())};
  if (element.ip) std::ranges::copy(element.ip->bytes(), kept.address.begin());
  kept_.push_back(kept);
  comments_.append(element.comment.view());
  has_timeouts_ = has_timeouts_ || element.timeout.value_or(0) > 0;
}

void ArchiveReader::restore(const Kept& kept, std::string_view& comments) {
  std::construct_at(&element_);
  element_.port = kept.port;
  element_.packets = kept.packets;
  element_.bytes = kept.bytes;
  if (header_.type == ipset::SetType::kBitmapPort) return;
  element_.ip =
      header_.family == ipset::Family::kInet6
          ? ipset::Address::inet6(kept.address)
          : ipset::Address::inet(std::span(kept.address).first<ipset::Address::kInetBytes>());
  element_.protocol = kept.protocol;
  element_.comment.assign(comments.substr(0, kept.comment_bytes));
  comments.remove_prefix(kept.comment_bytes);
}

Result<void> ArchiveReader::finish_set() {
  if (state_ != State::kPending) {
    drop();
    return {};
  }
  header_.elements = static_cast<std::uint32_t>(kept_.size());
  if (!can_be_drawer(header_))
    return reject(created_at_, LineFault::kNotAValue, header_.name.view());
  if (header_.type == ipset::SetType::kBitmapPort)
    if (const Kept* const twice = put_in_order(); twice != nullptr)
      return reject(created_at_ + twice->lines, LineFault::kNotInValue, header_.name.view());
  return decode();
}

const ArchiveReader::Kept* ArchiveReader::put_in_order() {
  std::ranges::stable_sort(kept_, {}, &Kept::port);
  const auto first = std::ranges::adjacent_find(kept_, {}, &Kept::port);
  return first == kept_.end() ? nullptr : &*std::next(first);
}

Result<void> ArchiveReader::decode() {
  const std::string_view name = header_.name.view();
  decoder_.begin(header_, keeps_key_inside(name), &value_);
  std::string_view comments = comments_;
  for (const Kept& kept : kept_) {
    restore(kept, comments);
    if (!decoder_.take(element_))
      return reject(created_at_ + kept.lines, LineFault::kNotInValue, name);
  }
  const auto decoded = decoder_.finish();
  if (!decoded) return reject(created_at_, LineFault::kNotAValue, name);
  return hand_over(*decoded);
}

Result<void> ArchiveReader::hand_over(const Decoded& decoded) {
  const std::string_view name = header_.name.view();
  if (decoded.ended) {
    // Of a value that has expired `ipset save` still shows the set. `ipsetkv save` does not.
    if (in_archive_) return reject(created_at_, LineFault::kNotAValue, name);
    ++ended_;
    drop();
    return {};
  }
  if (table_set_) return hand_over_long_pair(decoded);
  const std::string_view key = is_digest(name) ? std::string_view(decoder_.key()) : name;
  const auto place = place_of(key);
  if (!place || place->name != header_.name || place->key_inside != decoder_.key())
    return reject(created_at_, LineFault::kNotTheKey, name);
  // `ipset save` may show an expiring set whose value has been replaced by one without deadline,
  // and without timeouts therefore. `ipsetkv save` writes no such thing.
  const bool lacks_moment =
      (in_archive_ || has_timeouts_) && is_expiring(header_.options) && !decoded.deadline;
  if (lacks_moment || decoded.deadline == Moment{})
    return reject(created_at_, LineFault::kDeadline, name);
  value_.resize(decoded.value_bytes);
  auto taken =
      take_({.key = key, .value = value_, .kind = decoded.kind, .deadline = decoded.deadline});
  drop();
  return taken;
}

Result<void> ArchiveReader::hand_over_long_pair(const Decoded& decoded) {
  const std::string_view name = header_.name.view();
  if (decoder_.key().empty()) return reject(created_at_, LineFault::kNotTheKey, name);
  value_.resize(decoded.value_bytes);
  auto taken = table_->take_long_pair(
      name,
      {.key = decoder_.key(), .value = value_, .kind = decoded.kind, .deadline = decoded.deadline});
  drop();
  return taken;
}

bool ArchiveReader::is_marked() const {
  const ipset::CreateOptions& options = header_.options;
  return table_set_ || is_digest(header_.name.view()) || is_expiring(options) ||
         (options.comment && options.maxelem == kCommentMaxElements);
}

Result<void> ArchiveReader::reject(std::uint64_t line, LineFault fault, std::string_view word) {
  if (in_archive_ || is_marked()) return tl::unexpected(bad_line(line, fault, word));
  if (!is_own_tool(header_.name.view())) ++foreign_;
  drop();
  state_ = State::kForeign;
  return {};
}

void ArchiveReader::drop() {
  state_ = State::kNone;
  kept_.clear();
  comments_.clear();
  has_timeouts_ = false;
}

}  // namespace ipsetkv::format
