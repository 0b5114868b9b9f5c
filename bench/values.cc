// SPDX-License-Identifier: MIT
#include "values.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <random>

#include "ipsetkv/store.h"

namespace ipsetkv::bench {

Values make_values(std::size_t bytes) {
  std::minstd_rand random(1);
  std::uniform_int_distribution<int> printable('!', '~');
  Values values;
  for (std::string& value : values)
    std::generate_n(std::back_inserter(value), bytes,
                    [&] { return static_cast<char>(printable(random)); });
  return values;
}

Keys make_keys(std::size_t count) {
  Keys keys;
  for (std::size_t number = 0; number < count; ++number) {
    std::array<char, 16> name{};
    std::snprintf(name.data(), name.size(), "key-%08zu", number % 100'000'000);
    keys.emplace_back(name.data());
  }
  return keys;
}

Keys make_long_keys(std::size_t count) {
  Keys keys = make_keys(count);
  for (std::string& key : keys) key.insert(0, "long");
  return keys;
}

Layout automatic_layout(std::size_t bytes) {
  return bytes <= kAutoIpv4Bytes ? Layout::kIpv4 : Layout::kComment;
}

}  // namespace ipsetkv::bench
