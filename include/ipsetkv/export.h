// SPDX-License-Identifier: MIT
#pragma once

// Exports a declaration from the shared library; everything else is hidden. A macro, because only a
// macro can put an attribute into another declaration.
#define IPSETKV_EXPORT __attribute__((visibility("default")))
