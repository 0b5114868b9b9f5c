// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ipsetkv/error.h"

namespace ipsetkv::cli {

/// An open file, closed with the object.
class FileDescriptor {
 public:
  explicit FileDescriptor(int number = -1) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// A file that takes the place of another, or of none, when it is complete and on the disk. Before
/// that it has a name of its own beside it, `<name>.<six letters>`; without `keep` it is removed.
/// Who may read it stays as it was, and is the owner alone where there was none. What is no
/// ordinary file (a pipe, a terminal) is written to as it is.
class NewFile {
 public:
  [[nodiscard]] static Result<NewFile> create(const std::string& path);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> keep();

 private:
  NewFile(FileDescriptor file, std::string path, std::string temporary);

  FileDescriptor file_;
  std::string path_;
  std::string temporary_;  ///< Empty: written to in place.
};

/// A file that is read from the beginning to its end.
class OldFile {
 public:
  [[nodiscard]] static Result<OldFile> open(const std::string& path);
  [[nodiscard]] static Result<OldFile> standard_input();

  /// How many bytes were read; 0 at the end.
  [[nodiscard]] Result<std::size_t> read(std::span<char> bytes);
  /// How many there are, where that is known.
  [[nodiscard]] std::optional<std::uint64_t> bytes() const;

 private:
  OldFile(FileDescriptor file, std::string path);

  FileDescriptor file_;
  std::string path_;
};

}  // namespace ipsetkv::cli
