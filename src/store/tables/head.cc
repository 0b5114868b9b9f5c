// SPDX-License-Identifier: MIT

// The head of a table is a set with one element, whose address is the secret and whose comment
// names the form of the table. It is made last, after the first bucket, and under a port id that
// only one process can have at a time: of two processes that make a table at once, the second finds
// the head of the first.

#include "store/tables/head.h"

#include "format/bucket_form.h"
#include "format/moment.h"
#include "ipset/protocol.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 2048;

/// A process that makes a table claims one of these port ids. They are below all random ones, above
/// all process ids, and behind those for making locks.
constexpr std::uint32_t kMakersPort = 0x0071'0000;
constexpr std::uint32_t kMakersPorts = 0x1'0000;

std::uint32_t makers_port(std::string_view table) {
  std::uint32_t hash = 0;
  for (const char byte : table) hash = hash * 31 + static_cast<unsigned char>(byte);
  return kMakersPort + hash % kMakersPorts;
}

Error foreign(const ipset::SetName& name) {
  return Error{.code = ErrorCode::kNotAValue}.about(name.view());
}

/// The sets of a table that is being made. The destructor destroys them unless the table is made.
class NewTable {
 public:
  NewTable(ipset::Connection& connection, const format::TableNames& names)
      : connection_(connection), names_(names) {}
  NewTable(const NewTable&) = delete;
  NewTable& operator=(const NewTable&) = delete;
  ~NewTable() {
    if (is_made_) return;
    ipset::Batch batch = connection_.new_batch(kBatchBytes);
    batch.destroy(unfinished_head().view());
    batch.destroy(names_.long_index().view());
    batch.destroy(names_.bucket(format::kFirstBucket).view());
    (void)connection_.execute(batch);
  }

  /// The head is filled under a name that no reader looks for: it exists with its secret, or not.
  [[nodiscard]] ipset::SetName unfinished_head() const {
    return names_.bucket(format::kFirstBucket, format::BucketState::kFilling);
  }
  [[nodiscard]] Result<void> fill(const format::TableSecret& secret, std::uint8_t revision);
  [[nodiscard]] Result<void> publish();

 private:
  ipset::Connection& connection_;
  const format::TableNames& names_;
  bool is_made_ = false;
};

Result<void> NewTable::fill(const format::TableSecret& secret, std::uint8_t revision) {
  ipset::Element element;
  element.ip = secret.address();
  element.comment = format::kTableForm;
  ipset::Batch batch = connection_.new_batch(kBatchBytes);
  batch.create(names_.bucket(format::kFirstBucket).view(), format::kBucketType,
               format::kBucketFamily, revision, format::bucket_options(format::kFirstBucket));
  batch.create(names_.long_index().view(), format::kBucketType, format::kBucketFamily, revision,
               format::index_options());
  batch.create(unfinished_head().view(), format::kBucketType, format::kBucketFamily, revision,
               format::head_options());
  batch.add(unfinished_head().view(), element);
  return connection_.execute_all(batch);
}

Result<void> NewTable::publish() {
  ipset::Batch batch = connection_.new_batch(kBatchBytes);
  batch.rename(unfinished_head().view(), names_.head().view());
  if (auto executed = connection_.execute(batch); !executed) {
    // If the reply was lost the table may exist, and other processes may be writing to it.
    is_made_ = executed.error().step != Step::kSend;
    return executed;
  }
  is_made_ = batch.code(0) == 0;
  return is_made_ ? Result<void>() : tl::unexpected(batch.error(0));
}

}  // namespace

Result<std::optional<TableHead>> read_head(ipset::Connection& connection,
                                           const ipset::SetName& head) {
  auto listing = connection.list(head.view(), ipset::ListMode::kElements);
  if (!listing) return tl::unexpected(listing.error());
  const auto header = listing->next_set();
  if (!header) {
    if (header.error().code == ErrorCode::kNoSuchSet) return std::nullopt;
    return tl::unexpected(header.error());
  }
  if (*header == nullptr) return std::nullopt;
  std::optional<format::TableSecret> secret;
  TableHead found;
  for (;;) {
    const auto element = listing->next_element_view();
    if (!element) return tl::unexpected(element.error());
    if (*element == nullptr) break;
    const std::string_view comment = (*element)->comment;
    if (comment == format::kTableForm) secret = format::TableSecret::from((*element)->ip);
    if (const auto at = format::set_at(format::TableMark::kDeadlines, comment))
      found.deadlines_since = at;
    if (const auto at = format::set_at(format::TableMark::kLongPairs, comment))
      found.long_pairs_since = at;
  }
  if (!secret) return tl::unexpected(foreign(head));
  found.secret = *secret;
  found.has_deadlines = found.deadlines_since.has_value();
  found.has_long_pairs = found.long_pairs_since.has_value();
  return found;
}

Result<format::Moment> mark_table(ipset::Connection& connection, const ipset::SetName& head,
                                  format::TableMark mark) {
  const format::Moment now = format::now(connection.environment());
  ipset::Element element;
  element.ip = format::address_of(mark);
  element.comment = std::string_view(format::comment_of(mark, now));
  ipset::Batch batch = connection.new_batch(kBatchBytes);
  batch.add(head.view(), element);
  if (auto executed = connection.execute(batch); !executed) return tl::unexpected(executed.error());
  if (batch.code(0) == 0) return now;
  if (batch.code(0) != IPSET_ERR_EXIST) return tl::unexpected(batch.error(0));
  const auto marked = read_head(connection, head);
  if (!marked) return tl::unexpected(marked.error());
  if (!*marked) return tl::unexpected(Error{.code = ErrorCode::kNoSuchSet}.about(head.view()));
  // The element is set, whatever its comment says: that is the mark.
  const auto since = mark == format::TableMark::kDeadlines ? (*marked)->deadlines_since
                                                           : (*marked)->long_pairs_since;
  return since.value_or(now);
}

Result<std::optional<netlink::PortClaim>> claim_making(const ipset::Connection& connection,
                                                       std::string_view table) {
  return connection.claim_port(makers_port(table));
}

Result<void> make_table(ipset::Connection& connection, format::TableNames names) {
  const auto claim = claim_making(connection, names.table());
  if (!claim) return tl::unexpected(claim.error());
  if (!*claim) return {};
  const auto present = read_head(connection, names.head());
  if (!present) return tl::unexpected(present.error());
  if (*present) return {};

  const format::TableSecret secret = format::TableSecret::random();
  names.set_generation(secret.generation());
  const auto revision = connection.choose_revision(format::kBucketType, format::kBucketFamily,
                                                   format::bucket_options(format::kFirstBucket));
  if (!revision) return tl::unexpected(revision.error());
  NewTable table(connection, names);
  if (auto filled = table.fill(secret, *revision); !filled) return filled;
  return table.publish();
}

}  // namespace ipsetkv::store
