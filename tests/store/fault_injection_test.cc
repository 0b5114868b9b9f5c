// SPDX-License-Identifier: MIT

// Every public operation of Store, on every state of its key, with the n-th send or receive failing
// in every way, for every n. The short form leaves out the special states, keys whose names are
// digests, and Stores that have written the key before (IPSETKV_TEST_FULL=1 runs them too).
// Afterwards the key has its old value or its new one, nothing stays locked, and the error says
// what is true.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/key.h"
#include "format/own_names.h"
#include "format/table_name.h"
#include "ipset/connection.h"
#include "ipsetkv/store.h"
#include "store/fault_cases.h"
#include "store/faulty_environment.h"
#include "store/open.h"
#include "support/full_length.h"
#include "support/private_namespace.h"

namespace ipsetkv::tests {
namespace {

using namespace std::chrono_literals;

/// How much longer than its timeout a call may take, by the clock of the FaultyEnvironment.
constexpr auto kMargin = 100ms;

/// No operation here makes as many calls.
constexpr int kMostCalls = 2'000;

ipset::Connection connect() { return ipset::Connection::open(1s).value(); }

std::vector<std::string> set_names(ipset::Connection& connection) {
  std::vector<std::string> names;
  auto listing = connection.list({}, ipset::ListMode::kNames);
  while (listing) {
    const auto header = listing->next_set();
    if (!header || *header == nullptr) break;
    names.emplace_back((*header)->name.view());
  }
  return names;
}

/// Whether the set's name says that a writer is at work. What the dead have left is no concern.
bool is_held(std::string_view name) {
  if (name.starts_with("~wait-") || name.starts_with("~new-")) return true;
  if (const auto owner = format::owner_of(name)) return owner->stripe && owner->port != kDeadPort;
  const auto set = format::parse_table_set(name);
  return set && set->kind == format::TableSet::Kind::kBucket &&
         set->state != format::BucketState::kOpen && set->port_id != kDeadPort;
}

/// A key for each stripe; in a table they are spread over all buckets.
const std::vector<std::string>& key_of_every_stripe() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> found(format::kStripes);
    std::size_t missing = found.size();
    for (int number = 0; missing > 0; ++number) {
      std::string key = "probe" + std::to_string(number);
      std::string& slot = found[format::place_of(key)->stripe];
      if (!slot.empty()) continue;
      slot = std::move(key);
      --missing;
    }
    return found;
  }();
  return keys;
}

bool claims_no_change(const Error& error) {
  const std::string message = error.message();
  return message.find("unchanged") != std::string::npos ||
         message.find("nothing was changed") != std::string::npos;
}

/// The value without its deadline, as `get` shows it.
std::optional<std::string> in(const Snapshot& snapshot, std::string_view key) {
  const auto found = snapshot.find(std::string(key));
  return found == snapshot.end() ? std::nullopt : std::optional(found->second);
}

std::string text_of(const Snapshot& snapshot) {
  constexpr std::size_t kShown = 40;
  std::string text;
  for (const auto& [key, value] : snapshot) text += key + "=" + value.substr(0, kShown) + "; ";
  return text.empty() ? "no keys" : text;
}

struct Parameter {
  const char* table;
  const Operation* operation;
};

class FaultInjectionTest : public KernelTest, public testing::WithParamInterface<Parameter> {
 protected:
  /// One state of one key.
  struct Setting {
    const State* state;
    std::string_view key;
    bool is_warm;  ///< The Store that is tested has made the state itself.
  };
  /// What happens without a fault.
  struct Expected {
    Snapshot before;
    Snapshot after;
    std::optional<ErrorCode> error;
    std::string text;
  };

  void SetUp() override {
    KernelTest::SetUp();
    if (HasFatalFailure()) return;
    raw_.emplace(connect());
    observer_.emplace(connect());
    scene_.reset(
        new Scene{.environment = environment_, .table = table(), .raw = *raw_, .reader = {}});
    saved_ = saved_text();
  }

  static std::string table() { return GetParam().table; }
  static const Operation& operation() { return *GetParam().operation; }

  [[nodiscard]] Subject subject(const Setting& setting) const {
    return {.key = setting.key, .present = "present", .absent = "not there", .saved = saved_};
  }

