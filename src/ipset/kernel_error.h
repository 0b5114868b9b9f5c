// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "ipset/protocol.h"
#include "ipsetkv/error.h"

namespace ipsetkv::ipset {

/// The step that a command is, for errors.
[[nodiscard]] Step step_of(ipset_cmd command);

/// What the kernel's code (positive, as in netlink::Message::error) means as an answer to
/// `command`. `subject` is the set's name, or the type's name where the type is what is missing.
[[nodiscard]] Error kernel_error(ipset_cmd command, std::int32_t code, std::string_view subject);

}  // namespace ipsetkv::ipset
