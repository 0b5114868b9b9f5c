// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

namespace ipsetkv::tests {

/// Moves this process into a new, empty network namespace: as root directly, as an ordinary user
/// through a user namespace. The namespace and its sets end with the process. Fails the test, and
/// says what to do, if neither is allowed.
void enter_private_namespace();

/// A test that uses the kernel's IP sets, in a network namespace of its own.
class KernelTest : public testing::Test {
 protected:
  void SetUp() override { enter_private_namespace(); }
};

}  // namespace ipsetkv::tests
