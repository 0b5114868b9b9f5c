// SPDX-License-Identifier: MIT
#include "server/state/log.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace ipsetkv::server {

void log(LogLevel level, std::string_view line) {
  // systemd.exec(5): set if standard error is connected to the journal.
  static const bool is_journal = secure_getenv("JOURNAL_STREAM") != nullptr;
  std::string text;
  if (is_journal)
    text = "<" + std::to_string(static_cast<int>(level)) + ">";
  else
    text = "ipsetkv: ";
  for (const char letter : line) text += letter == '\n' || letter == '\r' ? ' ' : letter;
  text += '\n';
  // There is no other place to report a failure.
  (void)!write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace ipsetkv::server
