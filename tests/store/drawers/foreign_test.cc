// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipsetkv/store.h"
#include "store/forms.h"
#include "store/store_fixture.h"

namespace ipsetkv::tests {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using ForeignSetTest = StoreTest;

/// A set that is no value: how it is created, and what is in it.
struct ForeignSet {
  std::string type;
  std::vector<std::string> elements;
};

/// One of every other type.
std::vector<ForeignSet> other_types() {
  return {
      {"bitmap:ip range 192.0.2.0/24", {"192.0.2.1"}},
      {"bitmap:ip,mac range 192.0.2.0/24", {"192.0.2.1,02:00:00:00:00:01"}},
      {"bitmap:port range 0-1023", {"0", "1"}},
      {"hash:ip", {"192.0.2.1"}},
      {"hash:ip family inet6", {"2001:db8::1"}},
      {"hash:mac", {"02:00:00:00:00:01"}},
      {"hash:ip,mac", {"192.0.2.1,02:00:00:00:00:01"}},
      {"hash:ip,mark", {"192.0.2.1,0"}},
      {"hash:net", {"192.0.2.0/24"}},
      {"hash:net,net", {"192.0.2.0/24,198.51.100.0/24"}},
      {"hash:net,port", {"192.0.2.1,tcp:0"}},
      {"hash:net,iface", {"192.0.2.0/24,lo"}},
      {"hash:ip,port,ip", {"192.0.2.1,tcp:0,192.0.2.2"}},
      {"hash:ip,port,net", {"192.0.2.1,tcp:0,198.51.100.0/24"}},
      {"hash:net,port,net", {"192.0.2.0/24,tcp:0,198.51.100.0/24"}},
      {"list:set", {}},
      // Of the type that a layout has, but each with something that no value has.
      {"bitmap:port range 0-3 counters", {}},
      {"bitmap:port range 0-3 counters", {"0", "1", "3"}},
      {"bitmap:port range 0-3", {"0", "1", "2", "3"}},
      {"bitmap:port range 0-3 counters comment", {"0", "1", "2", "3"}},
      {"bitmap:port range 16-17 counters", {"16", "17"}},
      {"bitmap:port range 17-18 counters", {"17", "18"}},
      {"bitmap:port range 0-3 counters timeout 0", {}},
      {"bitmap:port range 0-3 counters timeout 0", {"0", "1", "2", "3"}},
      {"bitmap:port range 80-80 counters", {"80 packets 5 bytes 300"}},
  };
}

/// Of the type that values have, but each with something that no value has.
std::vector<ForeignSet> undecodable_sets() {
  const std::string type = "hash:ip,port";
  return {
      // A firewall's.
      {type, {"192.0.2.1,tcp:80"}},
      {type, {"192.0.2.1,tcp:80", "192.0.2.1,tcp:443", "192.0.2.2,udp:53"}},
      // Ports that don't count from zero, with a gap, or twice.
      {type, {"97.98.99.100,tcp:1"}},
      {type, {"97.98.99.100,tcp:0", "97.98.99.100,tcp:2"}},
      {type, {"97.98.99.100,tcp:0", "97.98.99.101,tcp:0"}},
      {type, {"97.98.99.100,tcp:0", "97.98.99.100,sctp:0"}},
      {type, {"97.98.99.100,tcp:0", "97.98.99.100,tcp:65535"}},
      // Protocols of no value.
      {type, {"97.98.99.100,udp:0"}},
      {type, {"97.98.99.100,tcp:0", "97.98.99.100,udp:1"}},
      {type, {"97.98.99.100,esp:0"}},
      {type, {"97.98.99.100,icmp:0/0"}},
      {type, {"0.0.0.2,icmp:0/0"}},
      // An end that is not at the end, or that says what cannot be.
      {type, {"97.98.99.0,sctp:0", "97.98.99.100,tcp:1"}},
      {type, {"97.98.99.4,sctp:0"}},
      {type, {"97.98.99.1,sctp:0"}},
      {type, {"97.98.0.1,sctp:0", "97.98.0.1,sctp:1"}},
      {type, {"97.98.0.3,sctp:0"}},
      {type, {"0.97.0.3,sctp:0"}},
      {type, {"97.98.99.3,sctp:0"}},
      {type, {"97.98.99.255,sctp:0"}},
      // Another family, and options that values don't have, with elements that would make one.
      {type + " family inet6", {}},
      {type + " family inet6", {"2001:db8::1,tcp:80"}},
      {type + " family inet6", {"::2,icmpv6:0/0"}},
      {type + " comment", {}},
      {type + " comment", {"97.98.99.100,tcp:0"}},
      {type + " netmask 24", {}},
      {type + " netmask 24", {"97.98.99.0,tcp:0"}},
      {type + " bitmask 255.255.0.0", {"97.98.0.0,tcp:0"}},
      // Empty, and options say that somebody has plans for it.
      {type + " timeout 60", {}},
      {type + " timeout 0", {}},
      {type + " counters", {}},
      {type + " skbinfo", {}},
      {type + " forceadd", {}},
  };
}

/// Not every kernel has every type and option.
bool kernel_has(const std::string& type) {
  static std::map<std::string, bool> known;
  const auto [entry, is_new] = known.emplace(type, false);
  if (is_new)
    entry->second =
        run({"ipset", "restore"}, "create probe " + type + "\ndestroy probe\n").status == 0;
  return entry->second;
}

/// All of them that the kernel has. At least those must be there that every firewall uses.
std::vector<ForeignSet> foreign_sets() {
  std::vector<ForeignSet> all = other_types();
  for (const ForeignSet& set : undecodable_sets()) all.push_back(set);
  std::erase_if(all, [](const ForeignSet& set) { return !kernel_has(set.type); });
  for (const std::string needed : {"hash:ip", "hash:net", "hash:ip,port", "hash:ip,port comment"})
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const auto& set) {
      return set.type == needed;
    })) << needed;
  // Parts of a dump that come behind the first one must be looked at as well.
  ForeignSet many{"hash:ip,port", {}};
  for (int port = 0; port < 2'000; ++port)
    many.elements.push_back("97.98.99.100,tcp:" + std::to_string(port == 1'999 ? 9'999 : port));
  all.push_back(many);
  return all;
}

