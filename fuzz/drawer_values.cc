// SPDX-License-Identifier: MIT

// Round trip of any value, key and deadline through the elements of each layout. The input is the
// layout, an optional deadline, the order in which elements are listed, the number of repetitions
// of the value's bytes, the key, and the value's bytes.

#include <algorithm>
#include <array>
#include <string>

#include "fuzz/drawer_check.h"
#include "fuzz/input.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace format = ipsetkv::format;
  constexpr std::array kKinds{format::Kind::kIpv4, format::Kind::kIpv6, format::Kind::kComment,
                              format::Kind::kCounters};
  // Deadlines fit into a signed number and begin at 1; 0 stands for none.
  constexpr int kUnusedBits = 1;
  constexpr std::uint32_t kLife = 10;
  constexpr std::size_t kMostRepeats = 16;

  ipsetkv::fuzz::Input input(data, size);
  format::DrawerContent content;
  content.kind = kKinds[input.number<std::uint8_t>() % kKinds.size()];
  if (input.flag()) {
    content.deadline =
        format::moment_at(std::max<std::uint64_t>(input.number<std::uint64_t>() >> kUnusedBits, 1));
    content.life = kLife;
  }
  const auto order = input.number<std::uint32_t>();
  const std::size_t repeated = 1 + input.number<std::uint8_t>() % kMostRepeats;
  content.key = input.text<std::uint16_t>();
  const std::string_view bytes = input.rest();
  std::string value;
  for (std::size_t count = 0; count < repeated; ++count) value += bytes;
  content.value = ipsetkv::fuzz::as_bytes(value);
  if (format::fits(content)) ipsetkv::fuzz::check_round_trip(content, order);
  return 0;
}
