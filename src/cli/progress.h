// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ipsetkv::cli {

/// What is counted, and how many of what is advanced by make one.
struct ProgressUnit {
  std::uint64_t size;
  std::string_view name;
};
inline constexpr ProgressUnit kMebibytes{.size = std::uint64_t{1024} * 1024, .name = "MiB"};
inline constexpr ProgressUnit kSetsUnit{.size = 1, .name = "sets"};

/// A line on standard error that says how far something has come; only where that is a terminal,
/// and only once it has taken a second.
class Progress {
 public:
  /// `verb` is what has been done with the bytes, of which there are `whole` if that is known.
  Progress(std::string_view verb, bool wanted, std::optional<std::uint64_t> whole = {},
           const ProgressUnit& unit = kMebibytes);

  void advance(std::uint64_t bytes) { reach(done_ + bytes); }
  void expect(std::uint64_t whole) { whole_ = whole; }
  /// So many are done by now.
  void reach(std::uint64_t done);
  /// Removes the line.
  void clear();

 private:
  std::string_view verb_;
  std::optional<std::uint64_t> whole_;
  ProgressUnit unit_;
  std::uint64_t done_ = 0;
  std::chrono::steady_clock::time_point next_;
  bool shown_ = false;
  bool wanted_;
};

}  // namespace ipsetkv::cli
