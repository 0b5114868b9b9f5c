// SPDX-License-Identifier: MIT
#include "cli/progress.h"

#include <unistd.h>

#include <string>

#include "cli/streams.h"

namespace ipsetkv::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSilence{1};
constexpr std::chrono::milliseconds kPause{200};
constexpr std::string_view kClearLine = "\r\033[K";

}  // namespace

Progress::Progress(std::string_view verb, bool wanted, std::optional<std::uint64_t> whole,
                   const ProgressUnit& unit)
    : verb_(verb),
      whole_(whole),
      unit_(unit),
      next_(Clock::now() + kSilence),
      wanted_(wanted && isatty(STDERR_FILENO) == 1) {}

void Progress::reach(std::uint64_t done) {
  done_ = done;
  if (!wanted_) return;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + kPause;
  shown_ = true;
  std::string line(kClearLine);
  ((line += "ipsetkv: ") += verb_) += ' ';
  ((line += std::to_string(done_ / unit_.size)) += ' ') += unit_.name;
  if (whole_ && *whole_ > 0)
    line += " of " + std::to_string(*whole_ / unit_.size) + ", " +
            std::to_string(done_ * 100 / *whole_) + " %";
  write_error(line);
}

void Progress::clear() {
  if (shown_) write_error(kClearLine);
  shown_ = false;
}

}  // namespace ipsetkv::cli
