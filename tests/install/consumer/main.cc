// SPDX-License-Identifier: MIT
// A user's program on the installed library: stores a value and reads it back.
#include <ipsetkv/error.h>
#include <ipsetkv/options.h>
#include <ipsetkv/store.h>
#include <ipsetkv/version.h>

#include <cstdio>
#include <string>

int main() {
  auto store = ipsetkv::Store::open();
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message().c_str());
    return 1;
  }
  if (auto done = store->set("drawer", "notebook"); !done) {
    std::fprintf(stderr, "%s\n", done.error().message().c_str());
    return 1;
  }
  std::string value;
  const auto found = store->get("drawer", value);
  const bool good =
      found && *found && value == "notebook" && ipsetkv::library_version() == ipsetkv::kVersion;
  std::puts(good ? "good" : "bad");
  return good ? 0 : 1;
}
