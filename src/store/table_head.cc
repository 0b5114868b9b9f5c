// SPDX-License-Identifier: MIT

// The head of a table is a set with one element: its address is the secret, its comment tells the
// form of the table. It is made last, when the first bucket is there, and under a port id that one
// process at a time can have: of two that make a table at once, one finds what the other has made.

#include "store/table_head.h"

#include <sodium/crypto_shorthash.h>
#include <sodium/randombytes.h>

#include <algorithm>
#include <cstring>

#include "store/bucket_form.h"

namespace ipsetkv::store {
namespace {

constexpr std::string_view kForm = "ipsetkv table 1";
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

std::string_view text_of(TableMark mark) {
  return mark == TableMark::kDeadlines ? "deadlines" : "long pairs";
}

Error foreign(const ipset::SetName& name) {
  return Error{.code = ErrorCode::kNotAValue}.about(name.view());
}

}  // namespace

TableSecret TableSecret::random() {
  TableSecret secret;
  do randombytes_buf(secret.bytes_.data(), secret.bytes_.size());
  while (secret == TableSecret());
  return secret;
}

std::optional<TableSecret> TableSecret::from(const ipset::ElementView& element) {
  TableSecret secret;
  if (element.ip.size() != secret.bytes_.size()) return std::nullopt;
  std::memcpy(secret.bytes_.data(), element.ip.data(), secret.bytes_.size());
  return secret;
}

ipset::Address TableSecret::address() const {
  return ipset::Address::inet6(std::as_bytes(std::span(bytes_)));
}

layout::Digest TableSecret::digest(std::string_view key) const {
  static_assert(crypto_shorthash_siphashx24_BYTES == layout::kDigestBytes);
  static_assert(crypto_shorthash_siphashx24_KEYBYTES == kBytes);
  layout::Digest digest{};
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(digest.data()),
                              reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                              bytes_.data());
  if (digest == layout::Digest{}) digest.back() = std::byte{1};
  return digest;
}

std::uint32_t TableSecret::generation() const {
  const layout::Digest digest = this->digest({});
  std::uint32_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return netlink::big_endian(number) % TableNames::kGenerations;
}

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
  std::optional<TableSecret> secret;
  TableHead found;
  for (;;) {
    const auto element = listing->next_element_view();
    if (!element) return tl::unexpected(element.error());
    if (*element == nullptr) break;
    const std::string_view comment = (*element)->comment;
    if (comment == kForm) secret = TableSecret::from(**element);
    found.has_deadlines = found.has_deadlines || comment == text_of(TableMark::kDeadlines);
    found.has_long_pairs = found.has_long_pairs || comment == text_of(TableMark::kLongPairs);
  }
  if (!secret) return tl::unexpected(foreign(head));
  found.secret = *secret;
  return found;
}

Result<void> mark_table(ipset::Connection& connection, const ipset::SetName& head, TableMark mark) {
  // Any address will do that is not the secret's.
  std::array<std::byte, ipset::Address::kInet6Bytes> address{};
  address.back() = static_cast<std::byte>(static_cast<int>(mark) + 1);
  ipset::Element element;
  element.ip = ipset::Address::inet6(address);
  element.comment = text_of(mark);
  ipset::Batch batch = connection.new_batch(kBatchBytes);
  batch.add(head.view(), element, ipset::Existing::kAccept);
  return connection.execute_all(batch);
}

Result<void> make_table(ipset::Connection& connection, TableNames names) {
  const auto claim = connection.claim_port(makers_port(names.table()));
  if (!claim) return tl::unexpected(claim.error());
  if (!*claim) return {};
  const auto present = read_head(connection, names.head());
  if (!present) return tl::unexpected(present.error());
  if (*present) return {};

  const TableSecret secret = TableSecret::random();
  names.set_generation(secret.generation());
  ipset::CreateOptions head_options;
  head_options.comment = true;
  head_options.hashsize = ipset::kMinHashSize;
  const auto revision =
      connection.choose_revision(kBucketType, kBucketFamily, bucket_options(kFirstBucket));
  if (!revision) return tl::unexpected(revision.error());

  // Filled under a name that nobody looks for: the head is there with its secret, or not at all.
  const ipset::SetName unfinished = names.bucket(kFirstBucket, BucketState::kFilling);
  ipset::Element element;
  element.ip = secret.address();
  element.comment = kForm;
  ipset::Batch batch = connection.new_batch(kBatchBytes);
  batch.create(names.bucket(kFirstBucket).view(), kBucketType, kBucketFamily, *revision,
               bucket_options(kFirstBucket));
  batch.create(unfinished.view(), kBucketType, kBucketFamily, *revision, head_options);
  batch.add(unfinished.view(), element);
  if (auto made = connection.execute_all(batch); !made) return made;
  batch.clear();
  batch.rename(unfinished.view(), names.head().view());
  return connection.execute_all(batch);
}

}  // namespace ipsetkv::store
