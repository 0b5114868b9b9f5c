// SPDX-License-Identifier: MIT

// Every public operation of Store, with what it has answered as text.

#include <array>

#include "store/fault_cases.h"

namespace ipsetkv::tests {
namespace {

using std::chrono::hours;

const std::string kShort = "7";
const std::string kLong(1'000, 'n');

/// The same in every run, so that results can be compared.
Deadline later() {
  static const Deadline deadline =
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + hours(24);
  return deadline;
}
const Deadline kPast{std::chrono::milliseconds(1)};

std::string text_of(bool value) { return value ? "yes" : "no"; }
std::string text_of(const std::string& value) { return value; }
std::string text_of(std::uint64_t value) { return std::to_string(value); }
std::string text_of(std::int64_t value) { return std::to_string(value); }
std::string text_of(const Deadline& deadline) {
  return std::to_string(deadline.time_since_epoch().count());
}
std::string text_of(const Found& found) {
  return found.deadline ? text_of(*found.deadline) : "for ever";
}
std::string text_of(const SetResult& result) {
  return text_of(result.written) + " " + result.old.value_or("nothing");
}
std::string text_of(const SweepResult& result) { return text_of(result.expired); }
std::string text_of(const TableInfo& info) {
  return text_of(info.keys) + " keys, " + text_of(info.long_pairs) + " long";
}
std::string text_of(const KeyInfo& info) {
  return info.key + " " + info.type + " " + info.layout + " " + text_of(info.value_bytes);
}
template <class T>
std::string text_of(const std::optional<T>& value) {
  return value ? text_of(*value) : "nothing";
}

template <class T>
Answer answer(const Result<T>& result) {
  if (!result) return result.error();
  return text_of(*result);
}
Answer answer(const Result<void>& result) {
  if (!result) return result.error();
  return std::string("done");
}

Answer set_all(Store& store, const Subject& subject, bool visits) {
  const std::array<KeyValue, 4> pairs{{{subject.key, "new"},
                                       {subject.present, "new too"},
                                       {subject.absent, kLong},
                                       {"more", "another"}}};
  std::vector<std::string> changed;
  std::optional<Error> failure;
  const auto visit = [&](std::size_t index, const Result<void>& written) {
    if (written)
      changed.emplace_back(pairs[index].key);
    else
      failure = written.error();
  };
  const auto done = visits ? store.set_all(pairs, visit) : store.set_all(pairs);
  Answer result = failure ? Answer(*failure) : answer(done);
  result.changed = std::move(changed);
  return result;
}

Answer get_all(Store& store, const Subject& subject) {
  const std::array<std::string_view, 3> keys{subject.key, subject.present, subject.absent};
  std::map<std::size_t, std::string> values;
  const auto done = store.get_all(keys, [&](std::size_t index, auto value) {
    values[index] = value ? std::string(*value) : "nothing";
  });
  if (!done) return done.error();
  return values[0] + ", " + values[1] + ", " + values[2];
}

Answer del_all(Store& store, const Subject& subject) {
  const std::array<std::string_view, 3> keys{subject.key, subject.present, subject.absent};
  std::vector<std::string> changed;
  const auto done = store.del_all(keys, [&](std::size_t index, bool deleted) {
    if (deleted) changed.emplace_back(keys[index]);
  });
  Answer result = answer(done);
  result.changed = std::move(changed);
  return result;
}

Answer list(Store& store, const Subject& /*subject*/) {
  std::map<std::string, std::string> infos;
  const auto done =
      store.for_each("*", [&](const KeyInfo& info) { infos[info.key] = text_of(info); });
  if (!done) return done.error();
  std::string all;
  for (const auto& [key, info] : infos) all += info + "; ";
  return all;
}

Answer list_keys(Store& store, const Subject& /*subject*/) {
  const auto keys = store.keys();
  if (!keys) return keys.error();
  std::string all;
  for (const std::string& key : *keys) all += key + "; ";
  return all;
}

Answer scan(Store& store, const Subject& /*subject*/) {
  std::map<std::string, int> keys;
  std::uint64_t cursor = 0;
  do {
    const auto page = store.scan(cursor);
    if (!page) return page.error();
    for (const std::string& key : page->keys) ++keys[key];
    cursor = page->next_cursor;
  } while (cursor != 0);
  std::string all;
  for (const auto& [key, times] : keys) all += key + "; ";
  return all;
}

Answer save(Store& store, const Subject& /*subject*/) {
  std::string text;
  const auto saved = store.save([&](std::string_view piece) {
    text += piece;
    return Result<void>();
  });
  return answer(saved);
}

Answer restore(Store& store, const Subject& subject, IfExists if_exists) {
  std::string_view rest = subject.saved;
  RestoreResult result;
  const auto done = store.restore(
      [&]() -> Result<std::string_view> { return std::exchange(rest, {}); }, if_exists, result);
  if (!done) return done.error();
  return text_of(result.restored) + " restored, " + text_of(result.kept) + " kept";
}

Answer update(Store& store, const Subject& subject, const Update& update) {
  std::string value;
  return answer(store.update(subject.key, value,
                             [&](const Found* /*found*/) -> Result<Update> { return update; }));
}

/// Reads the value together with what else `get` and `find` say.
Answer get(Store& store, const Subject& subject) {
  std::string value = "not cleared";
  const auto there = store.get(subject.key, value);
  if (!there) return there.error();
  return text_of(*there) + " " + value;
}
Answer find(Store& store, const Subject& subject) {
  std::string value = "not cleared";
  const auto found = store.find(subject.key, value);
  if (!found) return found.error();
  return text_of(*found) + " " + value;
}
Answer read_deadline(Store& store, const Subject& subject) {
  const auto deadline = store.deadline(subject.key);
  if (!deadline) return deadline.error();
  return *deadline ? "there, " + text_of(**deadline) : "nothing";
}

Operation set_with(std::string name, std::string_view value, const SetOptions& options,
                   bool is_thorough = false) {
  return {.name = std::move(name),
          .run =
              [value, options](Store& store, const Subject& subject) {
                return answer(store.set(subject.key, value, options));
              },
          .is_thorough = is_thorough};
}

void add_reads(std::vector<Operation>& all) {
  all.push_back({.name = "Get", .run = get, .is_thorough = true});
  all.push_back({.name = "Find", .run = find});
  all.push_back({.name = "Exists", .run = [](Store& store, const Subject& subject) {
                   return answer(store.exists(subject.key));
                 }});
  all.push_back({.name = "Info", .run = [](Store& store, const Subject& subject) {
                   return answer(store.info(subject.key));
                 }});
  all.push_back({.name = "Deadline", .run = read_deadline});
  all.push_back({.name = "GetRange", .run = [](Store& store, const Subject& subject) {
                   return answer(store.get_range(subject.key, 1, -2));
                 }});
  all.push_back({.name = "GetAll", .run = get_all});
  all.push_back({.name = "ForEach", .run = list});
  all.push_back({.name = "Keys", .run = list_keys});
  all.push_back({.name = "Scan", .run = scan});
  all.push_back({.name = "Save", .run = save});
  all.push_back({.name = "TableInfo", .run = [](Store& store, const Subject& /*subject*/) {
                   return answer(store.table_info());
                 }});
}

void add_sets(std::vector<Operation>& all) {
  using If = SetOptions::If;
  all.push_back(
      {.name = "SetShort",
       .run = [](Store& store,
                 const Subject& subject) { return answer(store.set(subject.key, kShort)); },
       .is_thorough = true});
  all.push_back(
      {.name = "SetLong",
       .run = [](Store& store,
                 const Subject& subject) { return answer(store.set(subject.key, kLong)); },
       .is_thorough = true});
  all.push_back({.name = "SetBytes", .run = [](Store& store, const Subject& subject) {
                   return answer(store.set(subject.key, std::as_bytes(std::span(kShort))));
                 }});
  all.push_back(set_with("SetIpv6", kLong, {.layout = Layout::kIpv6}));
  all.push_back(set_with("SetCounters", kLong, {.layout = Layout::kCounters}, true));
  all.push_back(set_with("SetIfAbsent", kShort, {.condition = If::kAbsent}));
  all.push_back(set_with("SetIfPresent", kLong, {.condition = If::kPresent}));
  all.push_back(set_with("SetReturningOld", kShort, {.return_old = true}));
  all.push_back(set_with("SetWithDeadline", kShort, {.expire_at = later()}, true));
  all.push_back(set_with("SetLongWithDeadline", kLong, {.expire_at = later()}));
  all.push_back(set_with("SetKeepingDeadline", kShort, {.keep_deadline = true}));
  all.push_back(set_with("SetInThePast", kShort, {.expire_at = kPast}));
}

void add_changes(std::vector<Operation>& all) {
  const auto add = [&](std::string name, auto run, bool is_thorough = false) {
    all.push_back({.name = std::move(name),
                   .run = [run](Store& store,
                                const Subject& subject) { return answer(run(store, subject.key)); },
                   .is_thorough = is_thorough});
  };
  using Key = std::string_view;
  add(
      "Del", [](Store& store, Key key) { return store.del(key); }, true);
  add("Expire", [](Store& store, Key key) { return store.expire(key, later()); });
  add("ExpireInThePast", [](Store& store, Key key) { return store.expire(key, kPast); });
  add("Persist", [](Store& store, Key key) { return store.persist(key); });
  add("CompareAndSet", [](Store& store, Key key) { return store.compare_and_set(key, "41", "x"); });
  add(
      "Increment", [](Store& store, Key key) { return store.increment(key); }, true);
  add("Append", [](Store& store, Key key) { return store.append(key, "tail"); });
  add("AppendMuch", [](Store& store, Key key) { return store.append(key, kLong); });
  add("SetRange", [](Store& store, Key key) { return store.set_range(key, 3, "part"); });
  add("SetNoRange", [](Store& store, Key key) { return store.set_range(key, 3, ""); });
  const auto add_update = [&](std::string name, const Update& what) {
    all.push_back({.name = std::move(name), .run = [what](Store& store, const Subject& subject) {
                     return update(store, subject, what);
                   }});
  };
  add_update("UpdateLeaving", {.action = Update::Action::kLeave});
  add_update("UpdateWriting",
             {.action = Update::Action::kWrite, .value = kShort, .deadline = later()});
  add_update("UpdateRemoving", {.action = Update::Action::kRemove});
}

void add_moves(std::vector<Operation>& all) {
  const auto add = [&](std::string name, auto run, bool is_thorough = false) {
    all.push_back(
        {.name = std::move(name),
         .run = [run](Store& store, const Subject& subject) { return answer(run(store, subject)); },
         .moves = true,
         .is_thorough = is_thorough});
  };
  add("Rename", [](Store& store, const Subject& s) { return store.rename(s.key, s.absent); });
  add(
      "RenameOverOther",
      [](Store& store, const Subject& s) { return store.rename(s.key, s.present); }, true);
  add("RenameOnlyIfAbsent",
      [](Store& store, const Subject& s) { return store.rename(s.key, s.present, true); });
  add("RenameOfAbsent",
      [](Store& store, const Subject& s) { return store.rename(s.absent, s.key); });
  add("RenameOfOther",
      [](Store& store, const Subject& s) { return store.rename(s.present, s.key); });
  add("Copy", [](Store& store, const Subject& s) { return store.copy(s.key, s.absent); });
  add(
      "CopyOverOther",
      [](Store& store, const Subject& s) { return store.copy(s.present, s.key, true); }, true);
}

void add_whole_store(std::vector<Operation>& all) {
  const auto add = [&](std::string name, auto run, bool is_thorough = false) {
    all.push_back(
        {.name = std::move(name), .run = run, .is_of_many = true, .is_thorough = is_thorough});
  };
  using Kept = const Subject&;
  add("SetAll", [](Store& store, Kept subject) { return set_all(store, subject, false); });
  add(
      "SetAllVisiting", [](Store& store, Kept subject) { return set_all(store, subject, true); },
      true);
  add("DelAll", del_all, true);
  add("RestoreReplacing",
      [](Store& store, Kept subject) { return restore(store, subject, IfExists::kReplace); });
  add("RestoreKeeping",
      [](Store& store, Kept subject) { return restore(store, subject, IfExists::kKeep); });
  add("RestoreFailing",
      [](Store& store, Kept subject) { return restore(store, subject, IfExists::kFail); });
  add("Drop", [](Store& store, Kept /*subject*/) { return answer(store.drop()); });
  add(
      "Sweep", [](Store& store, Kept /*subject*/) { return answer(store.sweep()); }, true);
}

}  // namespace

const std::vector<Operation>& every_operation() {
  static const std::vector<Operation> all = [] {
    std::vector<Operation> made;
    add_reads(made);
    add_sets(made);
    add_changes(made);
    add_moves(made);
    add_whole_store(made);
    return made;
  }();
  return all;
}

}  // namespace ipsetkv::tests
