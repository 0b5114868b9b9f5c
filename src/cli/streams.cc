// SPDX-License-Identifier: MIT
#include "cli/streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace ipsetkv::cli {
namespace {

constexpr std::size_t kPartBytes = std::size_t{64} * 1024;
// How far input beyond the limit is counted, for the message.
constexpr std::size_t kCountedBytes = std::size_t{64} * 1024 * 1024;

Error stream_error(Step step, std::string_view stream) {
  const Error error{.code = ErrorCode::kSystemCall, .step = step, .kernel_code = errno};
  return error.about(stream);
}

}  // namespace

void occupy_standard_streams() {
  constexpr std::array<int, 3> kUseless{O_WRONLY, O_RDONLY, O_RDONLY};
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // open takes the lowest number that is free, which is this one: those below are in use.
    (void)open("/dev/null", kUseless[static_cast<std::size_t>(stream)] | O_CLOEXEC);
  }
}

Result<std::string> read_input(std::size_t limit) {
  std::string input;
  std::array<char, kPartBytes> part{};
  std::size_t count = 0;
  while (count <= limit + kCountedBytes) {
    const ssize_t length = read(STDIN_FILENO, part.data(), part.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return tl::unexpected(stream_error(Step::kRead, "standard input"));
    if (length == 0) break;
    count += static_cast<std::size_t>(length);
    if (count <= limit)
      input.append(part.data(), static_cast<std::size_t>(length));
    else
      input = {};
  }
  if (count <= limit) return input;
  const Error error{.code = ErrorCode::kValueTooLong, .actual = count, .limit = limit};
  return tl::unexpected(error.about("standard input"));
}

Result<void> write_output(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t length = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return tl::unexpected(stream_error(Step::kWrite, "standard output"));
    bytes.remove_prefix(static_cast<std::size_t>(length));
  }
  return {};
}

void write_error(std::string_view text) { (void)!write(STDERR_FILENO, text.data(), text.size()); }

bool output_is_terminal() { return isatty(STDOUT_FILENO) == 1; }

}  // namespace ipsetkv::cli
