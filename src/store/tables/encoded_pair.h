// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "format/pair.h"
#include "store/tables/open_table.h"

namespace ipsetkv::store {

/// A pair as the element that is to be added to its bucket and, if it is long, the set that the
/// element names. As long as no element names that set, the destructor destroys it.
class EncodedPair {
 public:
  explicit EncodedPair(OpenTable& table) : table_(table) {}
  EncodedPair(const EncodedPair&) = delete;
  EncodedPair& operator=(const EncodedPair&) = delete;
  ~EncodedPair() {
    if (!is_committed_ && is_long()) table_.long_pairs().destroy(set_);
  }

  /// Encodes the pair. Marks the table and makes the set if the pair is long. To be called once.
  /// kNoSuchSet if the table is gone.
  [[nodiscard]] Result<void> encode(std::string_view key, std::string_view value,
                                    std::optional<format::Moment> deadline);

  [[nodiscard]] const ipset::Element& element() const { return element_; }
  [[nodiscard]] bool is_long() const { return !set_.empty(); }

  /// The element was added.
  void commit() { is_committed_ = true; }
  /// It could not be added. If the kernel's answer was lost, the element may exist all the same;
  /// the set stays then, and `sweep` destroys it if no element names it.
  void commit_if_unknown(const Error& error) {
    if (error.step == Step::kReceive) commit();
  }

 private:
  OpenTable& table_;
  ipset::Element element_;
  ipset::SetName set_;
  bool is_committed_ = false;
};

}  // namespace ipsetkv::store
