// SPDX-License-Identifier: MIT
#include "cli/serve.h"

#include "cli/outcome.h"
#include "server/serve.h"

namespace ipsetkv::cli {

ExitStatus serve(const Arguments& arguments) {
  server::ServeOptions options{.unix_path = arguments.unix_path,
                               .addresses = arguments.addresses,
                               .port = arguments.port,
                               .table = arguments.table,
                               .threads = arguments.threads,
                               .password_file = arguments.password_file,
                               .network_namespace = arguments.network_namespace,
                               .debug = arguments.debug};
  if (options.addresses.empty() && arguments.wants_tcp) options.addresses = {"127.0.0.1"};
  if (options.unix_path.empty() && options.addresses.empty())
    options.unix_path = server::default_unix_path();
  const auto served = server::serve(options);
  return served ? ExitStatus::kDone : fail(served.error());
}

}  // namespace ipsetkv::cli
