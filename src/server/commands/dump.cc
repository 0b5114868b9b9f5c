// SPDX-License-Identifier: MIT

// DUMP and RESTORE.

#include <optional>

#include "server/commands/expiry_time.h"
#include "server/commands/groups.h"
#include "server/exec/call.h"
#include "server/protocol/dump_format.h"

namespace ipsetkv::server {
namespace {

void dump(Call& call) {
  const auto there = call.read(call.key());
  if (!there) return;
  if (*there)
    call.reply.bulk(dump_value(call.value));
  else
    call.reply.null();
}

struct RestoreOptions {
  bool replace = false;
  bool is_absolute = false;
};

std::optional<RestoreOptions> restore_options(Call& call) {
  RestoreOptions options;
  for (std::size_t at = 4; at < call.count(); ++at) {
    if (call.is(at, "replace")) {
      options.replace = true;
    } else if (call.is(at, "absttl")) {
      options.is_absolute = true;
    } else if ((call.is(at, "idletime") || call.is(at, "freq")) && at + 1 < call.count()) {
      // Parsed and ignored: the kernel keeps neither.
      const bool is_frequency = call.is(at, "freq");
      const auto number = call.integer(++at);
      if (!number) return std::nullopt;
      if (*number < 0 || (is_frequency && *number > 255)) {
        call.error(is_frequency ? "ERR Invalid FREQ value, must be >= 0 and <= 255"
                                : "ERR Invalid IDLETIME value, must be >= 0");
        return std::nullopt;
      }
    } else {
      call.syntax_error();
      return std::nullopt;
    }
  }
  return options;
}

void restore(Call& call) {
  const auto options = restore_options(call);
  if (!options) return;
  constexpr std::string_view kBusyKey = "BUSYKEY Target key name already exists.";
  if (!options->replace) {
    const auto there = call.database.exists(call.key());
    if (!there) return call.fail(there.error());
    if (*there) return call.error(kBusyKey);
  }
  const auto life = call.integer(2);
  if (!life) return;
  if (*life < 0) return call.error("ERR Invalid TTL value, must be >= 0");
  SetOptions set;
  if (*life != 0) {
    set.expire_at = expiry_of(call, *life, {.unit_ms = 1, .from_now = !options->is_absolute});
    if (!set.expire_at) return;
  }
  const Undumped undumped = undump_value(call.word(3));
  if (!undumped.value) return call.error(undumped.refusal);
  if (!options->replace) set.condition = SetOptions::If::kAbsent;
  const auto done = call.database.set(call.key(), *undumped.value, set);
  if (!done) return call.fail(done.error());
  if (!done->written) return call.error(kBusyKey);
  call.touch(call.key());
  call.reply.ok();
}

}  // namespace

std::vector<Command> dump_commands() {
  return in_group("generic", {{"dump", 2, kReadOnly, kOneKey, dump, "2.6.0",
                               "A value in the form of Redis' files"},
                              {"restore", -4, kWrite | kDenyOom, kOneKey, restore, "2.6.0",
                               "Gives a key a value in that form"}});
}

}  // namespace ipsetkv::server
