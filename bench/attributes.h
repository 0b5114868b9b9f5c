// SPDX-License-Identifier: MIT
#pragma once

#include <libmnl/libmnl.h>

#include <cstring>
#include <string_view>

namespace ipsetkv::bench {

[[nodiscard]] inline const char* payload_of(const nlattr& attribute) {
  return reinterpret_cast<const char*>(&attribute) + MNL_ATTR_HDRLEN;
}

[[nodiscard]] inline int type_of(const nlattr& attribute) {
  return attribute.nla_type & NLA_TYPE_MASK;
}

/// The text of an attribute, without its terminating zero byte.
[[nodiscard]] inline std::string_view text_of(const nlattr& attribute) {
  return {payload_of(attribute), attribute.nla_len - MNL_ATTR_HDRLEN - 1U};
}

template <class Number>
[[nodiscard]] Number number_in(const nlattr& attribute) {
  Number number;
  std::memcpy(&number, payload_of(attribute), sizeof number);
  return number;
}

/// Visits the attributes between two pointers. A loop of its own, because libmnl makes several
/// calls into a shared library for each attribute. Trusts the kernel's lengths.
template <class Visit>
void for_each_attribute(const void* first, const void* end, Visit visit) {
  for (const auto* place = static_cast<const char*>(first); place < end;) {
    const auto& attribute = *reinterpret_cast<const nlattr*>(place);
    visit(attribute);
    place += MNL_ALIGN(attribute.nla_len);
  }
}

template <class Visit>
void for_each_attribute(const nlattr& nest, Visit visit) {
  for_each_attribute(payload_of(nest), reinterpret_cast<const char*>(&nest) + nest.nla_len, visit);
}

}  // namespace ipsetkv::bench
