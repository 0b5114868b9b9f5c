// SPDX-License-Identifier: MIT

// The head of a table is a set with one element: its address is the secret, its comment tells the
// form of the table. It is made last, when the first bucket is there, and under a port id that one
// process at a time can have: of two that make a table at once, one finds what the other has made.

#include "store/tables/head.h"

#include "format/bucket_form.h"
#include "format/moment.h"
#include "ipset/protocol.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 2048;

/// Whoever makes a table has one of these port ids: below all random ones, above all process ids,
/// and behind those for making locks.
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
    if (format::set_at(format::TableMark::kLongPairs, comment)) found.has_long_pairs = true;
  }
  if (!secret) return tl::unexpected(foreign(head));
  found.secret = *secret;
  found.has_deadlines = found.deadlines_since.has_value();
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
  // An element that says nothing of it is somebody else's.
  return (*marked)->deadlines_since.value_or(now);
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

  // Filled under a name that nobody looks for: the head is there with its secret, or not at all.
  const ipset::SetName unfinished =
      names.bucket(format::kFirstBucket, format::BucketState::kFilling);
  ipset::Element element;
  element.ip = secret.address();
  element.comment = format::kTableForm;
  ipset::Batch batch = connection.new_batch(kBatchBytes);
  batch.create(names.bucket(format::kFirstBucket).view(), format::kBucketType,
               format::kBucketFamily, *revision, format::bucket_options(format::kFirstBucket));
  batch.create(names.long_index().view(), format::kBucketType, format::kBucketFamily, *revision,
               format::index_options());
  batch.create(unfinished.view(), format::kBucketType, format::kBucketFamily, *revision,
               format::head_options());
  batch.add(unfinished.view(), element);
  if (auto made = connection.execute_all(batch); !made) return made;
  batch.clear();
  batch.rename(unfinished.view(), names.head().view());
  return connection.execute_all(batch);
}

}  // namespace ipsetkv::store