  std::string saved_text() {
    Store store = scene_->open();
    for (const std::string_view key : {"drawer", "present", "not there"})
      EXPECT_TRUE(store.set(key, std::string(key.size() * 60, 's')));
    std::string text;
    EXPECT_TRUE(store.save([&](std::string_view piece) {
      text += piece;
      return Result<void>();
    }));
    return text;
  }

  void destroy_everything() {
    scene_->reader.reset();
    ipset::Batch batch = observer_->new_batch();
    // One by one: to destroy all of them in one command takes the kernel milliseconds. It ends a
    // listing whose socket was closed a moment later.
    for (int attempt = 0; attempt < 10'000; ++attempt) {
      const std::vector<std::string> names = set_names(*observer_);
      if (names.empty()) return;
      batch.clear();
      for (const std::string& name : names)
        if (batch.size() < ipset::Batch::kMaxCommands) batch.destroy(name);
      ASSERT_TRUE(observer_->execute(batch));
      if (batch.code(0) != 0) Environment::real().sleep(100us);
    }
    FAIL() << "sets stay in use";
  }

  /// A fresh namespace with the setting made; the Store that is to be tested.
  Store make(const Setting& setting) {
    destroy_everything();
    Store store = scene_->open();
    healthy_.emplace(scene_->open());
    setting.state->make(*scene_, setting.is_warm ? store : *healthy_, subject(setting));
    return store;
  }

  Expected expect(const Setting& setting) {
    Expected expected;
    {
      const Store store = make(setting);
      scene_->reader.reset();
      expected.before = snapshot_of(*healthy_);
    }
    Store store = make(setting);
    const Answer answer = operation().run(store, subject(setting));
    scene_->reader.reset();
    expected.after = snapshot_of(*healthy_);
    if (answer.error) expected.error = answer.error->code;
    expected.text = answer.text;
    return expected;
  }

  /// Whether the call that was to fail was made.
  bool inject(const Setting& setting, const Expected& expected, Fault fault, int call) {
    Store store = make(setting);
    const auto start = environment_.now(Environment::Clock::kSteady);
    environment_.arm(fault, call);
    const Answer answer = operation().run(store, subject(setting));
    const bool has_failed = environment_.disarm();
    const auto took = environment_.now(Environment::Clock::kSteady) - start;
    scene_->reader.reset();
    if (!has_failed) return false;

    problems_.clear();
    if (took > kFaultTimeout + kMargin) note("it took " + std::to_string(took / 1ms) + " ms");
    check_held();
    check_answer(expected, fault, answer);
    if (problems_.empty()) check_values(expected, answer);
    if (problems_.empty()) check_both_work_on(store, subject(setting), call == 1);
    for (const std::string& problem : problems_)
      ADD_FAILURE() << operation().name << (table().empty() ? " in drawers" : " in a table")
                    << ", \"" << setting.key << "\" is: " << setting.state->name
                    << (setting.is_warm ? ", warm" : "") << "; " << name_of(fault) << " " << call
                    << ": " << problem << "; it said: "
                    << (answer.error ? answer.error->message()
                                     : "done, " + answer.text.substr(0, 60));
    return true;
  }

  void note(std::string problem) { problems_.push_back(std::move(problem)); }

  void check_held() {
    for (const std::string& name : set_names(*observer_))
      if (is_held(name)) note(name + " stays");
  }

  void check_answer(const Expected& expected, Fault fault, const Answer& answer) {
    if (answer.error) {
      if (is_harmless(fault) && expected.error != answer.error->code) note("EINTR is an error");
    } else if (expected.error || answer.text != expected.text) {
      note("the answer is wrong");
    }
  }

  void check_values(const Expected& expected, const Answer& answer) {
    const Snapshot now = snapshot_of(*healthy_);
    const bool is_before = now == expected.before;
    const bool is_after = now == expected.after;
    if (!answer.error && !is_after) note("it was not done");
    if (answer.error && claims_no_change(*answer.error) && !is_before && !operation().is_of_many)
      note("it was changed");
    if (is_before || is_after) return;
    if (!operation().is_of_many && !operation().moves)
      return note(text_of(now) + " is neither old nor new");
    for (const Snapshot* each : {&expected.before, &expected.after, &now})
      for (const auto& [key, value] : *each)
        if (in(now, key) != in(expected.before, key) && in(now, key) != in(expected.after, key))
          note(key + " is neither old nor new");
    for (const std::string& key : answer.changed)
      if (in(now, key) != in(expected.after, key)) note(key + " was reported as changed");
    if (operation().moves && is_lost(expected, now)) note("the value is lost");
  }

