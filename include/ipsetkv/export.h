// SPDX-License-Identifier: MIT
#pragma once

// Marks what the shared library offers; everything else stays hidden. It has to be a macro: no
// function can carry an attribute into another declaration.
#define IPSETKV_EXPORT __attribute__((visibility("default")))
