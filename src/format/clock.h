// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "ipsetkv/options.h"

namespace ipsetkv::format {

/// Milliseconds since the epoch, by CLOCK_REALTIME: what deadlines are measured by.
[[nodiscard]] std::uint64_t now_ms();

/// How many seconds the kernel has to keep an element so that it is there until `deadline`: a
/// second more than needed, since readers know the exact moment. 0, for ever, where the kernel
/// cannot count so far (24.8 days); such a value is gone for readers all the same, and its memory
/// by `sweep`.
[[nodiscard]] std::uint32_t life_until(std::uint64_t deadline, std::uint64_t now);

/// A deadline as it is stored: milliseconds since the epoch. One before that counts as its first.
[[nodiscard]] std::uint64_t to_ms(Deadline deadline);
[[nodiscard]] Deadline from_ms(std::uint64_t milliseconds);

}  // namespace ipsetkv::format
