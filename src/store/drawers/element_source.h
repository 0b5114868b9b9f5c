// SPDX-License-Identifier: MIT
#pragma once

#include "ipset/element.h"

namespace ipsetkv::store {

/// Hands out the elements of a set one by one, in the order in which they are to be added.
class ElementSource {
 public:
  ElementSource() = default;
  ElementSource(const ElementSource&) = delete;
  ElementSource& operator=(const ElementSource&) = delete;
  virtual ~ElementSource() = default;

  /// Makes `element` the next one; false if there are no more. What it leaves unchanged is as the
  /// call before has left it.
  [[nodiscard]] virtual bool next(ipset::Element& element) = 0;
};

}  // namespace ipsetkv::store
