// SPDX-License-Identifier: MIT
#include "support/linearizability.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <span>
#include <sstream>
#include <tuple>
#include <utility>

namespace ipsetkv::tests {
namespace {

using Kind = Operation::Kind;

constexpr std::int64_t kNanosecondsInMs = 1'000'000;

/// The key's value and deadline, the latter in milliseconds.
struct Content {
  std::string value;
  std::optional<std::int64_t> deadline;
  friend auto operator<=>(const Content&, const Content&) = default;
};

struct State {
  std::optional<Content> content;
  /// Later operations take effect no earlier than this (CLOCK_REALTIME, in nanoseconds).
  std::int64_t not_before = std::numeric_limits<std::int64_t>::min();
  friend auto operator<=>(const State&, const State&) = default;
};

std::optional<Digest> digest_of(const std::optional<Content>& content) {
  if (!content) return std::nullopt;
  return tests::digest_of(content->value);
}

bool holds(SetOptions::If condition, bool present) {
  return condition == SetOptions::If::kAlways || (condition == SetOptions::If::kPresent) == present;
}

/// A key without a deadline counts as one with an infinite deadline.
bool holds(ExpireIf condition, std::optional<std::int64_t> present, std::int64_t wanted) {
  const std::int64_t now = present.value_or(std::numeric_limits<std::int64_t>::max());
  switch (condition) {
    case ExpireIf::kAlways:
      return true;
    case ExpireIf::kHasNone:
      return !present;
    case ExpireIf::kHasOne:
      return present.has_value();
    case ExpireIf::kLater:
      return wanted > now;
    case ExpireIf::kEarlier:
      return wanted < now;
  }
  return false;
}

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
    return std::nullopt;
  // As in Redis, only the form that an increment itself writes is a number.
  if (text != std::to_string(number)) return std::nullopt;
  return number;
}

std::string_view range_of(std::string_view value, std::int64_t first, std::int64_t last) {
  const auto size = static_cast<std::int64_t>(value.size());
  if (first < 0 && last < first) return {};
  if (first < 0) first = std::max<std::int64_t>(first + size, 0);
  if (last < 0) last = std::max<std::int64_t>(last + size, 0);
  last = std::min(last, size - 1);
  if (first > last) return {};
  return value.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1));
}

/// Applies the operation to the key's content. Returns false if the operation would have returned
/// something else; likewise in the functions below.
bool apply_set(const Operation& operation, std::optional<Content>& content) {
  const bool written = holds(operation.set_if, content.has_value());
  if (operation.yes != written) return false;
  if (!written) return true;
  const bool keep = operation.keep_deadline && content;
  content = Content{operation.argument, keep ? content->deadline : operation.deadline};
  return true;
}

bool apply_increment(const Operation& operation, std::optional<Content>& content) {
  const auto number = content ? number_of(content->value) : 0;
  std::int64_t sum = 0;
  const bool refused = !number || __builtin_add_overflow(*number, operation.amount, &sum);
  if (operation.refused != refused) return false;
  if (refused) return true;
  if (operation.number != sum) return false;
  content = Content{std::to_string(sum), content ? content->deadline : std::nullopt};
  return true;
}

bool apply_append(const Operation& operation, std::optional<Content>& content) {
  if (!content) content.emplace();
  content->value += operation.argument;
  return operation.number == static_cast<std::int64_t>(content->value.size());
}

bool apply_compare_and_set(const Operation& operation, std::optional<Content>& content) {
  const bool same = content && tests::digest_of(content->value) == operation.expected;
  if (operation.yes != same) return false;
  if (same) content->value = operation.argument;
  return true;
}

bool apply_expire(const Operation& operation, std::optional<Content>& content) {
  const bool done =
      content && holds(operation.expire_if, content->deadline, operation.deadline.value_or(0));
  if (operation.yes != done) return false;
  if (done) content->deadline = operation.deadline;
  return true;
}

bool apply(const Operation& operation, std::optional<Content>& content) {
  if (operation.return_old && operation.found != digest_of(content)) return false;
  switch (operation.kind) {
    case Kind::kGet:
      return operation.found == digest_of(content);
    case Kind::kExists:
      return operation.yes == content.has_value();
    case Kind::kDeadline:
      return operation.yes == content.has_value() &&
             operation.deadline_found == (content ? content->deadline : std::nullopt);
    case Kind::kGetRange:
      return operation.found ==
             tests::digest_of(content ? range_of(content->value, operation.first, operation.last)
                                      : std::string_view());
    case Kind::kSet:
      return apply_set(operation, content);
    case Kind::kDelete:
      if (operation.yes != content.has_value()) return false;
      content.reset();
      return true;
    case Kind::kIncrement:
      return apply_increment(operation, content);
    case Kind::kAppend:
      return apply_append(operation, content);
    case Kind::kCompareAndSet:
      return apply_compare_and_set(operation, content);
    case Kind::kExpire:
      return apply_expire(operation, content);
    case Kind::kPersist:
      if (!operation.return_old && operation.yes != (content && content->deadline)) return false;
      if (content) content->deadline.reset();
      return true;
  }
  return false;
}

