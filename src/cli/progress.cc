// SPDX-License-Identifier: MIT
#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/streams.h"

namespace ipsetkv::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSilence{1};
constexpr std::chrono::milliseconds kPause{200};
constexpr std::uint64_t kMebibyte = std::uint64_t{1024} * 1024;
constexpr std::string_view kClearLine = "\r\033[K";

}  // namespace

Progress::Progress(std::string_view verb, bool wanted, std::optional<std::uint64_t> whole)
    : verb_(verb),
      whole_(whole),
      next_(Clock::now() + kSilence),
      wanted_(wanted && isatty(STDERR_FILENO) == 1) {}

void Progress::advance(std::uint64_t bytes) {
  done_ += bytes;
  if (!wanted_) return;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + kPause;
  shown_ = true;
  std::string line = fmt::format("{}ipsetkv: {} {} MiB", kClearLine, verb_, done_ / kMebibyte);
  if (whole_ && *whole_ > 0)
    line += fmt::format(" of {}, {} %", *whole_ / kMebibyte, done_ * 100 / *whole_);
  write_error(line);
}

void Progress::clear() {
  if (shown_) write_error(kClearLine);
  shown_ = false;
}

}  // namespace ipsetkv::cli
