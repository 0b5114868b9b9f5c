// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "home.h"

namespace ipsetkv::bench {

/// A network namespace, for contestants that keep values in IP sets: the number of sets in a
/// namespace slows down all its users.
class NamespaceHome final : public Home {
 public:
  using Open = std::unique_ptr<Peer> (*)(const Task& task);

  /// Creates and enters a namespace. Null, with errno set, if that is not allowed.
  [[nodiscard]] static std::unique_ptr<Home> start(Open open);

  NamespaceHome(int descriptor, Open open) : descriptor_(descriptor), open_(open) {}
  ~NamespaceHome() override;

  [[nodiscard]] std::unique_ptr<Peer> connect(const Task& task) override;
  [[nodiscard]] bool enter() override;

 private:
  int descriptor_;
  Open open_;
};

}  // namespace ipsetkv::bench