  /// Whether the value of a key that is to be moved is at no key any more.
  [[nodiscard]] static bool is_lost(const Expected& expected, const Snapshot& now) {
    const auto is_there = [&](const std::string& value) {
      return std::any_of(now.begin(), now.end(),
                         [&](const auto& each) { return each.second == value; });
    };
    return std::any_of(expected.before.begin(), expected.before.end(), [&](const auto& each) {
      return !expected.after.contains(each.first) && !is_there(each.second);
    });
  }

  void check_both_work_on(Store& store, const Subject& subject, bool writes_everywhere) {
    const Snapshot seen = snapshot_of(store);
    const Snapshot there = snapshot_of(*healthy_);
    if (seen != there) note("the same Store reads " + text_of(seen) + " for " + text_of(there));
    for (const std::string_view key : {subject.key, subject.present, subject.absent}) {
      check_write(*healthy_, key, "another Store");
      check_write(store, key, "the same Store");
    }
    // Takes several times as long as all the rest.
    if (writes_everywhere)
      for (const std::string& key : key_of_every_stripe())
        check_write(*healthy_, key, "another Store");
    std::string value;
    if (!healthy_->get(subject.key, value) || value != "written by the same Store")
      note("what the same Store writes is not there");
  }

  void check_write(Store& store, std::string_view key, std::string_view who) {
    if (const auto written = store.set(key, "written by " + std::string(who)); !written)
      note(std::string(who) + " cannot write " + std::string(key) + ": " +
           written.error().message());
  }

  void try_every_call(const Setting& setting) {
    const Expected expected = expect(setting);
    for (const Fault fault : kEveryFault)
      for (int call = 1; inject(setting, expected, fault, call); ++call)
        ASSERT_LT(call, kMostCalls);
  }

 private:
  FaultyEnvironment environment_;
  std::optional<ipset::Connection> raw_;
  std::optional<ipset::Connection> observer_;
  std::unique_ptr<Scene> scene_;
  std::optional<Store> healthy_;
  std::string saved_;
  std::vector<std::string> problems_;
};

TEST_P(FaultInjectionTest, LeavesTheOldValueOrTheNewOneAndHoldsNothing) {
  for (const State& state : every_state()) {
    if (state.is_special && (!operation().is_thorough || !full_length())) continue;
    if (state.backend == (table().empty() ? State::For::kTables : State::For::kDrawers)) continue;
    for (const std::string_view key : {"drawer", "a key that is no name"}) {
      // A table has no names of keys.
      if (key != "drawer" && (state.is_special || !table().empty())) continue;
      for (const bool is_warm : {false, true})
        if (full_length() || (key == "drawer" && !is_warm))
          try_every_call({.state = &state, .key = key, .is_warm = is_warm});
    }
  }
}

std::vector<Parameter> every_parameter() {
  std::vector<Parameter> all;
  for (const char* const table : {"", "test"})
    for (const Operation& operation : every_operation())
      all.push_back({.table = table, .operation = &operation});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Store, FaultInjectionTest, testing::ValuesIn(every_parameter()),
                         [](const testing::TestParamInfo<Parameter>& each) {
                           const std::string store =
                               *each.param.table == '\0' ? "Drawers" : "Table";
                           return store + each.param.operation->name;
                         });

}  // namespace

Snapshot snapshot_of(Store& store) {
  Snapshot snapshot;
  const auto keys = store.keys();
  if (!keys) {
    snapshot["keys failed"] = keys.error().message();
    return snapshot;
  }
  std::string value;
  for (const std::string& key : *keys) {
    const auto found = store.find(key, value);
    if (!found) {
      snapshot[key] = "find failed: " + found.error().message();
    } else if (*found) {
      const auto deadline = (*found)->deadline;
      snapshot[key] =
          value +
          (deadline ? " until " + std::to_string(deadline->time_since_epoch().count()) : "");
    }
  }
  return snapshot;
}

}  // namespace ipsetkv::tests
