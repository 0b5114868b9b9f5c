// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "ipsetkv/store.h"

namespace ipsetkv::tests {

struct NamedValue {
  std::string name;
  std::string value;
};

/// Values that test special cases of the layouts.
[[nodiscard]] inline std::vector<NamedValue> awkward_values() {
  std::vector<NamedValue> values;
  const auto add = [&](std::string name, std::string value) {
    values.push_back({std::move(name), std::move(value)});
  };
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);

  for (std::size_t size = 0; size <= 13; ++size) {
    add("zeros" + std::to_string(size), std::string(size, '\0'));
    add("letters" + std::to_string(size), std::string("abcdefghijklm").substr(0, size));
    add("letter-and-zeros" + std::to_string(size), 'a' + std::string(size, '\0'));
    add("zeros-and-letter" + std::to_string(size), std::string(size, '\0') + 'a');
  }
  add("like-a-protocol", std::string("\0\0\0\1", 4));
  add("like-a-protocol-twice", std::string("\0\0\0\1\0\0\0\1", 8));
  add("like-padding", std::string("\0\0\0\3", 4));
  add("repeated", "gomugomu");
  add("newlines", "one\ntwo\r\n\n");
  add("high-bytes", std::string(9, '\xff'));
  add("every-byte", every_byte);
  add("every-byte-backwards", {every_byte.rbegin(), every_byte.rend()});
  add("holes", "abcd" + std::string(8, '\0') + "efgh" + std::string(4, '\0'));
  return values;
}

/// Values of the greatest length in the layout `ipv4`, and a little shorter.
[[nodiscard]] inline std::vector<NamedValue> longest_values() {
  std::vector<NamedValue> values;
  std::string counted;
  for (std::size_t chunk = 0; chunk < kMaxIpv4Bytes / 4; ++chunk)
    for (const std::size_t shift : {0U, 8U, 16U, 24U})
      counted += static_cast<char>(chunk * 2'654'435'761U >> shift & 255U);
  values.push_back({"longest", counted});
  values.push_back({"longest-but-three", counted.substr(3)});
  values.push_back({"longest-zeros", std::string(kMaxIpv4Bytes, '\0')});
  values.push_back({"longest-but-one-zeros", std::string(kMaxIpv4Bytes - 1, '\0')});
  values.push_back({"longest-high-bytes", std::string(kMaxIpv4Bytes, '\xff')});
  return values;
}

}  // namespace ipsetkv::tests
