// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "format/moment.h"
#include "ipset/connection.h"
#include "ipsetkv/store.h"
#include "store/backend.h"
#include "store/drawers/drawers.h"

namespace ipsetkv {

/// What a Store consists of. On the heap, because the backend refers to the connection. A nested
/// class is as visible as the one around it, unless it says otherwise.
class [[gnu::visibility("hidden")]] Store::Implementation {
 public:
  Implementation(ipset::Connection opened, const Options& options);

  [[nodiscard]] store::Backend& backend() { return *backend_; }
  [[nodiscard]] format::Moment now() const { return format::now(connection_.environment()); }

  std::string value;  ///< The old value of compound writes; its memory is reused.

 private:
  ipset::Connection connection_;
  std::unique_ptr<store::Backend> backend_;
};

}  // namespace ipsetkv