std::string trace_of(const ForeignSet& set) {
  return set.type + (set.elements.empty() ? "" : ": " + set.elements.front());
}

void create(const std::string& name, const ForeignSet& set) {
  std::string commands = "create " + name + " " + set.type + "\n";
  for (const std::string& element : set.elements) commands += "add " + name + " " + element + "\n";
  ipset("restore", commands);
}

void expect_foreign(const Error& error, std::string_view key) {
  EXPECT_EQ(static_cast<int>(error.code), static_cast<int>(ErrorCode::kNotAValue))
      << error.message();
  EXPECT_EQ(error.category(), ErrorCategory::kForeign);
  EXPECT_EQ(std::string_view(error.subject.data()), key);
}

template <class T>
void expect_foreign(const Result<T>& result, std::string_view key) {
  ASSERT_FALSE(result) << "no error";
  expect_foreign(result.error(), key);
}

void expect_not_set(Store& store, const std::string& name) {
  for (const NamedLayout& layout : kEveryLayout)
    for (const auto condition :
         {SetOptions::If::kAlways, SetOptions::If::kAbsent, SetOptions::If::kPresent})
      for (const bool flag : {false, true}) {
        const auto life = std::chrono::hours(flag ? 1 : -1);
        const SetOptions plain{.condition = condition, .layout = layout.layout};
        const SetOptions keeping{.condition = condition,
                                 .keep_deadline = true,
                                 .return_old = flag,
                                 .layout = layout.layout};
        const SetOptions expiring{.condition = condition,
                                  .expire_at = deadline_in(life),
                                  .return_old = flag,
                                  .layout = layout.layout};
        for (const SetOptions& options : {plain, keeping, expiring})
          expect_foreign(store.set(name, "x", options), name);
      }
}

