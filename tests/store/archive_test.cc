// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "ipsetkv/store.h"
#include "store/values.h"
#include "support/command.h"
#include "support/private_namespace.h"

namespace ipsetkv::tests {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Values = std::map<std::string, std::pair<std::string, std::optional<Deadline>>>;

/// Saves in one network namespace, enters another one and restores there.
class ArchiveTest : public KernelTest {
 protected:
  static Store open() {
    auto store = Store::open();
    EXPECT_TRUE(store) << store.error().message();
    return *std::move(store);
  }

  static void put(Store& store, const Values& values, Layout layout = Layout::kAuto) {
    for (const auto& [key, entry] : values) {
      SetOptions options;
      options.expire_at = entry.second;
      options.layout = layout;
      const auto done = store.set(key, entry.first, options);
      ASSERT_TRUE(done) << done.error().message();
    }
  }

  static Values values_of(Store& store) {
    Values values;
    const auto keys = store.keys();
    EXPECT_TRUE(keys) << keys.error().message();
    for (const std::string& key : *keys)
      values[key] = {store.get(key)->value_or("gone"),
                     store.deadline(key).value().value().deadline};
    return values;
  }

  static std::string saved(Store& store) {
    std::string text;
    const auto done = store.save([&](std::string_view piece) -> Result<void> {
      text += piece;
      return {};
    });
    EXPECT_TRUE(done) << done.error().message();
    return text;
  }

  static Result<void> restore(Store& store, std::string_view text, RestoreResult& result,
                              IfExists if_exists = IfExists::kFail) {
    return store.restore(
        [&]() -> Result<std::string_view> {
          const std::string_view piece = text.substr(0, 4096);
          text.remove_prefix(piece.size());
          return piece;
        },
        if_exists, result);
  }

  static void expect_restored(Store& store, std::string_view text, std::size_t keys) {
    RestoreResult result;
    const auto done = restore(store, text, result);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(result.restored, keys);
    EXPECT_EQ(result.kept + result.expired + result.foreign, 0U);
  }

  /// The text without timeouts, which are the seconds left when it was saved.
  static std::string without_timeouts(const std::string& text) {
    constexpr std::string_view kOption = " timeout ";
    std::string result;
    for (std::size_t place = 0; place < text.size();) {
      const std::size_t found = std::min(text.find(kOption, place), text.size());
      result.append(text, place, found - place);
      if (found == text.size()) break;
      place = text.find_first_not_of("0123456789", found + kOption.size());
    }
    return result;
  }

  /// Round trips by all four combinations of ipsetkv and ipset, each in a new namespace.
  static void expect_round_trips(const Values& values, Layout layout = Layout::kAuto) {
    std::string ours;
    std::string stock;
    {
      Store store = open();
      put(store, values, layout);
      EXPECT_TRUE(values_of(store) == values);
      ours = saved(store);
    }
    const auto saved_by_stock = run({"ipset", "save"});
    ASSERT_EQ(saved_by_stock.status, 0) << saved_by_stock.errors;
    for (const std::string& text : {ours, saved_by_stock.output}) {
      SCOPED_TRACE(text == ours ? "saved by ipsetkv" : "saved by ipset");
      {
        SCOPED_TRACE("restored by ipsetkv");
        enter_private_namespace();
        Store store = open();
        expect_restored(store, text, values.size());
        EXPECT_TRUE(values_of(store) == values);
        EXPECT_TRUE(without_timeouts(saved(store)) == without_timeouts(ours));
      }
      {
        SCOPED_TRACE("restored by ipset");
        enter_private_namespace();
        const auto restored = run({"ipset", "restore"}, text);
        ASSERT_EQ(restored.status, 0) << restored.errors;
        Store store = open();
        EXPECT_TRUE(values_of(store) == values);
        EXPECT_TRUE(without_timeouts(saved(store)) == without_timeouts(ours));
      }
    }
  }

  static Deadline in(std::chrono::milliseconds life) {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now() + life);
  }
};

