// SPDX-License-Identifier: MIT
#include "cli/archive.h"

#include <string>
#include <vector>

#include "cli/files.h"
#include "cli/outcome.h"
#include "cli/presentation.h"
#include "cli/progress.h"
#include "cli/streams.h"

namespace ipsetkv::cli {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;
constexpr std::string_view kStandardStream = "-";

ExitStatus save_to_output(Store& store) {
  // On a terminal the text itself shows that something happens.
  Progress progress("saved", !output_is_terminal());
  const auto saved = store.save([&](std::string_view text) {
    progress.advance(text.size());
    return write_output(text);
  });
  progress.clear();
  return saved ? ExitStatus::kDone : fail(saved.error());
}

ExitStatus save_to_file(Store& store, const std::string& path) {
  auto file = NewFile::create(path);
  if (!file) return fail(file.error());
  Progress progress("saved", true);
  const auto saved = store.save([&](std::string_view text) {
    progress.advance(text.size());
    return file->write(text);
  });
  progress.clear();
  if (!saved) return fail(saved.error());
  const auto kept = file->keep();
  return kept ? ExitStatus::kDone : fail(kept.error());
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count).append(" ").append(count == 1 ? one : many);
}

IfExists if_exists(const Arguments& arguments) {
  if (arguments.replace) return IfExists::kReplace;
  return arguments.keep ? IfExists::kKeep : IfExists::kFail;
}

ExitStatus report(const Result<void>& done, const RestoreResult& result,
                  const Arguments& arguments) {
  if (result.foreign > 0)
    write_error("ipsetkv: " +
                counted(result.foreign, "set that is no value of ipsetkv was passed over",
                        "sets that are no values of ipsetkv were passed over") +
                "\n");
  if (done) return arguments.json ? print(restored_as_json(result)) : ExitStatus::kDone;
  write_error("ipsetkv: " + done.error().message() + "; " +
              counted(result.restored, "key was restored", "keys were restored") +
              " before that\n");
  return exit_status_of(done.error().category());
}

}  // namespace

ExitStatus save(Store& store, const Arguments& arguments) {
  if (arguments.file == kStandardStream) return save_to_output(store);
  return save_to_file(store, arguments.file);
}

ExitStatus restore(Store& store, const Arguments& arguments) {
  auto file =
      arguments.file == kStandardStream ? OldFile::standard_input() : OldFile::open(arguments.file);
  if (!file) return fail(file.error());
  Progress progress("restored", true, file->bytes());
  std::vector<char> piece(kPieceBytes);
  RestoreResult result;
  const auto done = store.restore(
      [&]() -> Result<std::string_view> {
        const auto length = file->read(piece);
        if (!length) return tl::unexpected(length.error());
        progress.advance(*length);
        return std::string_view(piece.data(), *length);
      },
      if_exists(arguments), result);
  progress.clear();
  return report(done, result, arguments);
}

}  // namespace ipsetkv::cli
