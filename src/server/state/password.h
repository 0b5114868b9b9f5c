// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace ipsetkv::server {

/// The password of the server; its memory is cleared in the end.
class Password {
 public:
  /// Empty: clients need none.
  explicit Password(std::string text) : text_(std::move(text)) {}
  Password(const Password&) = delete;
  Password& operator=(const Password&) = delete;
  ~Password();

  [[nodiscard]] bool is_set() const { return !text_.empty(); }
  /// Takes a time that depends on the lengths alone.
  [[nodiscard]] bool matches(std::string_view word) const;

 private:
  std::string text_;
};

}  // namespace ipsetkv::server
