// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

namespace ipsetkv::tests {

/// Moves this process into a new, empty network namespace: as root at once, as an ordinary user
/// through a user namespace. The namespace goes with the process, and its sets with it. Fails the
/// test, with what to do, where neither is allowed.
void enter_private_namespace();

/// A test that uses the kernel's IP sets, in a network namespace of its own.
class KernelTest : public testing::Test {
 protected:
  void SetUp() override { enter_private_namespace(); }
};

}  // namespace ipsetkv::tests
