// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ipsetkv/error.h"

namespace ipsetkv::server {

/// A listening socket. The destructor closes it and removes the file of a unix socket made here.
class Listener {
 public:
  /// A unix socket that only the own user may connect to. Replaces the file of a dead server, and
  /// nothing else. Errors: kSystemCall, with EADDRINUSE if a live server listens there.
  [[nodiscard]] static Result<Listener> on_path(const std::string& path);
  /// TCP sockets, one for each address that the name has.
  [[nodiscard]] static Result<std::vector<Listener>> on_address(const std::string& address,
                                                                std::uint16_t port);
  /// A socket that another process has opened.
  [[nodiscard]] static Listener inherited(int descriptor);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&& other) noexcept;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  explicit Listener(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
  std::string path_;  ///< To be removed.
};

}  // namespace ipsetkv::server
