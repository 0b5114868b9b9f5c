// SPDX-License-Identifier: MIT

// The tool's command line. Checks that each is either parsed or answered, an invalid one with an
// error of one line; and that after `--` any word is a literal key or value. The input is words,
// each ended by a zero byte.

#include "cli/arguments.h"

#include <string>
#include <variant>
#include <vector>

#include "fuzz/input.h"

namespace ipsetkv::fuzz {
namespace {

constexpr std::size_t kMostWords = 32;

std::variant<cli::Arguments, cli::Answer> parse(const std::vector<std::string>& words) {
  std::vector<const char*> pointers{"ipsetkv"};
  for (const std::string& word : words) pointers.push_back(word.c_str());
  return cli::parse_arguments(static_cast<int>(pointers.size()), pointers.data());
}

void check_answer(const cli::Answer& answer) {
  require(answer.text.ends_with('\n'), "an answer consists of whole lines");
  if (answer.status == cli::ExitStatus::kDone) return;
  require(answer.status == cli::ExitStatus::kUsage, "an invalid command line is a usage error");
  require(answer.text.starts_with("ipsetkv: "), "an error begins with the program's name");
  for (const char byte : std::string_view(answer.text).substr(0, answer.text.size() - 1))
    require(static_cast<unsigned char>(byte) >= ' ' && byte != '\x7f', "an error is one line");
}

void check_line(const std::vector<std::string>& words) {
  auto parsed = parse(words);
  if (const auto* const answer = std::get_if<cli::Answer>(&parsed)) return check_answer(*answer);
  auto& arguments = std::get<cli::Arguments>(parsed);
  require(arguments.pairs.size() % 2 == 0, "every key has its value");
  const std::string* const input = cli::value_from_input(arguments);
  require(input == nullptr || *input == "-", "only `-` is read from standard input");
}

void check_words_after_dashes(const std::string& key, const std::string& value) {
  auto parsed = parse({"set", "--", key, value});
  const auto* const arguments = std::get_if<cli::Arguments>(&parsed);
  require(arguments != nullptr, "after `--` every word is accepted");
  require(arguments->command == cli::Command::kSet && arguments->key == key &&
              arguments->value == value,
          "after `--` every word is literal");
}

}  // namespace
}  // namespace ipsetkv::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ipsetkv::fuzz::kMostWords;
  ipsetkv::fuzz::Input input(data, size);
  std::vector<std::string> words;
  while (!input.empty() && words.size() < kMostWords) words.emplace_back(input.word());
  ipsetkv::fuzz::check_line(words);
  if (words.size() >= 2) ipsetkv::fuzz::check_words_after_dashes(words[0], words[1]);
  return 0;
}
