// SPDX-License-Identifier: MIT
#include "cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <utility>

namespace ipsetkv::cli {
namespace {

constexpr mode_t kPermissions = 07777;

tl::unexpected<Error> failed(Step step, std::string_view path) {
  const Error error{.code = ErrorCode::kSystemCall, .step = step, .kernel_code = errno};
  return tl::unexpected(error.about(path));
}

/// Where symbolic links lead; `path` itself where nothing is yet.
std::string resolve(const std::string& path) {
  char* const resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;
  std::string result(resolved);
  std::free(resolved);  // NOLINT(cppcoreguidelines-no-malloc): realpath's own
  return result;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// A name is on the disk when its folder is. A folder that cannot be read is left to the kernel.
Result<void> sync_folder(const std::string& path) {
  const FileDescriptor folder(open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number() >= 0 && fsync(folder.number()) != 0 && errno != EINVAL)
    return failed(Step::kWrite, path);
  return {};
}

}  // namespace

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : number_(std::exchange(other.number_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (number_ >= 0) close(number_);
}

NewFile::NewFile(FileDescriptor file, std::string path, std::string temporary)
    : file_(std::move(file)), path_(std::move(path)), temporary_(std::move(temporary)) {}

NewFile::NewFile(NewFile&& other) noexcept
    : file_(std::move(other.file_)),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})) {}

NewFile::~NewFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Result<NewFile> NewFile::create(const std::string& path) {
  std::string target = resolve(path);
  struct stat present {};
  const bool exists = stat(target.c_str(), &present) == 0;
  if (exists && !S_ISREG(present.st_mode)) {
    FileDescriptor file(open(target.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (file.number() < 0) return failed(Step::kWrite, path);
    return NewFile(std::move(file), std::move(target), {});
  }
  std::string temporary = target + ".XXXXXX";
  FileDescriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (file.number() < 0) return failed(Step::kWrite, path);
  NewFile created(std::move(file), std::move(target), std::move(temporary));
  if (exists) {
    // Only root can give a file away; to anybody else it belongs already, or will from now on.
    (void)!fchown(created.file_.number(), present.st_uid, present.st_gid);
    if (fchmod(created.file_.number(), present.st_mode & kPermissions) != 0)
      return failed(Step::kWrite, path);
  }
  return created;
}

Result<void> NewFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t length = ::write(file_.number(), bytes.data(), bytes.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return failed(Step::kWrite, path_);
    bytes.remove_prefix(static_cast<std::size_t>(length));
  }
  return {};
}

Result<void> NewFile::keep() {
  if (temporary_.empty()) return {};
  if (fsync(file_.number()) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0)
    return failed(Step::kWrite, path_);
  temporary_.clear();
  return sync_folder(path_);
}

OldFile::OldFile(FileDescriptor file, std::string path)
    : file_(std::move(file)), path_(std::move(path)) {}

Result<OldFile> OldFile::open(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file.number() < 0) return failed(Step::kRead, path);
  return OldFile(std::move(file), path);
}

Result<OldFile> OldFile::standard_input() {
  FileDescriptor file(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (file.number() < 0) return failed(Step::kRead, "standard input");
  return OldFile(std::move(file), "standard input");
}

Result<std::size_t> OldFile::read(std::span<char> bytes) {
  for (;;) {
    const ssize_t length = ::read(file_.number(), bytes.data(), bytes.size());
    if (length >= 0) return static_cast<std::size_t>(length);
    if (errno != EINTR) return failed(Step::kRead, path_);
  }
}

std::optional<std::uint64_t> OldFile::bytes() const {
  struct stat present {};
  if (fstat(file_.number(), &present) != 0 || !S_ISREG(present.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(present.st_size);
}

}  // namespace ipsetkv::cli
