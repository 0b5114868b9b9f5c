// SPDX-License-Identifier: MIT
#include "format/key.h"

#include <sodium/crypto_generichash.h>
#include <sodium/crypto_shorthash.h>

#include <algorithm>
#include <array>

#include "format/own_names.h"
#include "ipsetkv/store.h"

namespace ipsetkv::format {
namespace {

constexpr char kReservedMark = '~';
constexpr char kOptionMark = '-';
constexpr std::string_view kDigestMark = "~key-";
constexpr std::size_t kDigestBytes = 16;
constexpr std::size_t kDigitBits = 5;
constexpr std::size_t kDigestDigits = (kDigestBytes * 8 + kDigitBits - 1) / kDigitBits;
constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
static_assert(kDigestMark.size() + kDigestDigits == ipset::SetName::kLimit);

/// Whether a name with `byte` survives `ipset save` and `ipset restore`. Names are saved without
/// quotes: a space ends a word and a double quote begins a string. All other printable bytes do.
bool survives_restore(char byte) { return byte > ' ' && byte <= '~' && byte != '"'; }

/// Whether names with this first byte are reserved: '~' for the store's own sets, '-' because
/// `ipset restore` looks for its options, such as `-exist`, everywhere in a line.
bool is_reserved(char first) { return first == kReservedMark || first == kOptionMark; }

bool can_be_name(std::string_view key) {
  return !key.empty() && key.size() <= ipset::SetName::kLimit && !is_reserved(key.front()) &&
         std::all_of(key.begin(), key.end(), survives_restore);
}

/// BLAKE2b of 16 bytes, in base32 (RFC 4648) without padding, in lower case.
ipset::SetName digest_name(std::string_view key) {
  std::array<unsigned char, kDigestBytes> digest{};
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(key.data()), key.size(), nullptr, 0);
  std::array<char, ipset::SetName::kLimit> name{};
  char* next = std::copy(kDigestMark.begin(), kDigestMark.end(), name.data());
  std::uint32_t bits = 0;
  std::size_t count = 0;
  for (const unsigned char byte : digest) {
    bits = bits << 8 | byte;
    for (count += 8; count >= kDigitBits; count -= kDigitBits)
      *next++ = kDigits[bits >> (count - kDigitBits) & 31];
  }
  *next = kDigits[bits << (kDigitBits - count) & 31];
  return ipset::SetName(std::string_view(name.data(), name.size()));
}

/// SipHash-2-4 with a key of zeros: all processes must compute the same stripe.
std::uint32_t stripe_of(std::string_view key) {
  constexpr std::array<unsigned char, crypto_shorthash_KEYBYTES> kZeroKey{};
  std::array<unsigned char, crypto_shorthash_BYTES> hash{};
  crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                   kZeroKey.data());
  return hash[0] % kStripes;
}

}  // namespace

Result<void> check_key(std::string_view key) {
  if (!key.empty() && key.size() <= kMaxKeyBytes) return {};
  const Error error{.code = key.empty() ? ErrorCode::kKeyEmpty : ErrorCode::kKeyTooLong,
                    .actual = key.size(),
                    .limit = kMaxKeyBytes};
  return tl::unexpected(error.about(key));
}

Result<Place> place_of(std::string_view key) {
  if (auto checked = check_key(key); !checked) return tl::unexpected(checked.error());
  if (can_be_name(key)) return Place{.name = key, .key_inside = {}, .stripe = stripe_of(key)};
  return Place{.name = digest_name(key), .key_inside = key, .stripe = stripe_of(key)};
}

Place place_at(const ipset::SetName& name, std::string_view key) {
  return {.name = name, .key_inside = key, .stripe = stripe_of(name.view())};
}

bool is_digest(std::string_view set_name) {
  return set_name.size() == ipset::SetName::kLimit && set_name.starts_with(kDigestMark);
}

bool keeps_key_inside(std::string_view set_name) { return set_name.starts_with(kReservedMark); }

bool can_be_key(std::string_view set_name) { return can_be_name(set_name) || is_digest(set_name); }

}  // namespace ipsetkv::format
