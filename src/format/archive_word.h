// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <tl/expected.hpp>

#include "base/number_text.h"
#include "ipsetkv/error.h"

/// What the lines of saved text are made of.
namespace ipsetkv::format {

struct BadLine {
  LineFault fault = LineFault::kNone;
  std::string_view word;  ///< The part of the line that is wrong.
};

using Parsed = tl::expected<void, BadLine>;

[[nodiscard]] inline tl::unexpected<BadLine> bad(LineFault fault, std::string_view word) {
  return tl::unexpected(BadLine{.fault = fault, .word = word});
}

}  // namespace ipsetkv::format
