// SPDX-License-Identifier: MIT
#include "server/state/password.h"

#include <sodium.h>

#include <array>

namespace ipsetkv::server {

Password::~Password() { sodium_memzero(text_.data(), text_.size()); }

bool Password::matches(std::string_view word) const {
  // Digests with a random key have one length, whatever the words are.
  std::array<unsigned char, crypto_generichash_KEYBYTES> key{};
  randombytes_buf(key.data(), key.size());
  using Digest = std::array<unsigned char, crypto_generichash_BYTES>;
  const auto digest = [&](std::string_view text) {
    Digest made{};
    crypto_generichash(made.data(), made.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data(),
                       key.size());
    return made;
  };
  const Digest one = digest(word);
  const Digest other = digest(text_);
  return sodium_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace ipsetkv::server