void expect_not_changed(Store& store, const std::string& name) {
  for (const auto life : {std::chrono::hours(1), std::chrono::hours(-1)})
    for (const auto condition : {ExpireIf::kAlways, ExpireIf::kHasNone, ExpireIf::kHasOne,
                                 ExpireIf::kLater, ExpireIf::kEarlier})
      expect_foreign(store.expire(name, deadline_in(life), condition), name);
  expect_foreign(store.persist(name), name);
  expect_foreign(store.compare_and_set(name, "", "x"), name);
  expect_foreign(store.increment(name), name);
  for (const std::string& part : {std::string("x"), std::string(), std::string(20'000, 'x')}) {
    expect_foreign(store.append(name, part), name);
    expect_foreign(store.set_range(name, 0, part), name);
  }
  expect_foreign(store.del(name), name);
}

/// Neither where it is to be moved or copied from, nor where to.
void expect_not_moved(Store& store, const std::string& name) {
  expect_set(store, "a value", "stays");
  for (const bool flag : {false, true}) {
    expect_foreign(store.rename(name, "none", flag), name);
    expect_foreign(store.copy(name, "none", flag), name);
    expect_foreign(store.rename("a value", name, flag), name);
    expect_foreign(store.copy("a value", name, flag), name);
    expect_foreign(store.rename(name, "a value", flag), name);
    expect_foreign(store.copy(name, "a value", flag), name);
    expect_foreign(store.rename(name, name, flag), name);
    expect_foreign(store.copy(name, name, flag), name);
  }
  expect_missing(store, "none");
  expect_value(store, "a value", "stays");
  EXPECT_TRUE(store.del("a value").value());
}

/// Not by text that has a value of this name.
void expect_not_restored(Store& store, const std::string& name) {
  const std::string text =
      "create " + name + " hash:ip,port\nadd " + name + " 97.98.99.100,tcp:0\n";
  for (const IfExists if_exists : {IfExists::kFail, IfExists::kReplace, IfExists::kKeep}) {
    std::string_view rest = text;
    RestoreResult result;
    const auto read = [&]() -> Result<std::string_view> { return std::exchange(rest, {}); };
    expect_foreign(store.restore(read, if_exists, result), name);
    EXPECT_EQ(result.restored + result.kept, 0U);
  }
}

/// Asks a store for something about a foreign set, and sees that the set is what it was.
void expect_left_alone(Store& store, const std::string& name) {
  const std::string before = ipset("save " + name);
  std::string value = "what was there before";
  expect_foreign(store.get(name, value), name);
  EXPECT_EQ(value, "");
  expect_foreign(store.get(name), name);
  for (const std::string& attempt : {std::string("x"), std::string(), std::string(20'000, 'x')})
    expect_foreign(store.set(name, attempt), name);
  expect_foreign(store.del(name), name);
  expect_foreign(store.info(name), name);
  EXPECT_FALSE(store.exists(name).value());
  EXPECT_EQ(ipset("save " + name), before);
}

TEST_F(ForeignSetTest, IsNeverChangedAndNeverListed) {
  const auto sets = foreign_sets();
  for (std::size_t number = 0; number < sets.size(); ++number)
    create("foreign" + std::to_string(number), sets[number]);
  const std::string before = saved_sets();
  {
    Store store = open();
    for (std::size_t number = 0; number < sets.size(); ++number) {
      SCOPED_TRACE(trace_of(sets[number]));
      expect_left_alone(store, "foreign" + std::to_string(number));
    }
    EXPECT_THAT(store.keys().value(), IsEmpty());
    EXPECT_EQ(saved_sets(), before);
  }
  EXPECT_EQ(saved_sets(), before);
}

TEST_F(ForeignSetTest, IsLeftAloneByEveryCallAboutIt) {
  const auto sets = foreign_sets();
  Store store = open();
  for (const ForeignSet& set : sets) {
    SCOPED_TRACE(trace_of(set));
    create("foreign", set);
    const std::string before = ipset("save foreign");
    expect_foreign(store.deadline("foreign"), "foreign");
    expect_foreign(store.get_range("foreign", 0, -1), "foreign");
    expect_not_set(store, "foreign");
    expect_not_changed(store, "foreign");
    expect_not_moved(store, "foreign");
    expect_not_restored(store, "foreign");
    EXPECT_EQ(ipset("save foreign"), before);
    ipset("destroy foreign");
  }
}

TEST_F(ForeignSetTest, IsLeftAloneByEveryCallAboutAllKeys) {
  const auto sets = foreign_sets();
  for (std::size_t number = 0; number < sets.size(); ++number)
    create("foreign" + std::to_string(number), sets[number]);
  const std::string before = ipset("save");
  Store store = open();
  EXPECT_THAT(store.keys().value(), IsEmpty());
  EXPECT_THAT(store.scan(0, "*", 1'000).value().keys, IsEmpty());
  EXPECT_TRUE(store.for_each("*", [&](const KeyInfo& info) { ADD_FAILURE() << info.key; }));
  EXPECT_EQ(store.save([](std::string_view) { return Result<void>(); }).value(), 0U);
  const auto swept = store.sweep().value();
  EXPECT_EQ(swept.expired + swept.leftovers, 0U);
  EXPECT_EQ(ipset("save"), before);
}

TEST_F(ForeignSetTest, IsLeftAloneByAStoreThatWritesBesideIt) {
  const auto sets = foreign_sets();
  Store store = open();
  expect_set(store, "drawer", "notebook");
  for (std::size_t number = 0; number < sets.size(); ++number) {
    SCOPED_TRACE(trace_of(sets[number]));
    const std::string name = "foreign" + std::to_string(number);
    create(name, sets[number]);
    expect_set(store, "drawer", "pencil");
    expect_left_alone(store, name);
    expect_set(store, "drawer", "rubber");
    expect_value(store, "drawer", "rubber");
  }
  EXPECT_THAT(store.keys().value(), ElementsAre("drawer"));
}

TEST_F(ForeignSetTest, IsPutBackWhereItCameRightBehindOurOwnWrite) {
  Store store = open();
  for (const ForeignSet& set : foreign_sets()) {
    for (const std::string ours : {"notebook", ""}) {
      SCOPED_TRACE(trace_of(set) + (ours.empty() ? ", after the empty value" : ""));
      expect_set(store, "drawer", ours);
      ipset("destroy drawer");
      create("drawer", set);
      const std::string before = ipset("save drawer");
      expect_foreign(store.set("drawer", "pencil"), "drawer");
      EXPECT_EQ(ipset("save drawer"), before);
      expect_left_alone(store, "drawer");
      ipset("destroy drawer");
      expect_set(store, "drawer", "rubber");
      expect_value(store, "drawer", "rubber");
      EXPECT_TRUE(store.del("drawer").value());
    }
  }
}

TEST_F(ForeignSetTest, IsNotDeletedWhereItCameRightBehindOurOwnWrite) {
  Store store = open();
  for (const ForeignSet& set : foreign_sets()) {
    SCOPED_TRACE(trace_of(set));
    expect_set(store, "drawer", "notebook");
    ipset("destroy drawer");
    create("drawer", set);
    const std::string before = ipset("save drawer");
    expect_foreign(store.del("drawer"), "drawer");
    EXPECT_EQ(ipset("save drawer"), before);
    ipset("destroy drawer");
  }
}

TEST_F(ForeignSetTest, IsAValueAgainOnceItsElementsMakeOne) {
  Store store = open();
  create("drawer", {"hash:ip,port", {"97.98.99.100,tcp:1"}});
  expect_foreign(store.get("drawer"), "drawer");
  ipset("add drawer 97.98.99.100,tcp:0");
  expect_value(store, "drawer", "abcdabcd");
  expect_set(store, "drawer", "efgh");
  expect_value(store, "drawer", "efgh");
}

TEST_F(ForeignSetTest, IsLeftAloneEvenWithANameLikeTheStoresOwn) {
  for (const char* name : {"~1", "~", "~name", "~4294967295"})
    create(name, {"hash:ip,port", {"110.111.116.101,tcp:0"}});
  const std::string before = saved_sets();
  {
    Store store = open();
    expect_set(store, "drawer", "notebook");
    expect_set(store, "drawer", "pencil");
    EXPECT_THAT(store.keys().value(), ElementsAre("drawer"));
    EXPECT_TRUE(store.del("drawer").value());
  }
  EXPECT_EQ(saved_sets(), before);
}

TEST_F(ForeignSetTest, MayHaveANameThatIsNoKey) {
  ASSERT_EQ(run({"ipset", "create", "two words", "hash:ip,port"}).status, 0);
  Store store = open();
  expect_set(store, "drawer", "notebook");
  EXPECT_THAT(store.keys().value(), ElementsAre("drawer"));
  EXPECT_EQ(run({"ipset", "list", "-t", "two words"}).status, 0);
}

}  // namespace
}  // namespace ipsetkv::tests
