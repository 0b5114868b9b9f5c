// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "ipset/protocol.h"
#include "ipsetkv/error.h"

namespace ipsetkv::ipset {

/// The step that an error about a command names.
[[nodiscard]] Step step_of(ipset_cmd command);

/// The error that the kernel's code (positive, as in netlink::Message::error) means in a reply to
/// `command`. `subject` is the set's name, or the type's name if the type may be missing.
[[nodiscard]] Error kernel_error(ipset_cmd command, std::int32_t code, std::string_view subject);

}  // namespace ipsetkv::ipset
