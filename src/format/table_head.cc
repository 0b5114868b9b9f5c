// SPDX-License-Identifier: MIT
#include "format/table_head.h"

#include <sodium/crypto_shorthash.h>
#include <sodium/randombytes.h>

#include <charconv>
#include <cstring>

#include "format/numbers.h"
#include "format/table_name.h"

namespace ipsetkv::format {
namespace {

std::string_view word_of(TableMark mark) {
  return mark == TableMark::kDeadlines ? "deadlines since " : "long pairs since ";
}

}  // namespace

std::string comment_of(TableMark mark, Moment set_at) {
  return std::string(word_of(mark)).append(std::to_string(milliseconds_of(set_at)));
}

std::optional<Moment> set_at(TableMark mark, std::string_view comment) {
  const std::string_view word = word_of(mark);
  if (!comment.starts_with(word)) return std::nullopt;
  comment.remove_prefix(word.size());
  std::uint64_t at = 0;
  const auto [end, error] = std::from_chars(comment.begin(), comment.end(), at);
  if (error != std::errc() || end != comment.end()) return std::nullopt;
  return moment_at(at);
}

ipset::Address address_of(TableMark mark) {
  // Any address other than the secret's would do.
  std::array<std::byte, ipset::Address::kInet6Bytes> address{};
  address.back() = static_cast<std::byte>(static_cast<int>(mark) + 1);
  return ipset::Address::inet6(address);
}

TableSecret TableSecret::random() {
  TableSecret secret;
  do randombytes_buf(secret.bytes_.data(), secret.bytes_.size());
  while (secret == TableSecret());
  return secret;
}

std::optional<TableSecret> TableSecret::from(std::span<const std::byte> address) {
  TableSecret secret;
  if (address.size() != secret.bytes_.size()) return std::nullopt;
  std::memcpy(secret.bytes_.data(), address.data(), secret.bytes_.size());
  return secret;
}

ipset::Address TableSecret::address() const {
  return ipset::Address::inet6(std::as_bytes(std::span(bytes_)));
}

Digest TableSecret::digest(std::string_view key) const {
  static_assert(crypto_shorthash_siphashx24_BYTES == kDigestBytes);
  static_assert(crypto_shorthash_siphashx24_KEYBYTES == kBytes);
  Digest digest{};
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(digest.data()),
                              reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                              bytes_.data());
  if (digest == Digest{}) digest.back() = std::byte{1};
  return digest;
}

std::uint32_t TableSecret::generation() const {
  const Digest digest = this->digest({});
  std::uint32_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return netlink::big_endian(number) % TableNames::kGenerations;
}

}  // namespace ipsetkv::format
