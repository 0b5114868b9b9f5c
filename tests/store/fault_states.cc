// SPDX-License-Identifier: MIT

// The states of a key, and of what surrounds it, in which every operation is tried.

#include <gtest/gtest.h>

#include "format/bucket_form.h"
#include "format/key.h"
#include "format/own_names.h"
#include "format/table_name.h"
#include "store/fault_cases.h"
#include "store/open.h"

namespace ipsetkv::tests {
namespace {

using namespace std::chrono_literals;

const std::string kOfComments(1'000, 'o');
const std::string kOfSeveralParts(60'000, 'o');

template <class T>
void expect_done(const Result<T>& result) {
  EXPECT_TRUE(result) << result.error().message();
}

void set(Store& store, std::string_view key, std::string_view value,
         const SetOptions& options = {}) {
  expect_done(store.set(key, value, options));
}

Deadline now(FaultyEnvironment& environment) {
  return std::chrono::floor<std::chrono::milliseconds>(
      Deadline(std::chrono::duration_cast<std::chrono::milliseconds>(
          environment.now(Environment::Clock::kWall))));
}

void rename_set(ipset::Connection& raw, std::string_view from, std::string_view to) {
  ipset::Batch batch = raw.new_batch();
  batch.rename(from, to);
  expect_done(raw.execute_all(batch));
}

std::vector<std::string> names_of(ipset::Connection& raw) {
  std::vector<std::string> names;
  auto listing = raw.list({}, ipset::ListMode::kNames);
  while (listing) {
    const auto header = listing->next_set();
    if (!header || *header == nullptr) break;
    names.emplace_back((*header)->name.view());
  }
  return names;
}

/// The key is under a lock whose holder has died.
void lock_by_the_dead(Scene& scene, const Subject& subject) {
  if (!scene.is_table()) {
    const std::uint32_t stripe = format::place_of(subject.key)->stripe;
    rename_set(scene.raw, format::lock_name(stripe).view(),
               format::held_name(kDeadPort, stripe).view());
    return;
  }
  for (const std::string& name : names_of(scene.raw)) {
    const auto set = format::parse_table_set(name);
    if (!set || set->kind != format::TableSet::Kind::kBucket) continue;
    format::TableNames names(scene.table, kDeadPort);
    names.set_generation(set->generation);
    rename_set(scene.raw, name, names.bucket(set->bucket, format::BucketState::kLocked).view());
  }
}

/// Writes with Stores that have written too little to look how full the buckets are.
template <class Write>
void in_small_portions(const Scene& scene, std::size_t count, Write write) {
  constexpr std::size_t kPortion = 8;
  for (std::size_t first = 0; first < count; first += kPortion) {
    Store store = scene.open();
    for (std::size_t n = first; n < std::min(count, first + kPortion); ++n)
      write(store, "filling" + std::to_string(n));
  }
}

/// The next writer to look at the key's bucket splits it.
void overfill(Scene& scene, Store& store, const Subject& subject) {
  set(store, subject.key, "41");
  set(store, subject.present, kPresentValue);
  in_small_portions(scene, format::most_keys(0) + 2,
                    [](Store& writer, const std::string& key) { set(writer, key, "x"); });
}

/// The next writer to look at the key's bucket merges it.
void empty_out(Scene& scene, Store& store, const Subject& subject) {
  overfill(scene, store, subject);
  // Reads the whole bucket, and splits it.
  expect_done(scene.open().increment(subject.key));
  set(store, subject.key, "41");
  in_small_portions(scene, format::most_keys(0) + 2,
                    [](Store& writer, const std::string& key) { expect_done(writer.del(key)); });
}

/// Somebody reads the set that the key is in.
void put_reader(Scene& scene, Store& store, const Subject& subject) {
  std::string name(subject.key);
  if (scene.is_table()) {
    // Of one part, a listing is at its end at once.
    in_small_portions(scene, 18, [](Store& writer, const std::string& key) {
      set(writer, key, std::string(200, 'x'));
    });
    for (const std::string& set : names_of(scene.raw))
      if (const auto parsed = format::parse_table_set(set);
          parsed && parsed->kind == format::TableSet::Kind::kBucket)
        name = set;
  } else if (const auto info = store.info(subject.key); info && *info) {
    name = (*info)->set_name;
  }
  // A Listing cannot be moved.
  scene.reader.reset(new Result<ipset::Listing>(scene.raw.list(name, ipset::ListMode::kElements)));
  EXPECT_TRUE(*scene.reader);
  scene.environment.in_next_sleep([&scene] { scene.reader.reset(); });
}

State with_value(std::string name, std::string_view value, const SetOptions& options,
                 State::For backend = State::For::kBoth) {
  return {.name = std::move(name),
          .backend = backend,
          .make = [value, options](Scene& /*scene*/, Store& store, const Subject& subject) {
            set(store, subject.present, kPresentValue);
            set(store, subject.key, value, options);
          }};
}

void add_plain(std::vector<State>& all) {
  static const Deadline later =
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + 1h;
  all.push_back({.name = "nothing was ever written",
                 .make = [](Scene& /*scene*/, Store& /*store*/, const Subject& /*subject*/) {}});
  all.push_back(
      {.name = "absent", .make = [](Scene& /*scene*/, Store& store, const Subject& subject) {
         set(store, subject.present, kPresentValue);
         set(store, subject.key, "was here");
         expect_done(store.del(subject.key));
       }});
  all.push_back(with_value("short", "41", {}));
  all.push_back(with_value("long", kOfComments, {}));
  all.push_back(
      with_value("counters", kOfComments, {.layout = Layout::kCounters}, State::For::kDrawers));
  all.push_back(with_value("ipv6", "41", {.layout = Layout::kIpv6}, State::For::kDrawers));
  all.push_back(with_value("short with deadline", "41", {.expire_at = later}));
  all.push_back(with_value("long with deadline", kOfComments, {.expire_at = later}));
  all.push_back({.name = "expired", .make = [](Scene& scene, Store& store, const Subject& subject) {
                   set(store, subject.present, kPresentValue);
                   set(store, subject.key, "41", {.expire_at = now(scene.environment) + 10ms});
                   scene.environment.advance(200ms);
                 }});
}

void add_special(std::vector<State>& all) {
  all.push_back({.name = "lock held by a dead writer",
                 .is_special = true,
                 .make = [](Scene& scene, Store& store, const Subject& subject) {
                   set(store, subject.present, kPresentValue);
                   set(store, subject.key, "41");
                   lock_by_the_dead(scene, subject);
                 }});
  all.push_back({.name = "being read",
                 .is_special = true,
                 .make = [](Scene& scene, Store& store, const Subject& subject) {
                   set(store, subject.present, kPresentValue);
                   set(store, subject.key, scene.is_table() ? "41" : kOfSeveralParts);
                   put_reader(scene, store, subject);
                 }});
  all.push_back({.name = "bucket to be split",
                 .backend = State::For::kTables,
                 .is_special = true,
                 .make = overfill});
  all.push_back({.name = "bucket to be merged",
                 .backend = State::For::kTables,
                 .is_special = true,
                 .make = empty_out});
}

}  // namespace

Store Scene::open() const {
  return open_store({.table = table, .timeout = kFaultTimeout}, environment).value();
}

const std::vector<State>& every_state() {
  static const std::vector<State> all = [] {
    std::vector<State> made;
    add_plain(made);
    add_special(made);
    return made;
  }();
  return all;
}

}  // namespace ipsetkv::tests
