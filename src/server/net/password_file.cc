// SPDX-License-Identifier: MIT
#include "server/net/password_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace ipsetkv::server {
namespace {

/// Redis has the same limit.
constexpr std::size_t kLongest = 512;

std::string find(const std::string& file) {
  const char* const credentials = secure_getenv("CREDENTIALS_DIRECTORY");
  if (credentials == nullptr || file.find('/') != std::string::npos) return file;
  const std::string path = std::string(credentials) + "/" + file;
  return access(path.c_str(), R_OK) == 0 ? path : file;
}

tl::unexpected<Error> failure(const std::string& file, ErrorCode code, int kernel_code = 0) {
  return tl::unexpected(
      Error{.code = code, .step = Step::kRead, .kernel_code = kernel_code}.about(file));
}

}  // namespace

Result<std::string> read_password(const std::string& file) {
  const int descriptor = open(find(file).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure(file, ErrorCode::kSystemCall, errno);
  struct stat status {};
  std::array<char, kLongest + 1> buffer{};
  const bool is_known = fstat(descriptor, &status) == 0;
  const ssize_t length = read(descriptor, buffer.data(), buffer.size());
  const int code = errno;
  close(descriptor);
  if (!is_known || length < 0) return failure(file, ErrorCode::kSystemCall, code);
  std::string password(buffer.data(), static_cast<std::size_t>(length));
  password.resize(std::min(password.find('\n'), password.size()));
  const bool is_private = (status.st_mode & (S_IROTH | S_IWOTH)) == 0;
  if (password.empty() || password.size() > kLongest || !is_private)
    return failure(file, ErrorCode::kPasswordFile);
  return password;
}

}  // namespace ipsetkv::server