std::string every_byte(std::size_t times) {
  std::string bytes;
  for (std::size_t round = 0; round < times; ++round)
    for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

class ArchiveLayoutTest : public ArchiveTest, public testing::WithParamInterface<Layout> {};

std::string layout_name(const testing::TestParamInfo<Layout>& layout) {
  switch (layout.param) {
    case Layout::kAuto:
      return "auto";
    case Layout::kIpv4:
      return "ipv4";
    case Layout::kIpv6:
      return "ipv6";
    case Layout::kComment:
      return "comment";
    case Layout::kCounters:
      return "counters";
  }
  return {};
}
INSTANTIATE_TEST_SUITE_P(All, ArchiveLayoutTest,
                         testing::Values(Layout::kAuto, Layout::kIpv4, Layout::kIpv6,
                                         Layout::kComment, Layout::kCounters),
                         layout_name);

TEST_P(ArchiveLayoutTest, RestoresEveryByte) {
  Values values{{"many", {every_byte(1000), {}}}};
  for (int byte = 0; byte < 256; ++byte) {
    values["one-" + std::to_string(byte)].first = std::string(1, static_cast<char>(byte));
    values["all-" + std::to_string(byte)].first = std::string(300, static_cast<char>(byte));
  }
  for (const auto& [name, value] : awkward_values()) values[name].first = value;
  expect_round_trips(values, GetParam());
}

TEST_P(ArchiveLayoutTest, RestoresDeadlinesToTheMillisecond) {
  expect_round_trips(
      {
          {"minute", {"a", in(1min + 123ms)}},
          {"empty", {"", in(1h + 1ms)}},
          {"long key with a deadline, beyond a name", {"b", in(24h)}},
          {"every byte", {every_byte(20), in(2h + 999ms)}},
          {"years", {"c", in(10 * 365 * 24h)}},
          {"high bytes", {std::string(40, '\xff'), in(1h)}},
          {"ever", {"d", {}}},
      },
      GetParam());
}

TEST_P(ArchiveLayoutTest, RestoresKeysThatCannotBeSetNames) {
  expect_round_trips(
      {
          {every_byte(256), {"notebook", {}}},
          {every_byte(1), {every_byte(3), in(1h)}},
          {"two words", {"", {}}},
          {"two words and a deadline", {"", in(1h)}},
          {"-exist", {"-exist", {}}},
          {std::string(24, '\xff'), {"notebook", {}}},
          {std::string(1, '\0'), {std::string(17, '\0'), {}}},
      },
      GetParam());
}

TEST_F(ArchiveTest, RestoresZerosUnderEveryNameOfIcmp) {
  // The value has one element for each ICMP type and code.
  expect_round_trips({{"zeros", {std::string(kMaxIpv4Bytes, '\0'), {}}}}, Layout::kIpv4);
}

TEST_F(ArchiveTest, RestoresZerosUnderEveryNameOfIcmp6) {
  expect_round_trips({{"zeros", {std::string(kMaxIpv6Bytes, '\0'), {}}}}, Layout::kIpv6);
}

TEST_F(ArchiveTest, RestoresAddressesInAnyAbbreviation) {
  // Each of the eight numbers of an address is zero or not, and some addresses contain IPv4
  // addresses.
  std::string value;
  for (unsigned pattern = 1; pattern < 256; ++pattern)
    for (unsigned number = 0; number < 8; ++number)
      value.append((pattern >> number & 1U) != 0 ? std::string_view("\0b", 2)
                                                 : std::string_view("\0\0", 2));
  for (const std::size_t high : {0U, 2U})
    value +=
        std::string(10, '\0') + std::string(high, '\xff') + std::string(2 - high, '\0') + "abcd";
  expect_round_trips({{"addresses", {value, {}}}}, Layout::kIpv6);
}

TEST_F(ArchiveTest, RestoresAllPorts) {
  std::string value;
  for (std::uint32_t number = 0; value.size() < kMaxCountersBytes; ++number)
    for (const std::uint32_t shift : {0U, 8U, 16U, 24U})
      value += static_cast<char>(number * 2'654'435'761U >> shift & 255U);
  expect_round_trips({{"longest", {value, {}}}}, Layout::kCounters);
}

TEST_F(ArchiveTest, RestoresKeysOfAnyBytesAndLength) {
  Values values;
  for (int byte = 0; byte < 256; ++byte) {
    values[std::string(1, static_cast<char>(byte))] = {std::to_string(byte), {}};
    values["-" + std::string(1, static_cast<char>(byte)) + " "] = {std::to_string(byte), {}};
  }
  values["#"] = {"no comment", {}};
  values["timeout"] = {"no option either", {}};
  values[std::string(31, 'k')] = {"", {}};
  values[std::string(32, 'k')] = {"", {}};
  values[every_byte(256)] = {every_byte(2), {}};
  expect_round_trips(values);
}

TEST_F(ArchiveTest, RestoresKeysThatLookLikeOptionsOfTheStockTool) {
  expect_round_trips(
      {{"-exist", {"a", {}}}, {"-!", {"b", in(1h)}}, {"--", {"c", {}}}, {"-f", {"d", {}}}});
}

TEST_F(ArchiveTest, RestoresMebibytes) {
  std::string value;
  for (std::uint32_t number = 0; value.size() < std::size_t{3} * 1024 * 1024; ++number)
    value.append(std::to_string(number * 2654435761U)) += number % 7 == 0 ? '\n' : '\t';
  expect_round_trips({{"large", {value, in(1h)}}, {"large for ever", {value, {}}}});
}

TEST_F(ArchiveTest, LetsTheKernelExpireARestoredValue) {
  {
    Store store = open();
    put(store, {{"short", {"a", in(2s)}}});
    const std::string text = saved(store);
    enter_private_namespace();
    Store other = open();
    expect_restored(other, text, 1);
  }
  EXPECT_THAT(run({"ipset", "list", "short"}).output, HasSubstr(",tcp:0 timeout "));
  std::this_thread::sleep_for(4s);
  EXPECT_THAT(run({"ipset", "list", "short"}).output, Not(HasSubstr(",tcp:0 timeout ")));
}

TEST_F(ArchiveTest, RecognisesAnExpiredValueOfSeveralChunks) {
  Store store = open();
  put(store, {{"short", {"notebook", in(200ms)}}});
  std::this_thread::sleep_for(3s);
  const std::string stock = run({"ipset", "save"}).output;
  ASSERT_THAT(stock, HasSubstr("add short 98.111.111.107,tcp:1 "));
  ASSERT_THAT(stock, Not(HasSubstr(",tcp:0")));
  EXPECT_THAT(saved(store), Not(HasSubstr("short")));
  RestoreResult result;
  const auto done = restore(store, stock, result);
  EXPECT_TRUE(done) << done.error().message();
  EXPECT_EQ(result.expired, 1U);
  const auto got = store.get("short");
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_FALSE(*got);
}

TEST_F(ArchiveTest, SkipsKeysThatHaveExpired) {
  Store store = open();
  put(store, {{"ever", {"a", {}}}, {"short", {"b", in(300ms)}}, {"short two", {"", in(300ms)}}});
  const std::string text = saved(store);
  const std::string stock = run({"ipset", "save"}).output;
  std::this_thread::sleep_for(400ms);
  for (const std::string& saved_text : {text, stock}) {
    enter_private_namespace();
    Store other = open();
    RestoreResult result;
    ASSERT_TRUE(restore(other, saved_text, result));
    EXPECT_EQ(result.restored, 1U);
    EXPECT_EQ(result.expired, 2U);
    EXPECT_EQ(values_of(other).size(), 1U);
  }
  // An expired key is not saved either.
  EXPECT_THAT(saved(store), Not(HasSubstr("short")));
  EXPECT_THAT(saved(store), HasSubstr("\n# ipsetkv end 1\n"));
}

TEST_F(ArchiveTest, SavesOnlyValues) {
  Store store = open();
  put(store, {{"drawer", {"notebook", {}}}});
  ASSERT_EQ(run({"ipset", "restore"},
                "create net hash:net\nadd net 10.0.0.0/8\n"
                "create web hash:ip,port\nadd web 192.0.2.1,tcp:80\n"
                "create members list:set\nadd members net\n"
                "create ~wait-1 hash:ip,port\ncreate ~4711 hash:ip,port\n")
                .status,
            0);
  // A compound write creates a lock, which must not be saved.
  ASSERT_TRUE(store.append("drawer", "s"));
  const std::string all = run({"ipset", "save"}).output;
  ASSERT_THAT(all, HasSubstr("~lock-"));

  const std::string text = saved(store);
  EXPECT_EQ(text,
            "# ipsetkv archive 1\n"
            "create drawer hash:ip,port family inet hashsize 64 maxelem 65536\n"
            "add drawer 98.111.111.107,tcp:1\n"
            "add drawer 115.0.0.0,tcp:2\n"
            "add drawer 110.111.116.101,tcp:0\n"
            "# ipsetkv elements 3\n"
            "# ipsetkv end 1\n");
  EXPECT_EQ(run({"ipset", "save"}).output, all);

  enter_private_namespace();
  Store other = open();
  RestoreResult result;
  ASSERT_TRUE(restore(other, all, result));
  EXPECT_EQ(result.restored, 1U);
  EXPECT_EQ(result.foreign, 3U);
  EXPECT_EQ(*other.keys(), std::vector<std::string>{"drawer"});
}

TEST_F(ArchiveTest, StopsAtAnExistingKeyByDefault) {
  Store store = open();
  put(store, {{"a", {"1", {}}}, {"b", {"2", in(1h)}}, {"c", {"3", {}}}});
  const std::string text = saved(store);

  enter_private_namespace();
  Store other = open();
  put(other, {{"b", {"old", {}}}});
  RestoreResult result;
  const auto stopped = restore(other, text, result);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kKeyExists);
  EXPECT_STREQ(stopped.error().subject.data(), "b");
  EXPECT_EQ(result.restored, 1U);
  EXPECT_EQ(*other.get("a"), "1");
  EXPECT_EQ(*other.get("b"), "old");
  EXPECT_FALSE(*other.exists("c"));

  ASSERT_TRUE(restore(other, text, result, IfExists::kKeep));
  EXPECT_EQ(result.restored, 1U);
  EXPECT_EQ(result.kept, 2U);
  EXPECT_EQ(*other.get("b"), "old");

  ASSERT_TRUE(restore(other, text, result, IfExists::kReplace));
  EXPECT_EQ(result.restored, 3U);
  EXPECT_TRUE(values_of(other) == values_of(store));
}

TEST_F(ArchiveTest, LeavesAForeignSetOfTheSameNameAlone) {
  Store store = open();
  put(store, {{"a", {"1", {}}}, {"net", {"2", {}}}});
  const std::string text = saved(store);
  enter_private_namespace();
  ASSERT_EQ(run({"ipset", "restore"}, "create net hash:net\nadd net 10.0.0.0/8\n").status, 0);
  const std::string before = run({"ipset", "save", "net"}).output;
  Store other = open();
  for (const IfExists how : {IfExists::kReplace, IfExists::kKeep}) {
    RestoreResult result;
    const auto done = restore(other, text, result, how);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::kNotAValue);
    EXPECT_STREQ(done.error().subject.data(), "net");
  }
  EXPECT_EQ(run({"ipset", "save", "net"}).output, before);
}

TEST_F(ArchiveTest, WritesNothingOfAnIncompleteKey) {
  Store store = open();
  put(store, {{"a", {"1", {}}}, {"b", {every_byte(4), {}}}});
  std::string text = saved(store);
  const std::size_t place = text.rfind("comment \"");
  ASSERT_NE(place, std::string::npos);
  text.replace(place, 9, "remark \"");
  enter_private_namespace();
  Store other = open();
  RestoreResult result;
  const auto done = restore(other, text, result);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kBadLine);
  EXPECT_EQ(*other.keys(), std::vector<std::string>{"a"});
}

TEST_F(ArchiveTest, ReturnsTheErrorsOfReadAndWrite) {
  Store store = open();
  put(store, {{"a", {"1", {}}}});
  const Error error{.code = ErrorCode::kSystemCall, .step = Step::kWrite, .kernel_code = 28};
  const auto done =
      store.save([&](std::string_view) -> Result<void> { return tl::unexpected(error); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kernel_code, 28);
  RestoreResult result;
  const auto read = store.restore(
      [&]() -> Result<std::string_view> { return tl::unexpected(error); }, IfExists::kFail, result);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kernel_code, 28);
}

}  // namespace
}  // namespace ipsetkv::tests
