// SPDX-License-Identifier: MIT

// The words of ipset(8) for elements: what is read is printed, and read again as the same element.
// The input is a set type's number, whether the family is inet6, and the text.

#include "ipset/element_text.h"

#include <optional>
#include <string>

#include "fuzz/input.h"

namespace ipsetkv::fuzz {
namespace {

std::string printed(const ipset::Element& element) {
  std::string text;
  ipset::put_element(text, element);
  return text;
}

/// The element that a text stands for, and nothing if it stands for none.
std::optional<ipset::Element> parse(std::string_view text, ipset::SetType type,
                                    ipset::Family family) {
  const Copy copy(text);
  const auto element = ipset::parse_element(copy.view(), type, family);
  if (element) return *element;
  require(copy.view().find(element.error().text) != std::string_view::npos,
          "a fault names a part of the text");
  return std::nullopt;
}

}  // namespace
}  // namespace ipsetkv::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ipsetkv;
  fuzz::Input input(data, size);
  const auto type = static_cast<ipset::SetType>(input.number<std::uint8_t>() % ipset::kSetTypes);
  const auto family = input.flag() ? ipset::Family::kInet6 : ipset::Family::kInet;
  const auto element = fuzz::parse(input.rest(), type, family);
  if (!element) return 0;
  const std::string text = fuzz::printed(*element);
  const auto again = fuzz::parse(text, type, family);
  fuzz::require(again.has_value(), "what is printed can be read");
  fuzz::require(*again == *element, "what is printed is the element");
  fuzz::require(fuzz::printed(*again) == text, "what is printed is canonical");
  return 0;
}