/// Calls `visit` with each possible state after the operation, which takes effect no earlier than
/// `earliest`. There are two if the key may or may not have expired by then.
template <class Visit>
void for_each_outcome(const State& state, const Operation& operation, std::int64_t earliest,
                      Visit visit) {
  const auto deadline = state.content ? state.content->deadline : std::nullopt;
  const std::int64_t end = deadline.value_or(0) * kNanosecondsInMs;
  earliest = std::max({earliest, operation.earliest, state.not_before});
  if (earliest > operation.latest + kClockGranularity) return;
  if (!deadline || earliest < end + kClockGranularity) {
    State next = state;
    if (apply(operation, next.content)) visit(std::move(next));
  }
  if (deadline && operation.latest >= end - kClockGranularity) {
    State next{.content = std::nullopt, .not_before = std::max(state.not_before, end)};
    if (apply(operation, next.content)) visit(std::move(next));
  }
}

/// Which operations of a part have taken effect, and the resulting state.
struct Configuration {
  std::vector<bool> done;
  State state;
  friend bool operator<(const Configuration& one, const Configuration& other) {
    return std::tie(one.done, one.state) < std::tie(other.done, other.state);
  }
};

/// The configurations in which one more operation has taken effect.
void step(std::span<const Operation> part, const Configuration& from,
          std::set<Configuration>& next) {
  std::int64_t first_response = std::numeric_limits<std::int64_t>::max();
  std::int64_t earliest = std::numeric_limits<std::int64_t>::min();
  for (std::size_t number = 0; number < part.size(); ++number) {
    if (from.done[number])
      earliest = std::max(earliest, part[number].earliest);
    else
      first_response = std::min(first_response, part[number].returned);
  }
  for (std::size_t number = 0; number < part.size(); ++number) {
    if (from.done[number] || part[number].invoked > first_response) continue;
    for_each_outcome(from.state, part[number], earliest, [&](State state) {
      Configuration to{from.done, std::move(state)};
      to.done[number] = true;
      next.insert(std::move(to));
    });
  }
}

std::string describe(const State& state) {
  if (!state.content) return "no key";
  std::string text = std::to_string(state.content->value.size()) + " bytes \"" +
                     state.content->value.substr(0, 24) + '"';
  if (state.content->deadline) text += " until " + std::to_string(*state.content->deadline);
  return text;
}

std::string explain(std::span<const Operation> part, const std::set<Configuration>& deepest) {
  std::ostringstream text;
  text << "no order explains these " << part.size() << " operations; after "
       << std::count(deepest.begin()->done.begin(), deepest.begin()->done.end(), true)
       << " of them there may be";
  for (const Configuration& configuration : deepest)
    text << "\n  " << describe(configuration.state);
  for (std::size_t number = 0; number < part.size(); ++number)
    text << "\n" << (deepest.begin()->done[number] ? "  " : "? ") << part[number].description();
  return text.str();
}

/// The possible states after a part of the history, given those before it.
std::set<State> states_after(std::span<const Operation> part, const std::set<State>& before,
                             Verdict& verdict) {
  std::set<Configuration> reached;
  for (const State& state : before) reached.insert({std::vector<bool>(part.size()), state});
  for (std::size_t count = 0; count < part.size(); ++count) {
    std::set<Configuration> next;
    for (const Configuration& configuration : reached) step(part, configuration, next);
    if (next.empty()) {
      verdict = {.linearizable = false, .explanation = explain(part, reached)};
      return {};
    }
    reached = std::move(next);
  }
  std::set<State> after;
  for (const Configuration& configuration : reached) after.insert(configuration.state);
  return after;
}

constexpr std::string_view kKindNames[] = {
    "get",  "exists", "deadline",        "getrange", "set",    "del",
    "incr", "append", "compare_and_set", "expire",   "persist"};

}  // namespace

Digest digest_of(std::string_view value) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char byte : value)
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211U;
  return {.length = value.size(), .hash = hash};
}

std::string Operation::description() const {
  std::ostringstream text;
  text << "process " << process << " from " << invoked << " to " << returned << " ("
       << earliest / kNanosecondsInMs << '.' << earliest / 1000 % 1000 << " to "
       << latest / kNanosecondsInMs << '.' << latest / 1000 % 1000
       << "): " << kKindNames[static_cast<std::size_t>(kind)];
  if (!argument.empty()) text << " \"" << argument.substr(0, 24) << '"';
  if (kind == Kind::kSet) text << " if " << static_cast<int>(set_if);
  if (keep_deadline) text << " keeping the deadline";
  if (kind == Kind::kExpire) text << " if " << static_cast<int>(expire_if);
  if (deadline) text << " until " << *deadline;
  if (kind == Kind::kIncrement) text << ' ' << amount;
  text << " -> " << (refused ? "refused" : yes ? "yes" : "no") << ", " << number;
  if (found) text << ", " << found->length << " bytes, hash " << found->hash;
  if (deadline_found) text << ", until " << *deadline_found;
  return text.str();
}

Verdict check_linearizability(std::vector<Operation> history) {
  std::sort(history.begin(), history.end(), [](const Operation& one, const Operation& other) {
    return one.invoked < other.invoked;
  });
  Verdict verdict;
  std::set<State> states{State{}};
  std::size_t first = 0;
  std::int64_t last_response = std::numeric_limits<std::int64_t>::min();
  for (std::size_t number = 0; number <= history.size(); ++number) {
    const bool quiet = number == history.size() || history[number].invoked > last_response;
    if (quiet && number > first) {
      const std::span part(history.begin() + static_cast<std::ptrdiff_t>(first), number - first);
      states = states_after(part, states, verdict);
      if (!verdict.linearizable) return verdict;
      first = number;
    }
    if (number < history.size()) last_response = std::max(last_response, history[number].returned);
  }
  return verdict;
}

}  // namespace ipsetkv::tests
