// SPDX-License-Identifier: MIT
// The commands, as the real kernel carries them out.

#include <gmock/gmock.h>
#include <linux/netfilter/ipset/ip_set_hash.h>
#include <netinet/in.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ipset/kernel_fixture.h"
#include "support/capabilities.h"

namespace ipsetkv::ipset {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Address address(const char* text) { return Address::parse(text).value(); }

/// One of many elements of a hash:ip,port set.
Element numbered(std::size_t number) {
  return {.ip = address("192.0.2.1"),
          .port = static_cast<std::uint16_t>(number),
          .protocol = IPPROTO_TCP};
}

/// An `add` of elements that are all in the set already, with the line `count` + 1.
void add_lines(Batch& batch, std::size_t elements, std::size_t count) {
  Element element = numbered(0);
  element.line = static_cast<std::uint32_t>(count + 1);
  batch.begin_add("s");
  for (std::size_t number = 0; number < elements; ++number) EXPECT_TRUE(batch.append(element));
  batch.end_elements();
}

/// Whether it is the error of this code and step that names the set.
testing::Matcher<const Error&> is_error(ErrorCode code, Step step, const char* subject) {
  return testing::AllOf(
      testing::Field(&Error::code, code), testing::Field(&Error::step, step),
      testing::ResultOf([](const Error& error) { return std::string(error.subject.data()); },
                        subject));
}

class Kernel : public KernelIpsetTest {
 protected:
  /// Adds the elements with the ports below `count` to a set.
  void fill(std::string_view name, std::size_t count) {
    std::size_t next = 0;
    while (next < count) {
      execute_ok([&](Batch& batch) {
        batch.begin_add(name);
        while (next < count && batch.append(numbered(next))) ++next;
        batch.end_elements();
      });
      if (HasFailure()) return;
    }
  }

  std::vector<std::uint16_t> ports(std::string_view name) {
    std::vector<std::uint16_t> all;
    for (const Element& element : listed_one(name).elements) all.push_back(element.port.value());
    std::sort(all.begin(), all.end());
    return all;
  }
};

TEST_F(Kernel, SpeaksTheNewestProtocolThatBothKnow) {
  EXPECT_GE(kernel().protocol(), kProtocolOldest);
  EXPECT_LE(kernel().protocol(), kProtocolNewest);
  EXPECT_NE(kernel().port_id(), 0U);
  EXPECT_NE(connect()->port_id(), kernel().port_id());
}

TEST_F(Kernel, RejectsProcessesWithoutTheCapability) {
  std::optional<Error> error;
  tests::without_capabilities([&] {
    const auto opened = Connection::open(std::chrono::seconds(10));
    if (!opened) error = opened.error();
  });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::kNotPermitted);
}

TEST_F(Kernel, HasNoSetsInANewNamespace) { EXPECT_THAT(names(), IsEmpty()); }

TEST_F(Kernel, CreatesASetOnce) {
  const auto create_ip = [](Existing existing) {
    return
        [=](Batch& batch) { batch.create("s", SetType::kHashIp, Family::kInet, 0, {}, existing); };
  };
  execute_ok(create_ip(Existing::kFail));
  EXPECT_THAT(failure_of(create_ip(Existing::kFail)),
              is_error(ErrorCode::kSetExists, Step::kCreate, "s"));
  execute_ok(create_ip(Existing::kAccept));
  EXPECT_THAT(failure_of([](Batch& batch) {
                batch.create("s", SetType::kBitmapPort, Family::kUnspecified, 0,
                             {.port_from = 0, .port_to = 9}, Existing::kAccept);
              }),
              is_error(ErrorCode::kSetExists, Step::kCreate, "s"));
  EXPECT_THAT(names(), ElementsAre("s"));
}

TEST_F(Kernel, DestroysASetOrAllOfThem) {
  for (const char* const name : {"a", "b", "c"}) create(name);
  execute_ok([](Batch& batch) { batch.destroy("b"); });
  EXPECT_THAT(names(), ElementsAre("a", "c"));
  EXPECT_THAT(failure_of([](Batch& batch) { batch.destroy("b"); }),
              is_error(ErrorCode::kNoSuchSet, Step::kDestroy, "b"));
  execute_ok([](Batch& batch) { batch.destroy_all(); });
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Kernel, DestroysNoSetThatAListRefersTo) {
  create("member");
  execute_ok([](Batch& batch) {
    batch.create("l", SetType::kListSet, Family::kUnspecified, 0, {});
    batch.add("l", {.set = "member"});
  });
  EXPECT_THAT(failure_of([](Batch& batch) { batch.destroy("member"); }),
              is_error(ErrorCode::kReferenced, Step::kDestroy, "member"));
  EXPECT_THAT(failure_of([](Batch& batch) { batch.rename("member", "other"); }),
              is_error(ErrorCode::kReferenced, Step::kRename, "member"));
  EXPECT_THAT(names(), ElementsAre("l", "member"));
}

TEST_F(Kernel, FlushesASetOrAllOfThem) {
  for (const char* const name : {"a", "b", "c"}) {
    create(name);
    fill(name, 3);
  }
  execute_ok([](Batch& batch) { batch.flush("a"); });
  EXPECT_THAT(ports("a"), IsEmpty());
  EXPECT_THAT(ports("b"), ElementsAre(0, 1, 2));
  execute_ok([](Batch& batch) { batch.flush_all(); });
  EXPECT_THAT(ports("b"), IsEmpty());
  EXPECT_THAT(ports("c"), IsEmpty());
  EXPECT_THAT(failure_of([](Batch& batch) { batch.flush("d"); }),
              is_error(ErrorCode::kNoSuchSet, Step::kFlush, "d"));
}

TEST_F(Kernel, RenamesASetToANameThatIsFree) {
  create("a");
  create("b");
  fill("a", 1);
  EXPECT_THAT(failure_of([](Batch& batch) { batch.rename("a", "b"); }),
              is_error(ErrorCode::kSetExists, Step::kRename, "a"));
  EXPECT_THAT(failure_of([](Batch& batch) { batch.rename("c", "d"); }),
              is_error(ErrorCode::kNoSuchSet, Step::kRename, "c"));
  execute_ok([](Batch& batch) { batch.rename("a", "c"); });
  EXPECT_THAT(names(), ElementsAre("b", "c"));
  EXPECT_THAT(ports("c"), ElementsAre(0));
}

TEST_F(Kernel, SwapsTwoSetsOfOneType) {
  create("a");
  create("b");
  create("other", SetType::kHashIp);
  fill("a", 2);
  execute_ok([](Batch& batch) { batch.swap("a", "b"); });
  EXPECT_THAT(ports("a"), IsEmpty());
  EXPECT_THAT(ports("b"), ElementsAre(0, 1));
  EXPECT_THAT(failure_of([](Batch& batch) { batch.swap("a", "none"); }),
              is_error(ErrorCode::kNoSuchSet, Step::kSwap, "a"));
  EXPECT_THAT(failure_of([](Batch& batch) { batch.swap("none", "a"); }),
              is_error(ErrorCode::kNoSuchSet, Step::kSwap, "none"));
  EXPECT_THAT(failure_of([](Batch& batch) { batch.swap("a", "other"); }),
              is_error(ErrorCode::kNotAValue, Step::kSwap, "a"));
}

TEST_F(Kernel, AddsAndDeletesAnElementOnceWithoutExist) {
  create("s");
  execute_ok([](Batch& batch) { batch.add("s", numbered(1)); });
  EXPECT_EQ(failure_of([](Batch& batch) { batch.add("s", numbered(1)); }).kernel_code,
            IPSET_ERR_EXIST);
  execute_ok([](Batch& batch) { batch.add("s", numbered(1), Existing::kAccept); });
  EXPECT_EQ(failure_of([](Batch& batch) { batch.del("s", numbered(2)); }).kernel_code,
            IPSET_ERR_EXIST);
  execute_ok([](Batch& batch) { batch.del("s", numbered(2), Existing::kAccept); });
  EXPECT_THAT(ports("s"), ElementsAre(1));
}

TEST_F(Kernel, ReplacesAnElementsExtensionsWithExist) {
  create("s", SetType::kHashIp, {.timeout = 0, .counters = true, .comment = true});
  const Element before{
      .ip = address("192.0.2.1"), .timeout = 0, .packets = 1, .bytes = 2, .comment = "before"};
  const Element after{
      .ip = address("192.0.2.1"), .timeout = 0, .packets = 3, .bytes = 4, .comment = "after"};
  execute_ok([&](Batch& batch) { batch.add("s", before); });
  EXPECT_THAT(listed_one("s").elements, ElementsAre(before));
  execute_ok([&](Batch& batch) { batch.add("s", after, Existing::kAccept); });
  EXPECT_THAT(listed_one("s").elements, ElementsAre(after));
}

TEST_F(Kernel, RejectsAnElementInAFullSet) {
  create("s", SetType::kHashIpPort, {.maxelem = 2});
  fill("s", 2);
  const Error error = failure_of([](Batch& batch) { batch.add("s", numbered(2)); });
  EXPECT_EQ(error.kernel_code, IPSET_ERR_HASH_FULL);
  EXPECT_EQ(error.step, Step::kAdd);
  EXPECT_THAT(ports("s"), ElementsAre(0, 1));
}

TEST_F(Kernel, TestsForAnElement) {
  create("s");
  fill("s", 1);
  EXPECT_EQ(kernel().test("s", numbered(0)), true);
  EXPECT_EQ(kernel().test("s", numbered(1)), false);
  const auto missing = kernel().test("none", numbered(0));
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error(), is_error(ErrorCode::kNoSuchSet, Step::kTest, "none"));
}

TEST_F(Kernel, ShowsTheHeaderOfASet) {
  create("s");
  const auto header = kernel().header("s");
  ASSERT_TRUE(header);
  ASSERT_TRUE(*header);
  EXPECT_EQ((*header)->name, SetName("s"));
  EXPECT_EQ((*header)->type, SetType::kHashIpPort);
  EXPECT_EQ((*header)->family, Family::kInet);
  EXPECT_EQ((*header)->revision, kernel().type(SetType::kHashIpPort, Family::kInet)->lowest);
}

TEST_F(Kernel, ShowsNoHeaderOfAMissingSet) {
  const auto header = kernel().header("none");
  ASSERT_TRUE(header) << header.error().message();
  EXPECT_FALSE(*header);
}

TEST_F(Kernel, ListsNamesHeadersOrElements) {
  create("a");
  create("b", SetType::kHashIp);
  fill("a", 3);
  EXPECT_THAT(names(), ElementsAre("a", "b"));
  const auto headers = listed({}, ListMode::kHeaders);
  ASSERT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers[0].header.type, SetType::kHashIpPort);
  EXPECT_EQ(headers[0].header.elements, 3U);
  EXPECT_THAT(headers[0].elements, IsEmpty());
  EXPECT_EQ(headers[1].header.type, SetType::kHashIp);
  EXPECT_EQ(headers[1].header.elements, 0U);
  EXPECT_EQ(listed("a", ListMode::kHeaders).size(), 1U);
  EXPECT_THAT(listed("a")[0].elements, UnorderedElementsAre(numbered(0), numbered(1), numbered(2)));
}

TEST_F(Kernel, ListsNoMissingSet) {
  create("s");
  for (const ListMode mode : {ListMode::kNames, ListMode::kHeaders, ListMode::kElements}) {
    auto listing = kernel().list("none", mode);
    ASSERT_TRUE(listing);
    const auto set = listing->next_set();
    ASSERT_FALSE(set);
    EXPECT_THAT(set.error(), is_error(ErrorCode::kNoSuchSet, Step::kList, "none"));
  }
}

TEST_F(Kernel, ListsManySetsAtOnce) {
  // More than the kernel has room for at the beginning, and than one part of a dump holds.
  constexpr int kCount = 300;
  std::vector<std::string> expected;
  for (int number = 0; number < kCount; ++number) {
    expected.push_back("set-" + std::to_string(1000 + number));
    create(expected.back());
    fill(expected.back(), static_cast<std::size_t>(number % 4));
  }
  EXPECT_EQ(names(), expected);
  const auto sets = listed();
  ASSERT_EQ(sets.size(), expected.size());
  for (std::size_t number = 0; number < sets.size(); ++number) {
    EXPECT_EQ(sets[number].header.name, SetName(expected[number]));
    EXPECT_EQ(sets[number].header.elements, number % 4);
    EXPECT_EQ(sets[number].elements.size(), number % 4);
  }
}

TEST_F(Kernel, ListsASetInManyParts) {
  constexpr std::size_t kCount = 5000;
  create("a");
  create("b");
  fill("a", kCount);
  fill("b", 3);
  const auto all = ports("a");
  ASSERT_EQ(all.size(), kCount);
  for (std::size_t number = 0; number < kCount; ++number) ASSERT_EQ(all[number], number);
  const auto sets = listed();
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_EQ(sets[0].elements.size(), kCount);
  EXPECT_EQ(sets[1].elements.size(), 3U);
}

TEST_F(Kernel, SkipsElementsThatAreNotRead) {
  for (const char* const name : {"a", "b", "c"}) {
    create(name);
    fill(name, 2000);
  }
  auto listing = kernel().list({}, ListMode::kElements);
  ASSERT_TRUE(listing);
  std::vector<std::string> seen;
  for (;;) {
    const auto set = listing->next_set();
    ASSERT_TRUE(set) << set.error().message();
    if (*set == nullptr) break;
    seen.emplace_back((*set)->name.view());
    ASSERT_TRUE(listing->next_element());
  }
  EXPECT_THAT(seen, UnorderedElementsAre("a", "b", "c"));
}

TEST_F(Kernel, AnswersTheNextQueryAfterAnAbandonedListing) {
  create("s");
  fill("s", 5000);
  for (const int read : {0, 1, 2, 4000}) {
    auto listing = kernel().list("s", ListMode::kElements);
    ASSERT_TRUE(listing);
    for (int step = 0; step < read; ++step) {
      const bool good =
          step == 0 ? listing->next_set().has_value() : listing->next_element().has_value();
      ASSERT_TRUE(good);
    }
  }
  EXPECT_EQ(kernel().test("s", numbered(4999)), true);
  EXPECT_EQ(ports("s").size(), 5000U);
}

TEST_F(Kernel, KeepsASetInItsPlaceWhileItIsListed) {
  create("s");
  create("other");
  fill("s", 5000);
  const auto reader = connect();
  {
    auto listing = reader->list("s", ListMode::kElements);
    ASSERT_TRUE(listing);
    ASSERT_TRUE(listing->next_set());
    EXPECT_EQ(failure_of([](Batch& batch) { batch.swap("s", "other"); }).code, ErrorCode::kBusy);
    EXPECT_EQ(failure_of([](Batch& batch) { batch.destroy("s"); }).code, ErrorCode::kReferenced);
  }
  execute_ok([](Batch& batch) { batch.swap("s", "other"); });
  EXPECT_THAT(ports("s"), IsEmpty());
}

TEST_F(Kernel, ContinuesAfterAFailedCommandAndReportsEach) {
  create("s");
  const Batch& batch = execute([](Batch& queue) {
    queue.add("s", numbered(1));
    queue.add("none", numbered(1));
    queue.add("s", numbered(2));
    queue.add("s", numbered(1));
    queue.test("s", numbered(3));
    queue.test("s", numbered(2));
    queue.rename("s", "renamed");
    queue.destroy("s");
  });
  ASSERT_EQ(batch.size(), 8U);
  std::vector<std::int32_t> codes;
  for (std::size_t command = 0; command < batch.size(); ++command)
    codes.push_back(batch.code(command));
  EXPECT_THAT(codes, ElementsAre(0, ENOENT, 0, IPSET_ERR_EXIST, IPSET_ERR_EXIST, 0, 0, ENOENT));
  EXPECT_EQ(batch.first_failure(), 1U);
  EXPECT_THAT(batch.error(1), is_error(ErrorCode::kNoSuchSet, Step::kAdd, "none"));
  EXPECT_THAT(batch.error(3), is_error(ErrorCode::kKernelRefused, Step::kAdd, "s"));
  EXPECT_THAT(batch.error(4), is_error(ErrorCode::kKernelRefused, Step::kTest, "s"));
  EXPECT_THAT(batch.error(7), is_error(ErrorCode::kNoSuchSet, Step::kDestroy, "s"));
  EXPECT_THAT(ports("renamed"), ElementsAre(1, 2));
}

TEST_F(Kernel, ReportsTheFirstFailureOfABatch) {
  Batch batch = kernel().new_batch();
  batch.destroy("one");
  batch.flush("two");
  const auto done = kernel().execute_all(batch);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error(), is_error(ErrorCode::kNoSuchSet, Step::kDestroy, "one"));
}

TEST_F(Kernel, ForgetsFailuresWhenTheBatchIsCleared) {
  EXPECT_EQ(failure_of([](Batch& batch) { batch.destroy("s"); }).code, ErrorCode::kNoSuchSet);
  create("s");
  const Batch& batch = execute([](Batch& queue) { queue.destroy("s"); });
  EXPECT_EQ(batch.code(0), 0);
  EXPECT_EQ(batch.first_failure(), std::nullopt);
}

TEST_F(Kernel, SendsNothingOfABatchThatIsTooLarge) {
  create("s");
  Batch batch = kernel().new_batch(256);
  for (std::size_t port = 0; port < 10; ++port) batch.add("s", numbered(port));
  const auto done = kernel().execute(batch);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kTooLarge);
  EXPECT_THAT(ports("s"), IsEmpty());
}

TEST_F(Kernel, DoesNothingForAnEmptyBatch) {
  EXPECT_EQ(execute([](Batch&) {}).first_failure(), std::nullopt);
}

TEST_F(Kernel, ReportsTheLineAtWhichAddingManyStopped) {
  create("s");
  fill("s", 1);
  const auto add_four = [](Existing existing) {
    return [=](Batch& batch) {
      batch.flush("none");
      batch.begin_add("s", existing);
      for (const std::size_t port : {7U, 8U, 0U, 9U}) {
        Element element = numbered(port);
        element.line = static_cast<std::uint32_t>(100 + port);
        EXPECT_TRUE(batch.append(element));
      }
      batch.end_elements();
      batch.add("s", numbered(50), Existing::kAccept);
    };
  };
  const Batch& failed = execute(add_four(Existing::kFail));
  EXPECT_EQ(failed.code(1), IPSET_ERR_EXIST);
  EXPECT_EQ(failed.failed_line(0), std::nullopt);
  EXPECT_EQ(failed.failed_line(1), 100U);
  EXPECT_EQ(failed.failed_line(2), std::nullopt);
  EXPECT_THAT(ports("s"), ElementsAre(0, 7, 8, 50)) << "those before it are in the set";

  const Batch& accepted = execute(add_four(Existing::kAccept));
  EXPECT_EQ(accepted.code(1), 0);
  EXPECT_EQ(accepted.failed_line(1), std::nullopt);
  EXPECT_THAT(ports("s"), ElementsAre(0, 7, 8, 9, 50));
}

TEST_F(Kernel, ReportsTheLineAtWhichDeletingManyStopped) {
  create("s");
  fill("s", 4);
  const Batch& batch = execute([](Batch& queue) {
    queue.begin_del("s");
    for (const std::size_t port : {0U, 1U, 9U, 2U}) {
      Element element = numbered(port);
      element.line = static_cast<std::uint32_t>(port + 1);
      EXPECT_TRUE(queue.append(element));
    }
    queue.end_elements();
  });
  EXPECT_EQ(batch.code(0), IPSET_ERR_EXIST);
  EXPECT_EQ(batch.error(0).step, Step::kDel);
  EXPECT_EQ(batch.failed_line(0), 10U);
  EXPECT_THAT(ports("s"), ElementsAre(2, 3));
}

TEST_F(Kernel, ReportsTheLineOfTheLongestCommand) {
  create("s");
  fill("s", 1);
  std::size_t last = 0;
  const Batch& batch = execute([&](Batch& queue) {
    queue.begin_add("s");
    Element element = numbered(1);
    for (element.line = 1; queue.append(element); ++*element.line) {
      last = *element.line;
      element = numbered(last + 1);
      element.line = static_cast<std::uint32_t>(last);
    }
    queue.end_elements();
    queue.begin_add("s");
    element = numbered(0);
    element.line = 77;
    EXPECT_TRUE(queue.append(element));
    for (std::size_t port = 0; queue.append(numbered(port));) ++port;
    queue.end_elements();
  });
  EXPECT_EQ(batch.code(0), 0);
  EXPECT_EQ(batch.code(1), IPSET_ERR_EXIST);
  EXPECT_EQ(batch.failed_line(1), 77U);
  EXPECT_EQ(ports("s").size(), last + 1);
}

TEST_F(Kernel, LosesNoErrorOfTheLargestBatch) {
  create("s", SetType::kHashIpPort, {.comment = true});
  Element element = numbered(1);
  element.comment = std::string_view(std::string(kMaxCommentBytes, 'c'));
  const std::string name(SetName::kLimit, 'n');
  struct Case {
    const char* name;
    std::function<void(Batch&)> queue;
    std::int32_t code;
  };
  execute_ok([&](Batch& batch) { batch.add("s", element); });
  for (const Case& test : {
           Case{"short", [](Batch& batch) { batch.destroy("n"); }, ENOENT},
           Case{"long names", [&](Batch& batch) { batch.rename(name, name); }, ENOENT},
           Case{"long elements", [&](Batch& batch) { batch.add("s", element); }, IPSET_ERR_EXIST},
       }) {
    SCOPED_TRACE(test.name);
    const Batch& batch = execute([&](Batch& queue) {
      for (std::size_t count = 0; count < Batch::kMaxCommands; ++count) test.queue(queue);
    });
    ASSERT_EQ(batch.size(), Batch::kMaxCommands);
    for (std::size_t command = 0; command < Batch::kMaxCommands; ++command)
      EXPECT_EQ(batch.code(command), test.code) << "command " << command;
  }
}

TEST_F(Kernel, LosesNoErrorOfManyCommandsOfSeveralElements) {
  create("s");
  fill("s", 1);
  const Batch& batch = execute([](Batch& queue) {
    for (std::size_t count = 0; count < Batch::kMaxCommands; ++count) add_lines(queue, 8, count);
  });
  ASSERT_EQ(batch.size(), Batch::kMaxCommands);
  for (std::size_t command = 0; command < Batch::kMaxCommands; ++command) {
    EXPECT_EQ(batch.code(command), IPSET_ERR_EXIST) << "command " << command;
    EXPECT_EQ(batch.failed_line(command), 1 + command);
  }
}

// Commands of many elements come back whole when they fail, and may outgrow the socket's queue. The
// kernel says once that it dropped replies, and nothing of those it drops until all are read.
TEST_F(Kernel, ReportsLostErrorsAndLosesNoneAfterwards) {
  create("s");
  fill("s", 1);
  Batch batch = kernel().new_batch();
  for (std::size_t count = 0; count < Batch::kMaxCommands; ++count) add_lines(batch, 50, count);
  const auto done = kernel().execute(batch);
  if (done) {
    for (std::size_t command = 0; command < Batch::kMaxCommands; ++command)
      EXPECT_EQ(batch.code(command), IPSET_ERR_EXIST) << "command " << command;
  } else {
    EXPECT_EQ(done.error().code, ErrorCode::kOutcomeUnknown);
  }
  EXPECT_EQ(failure_of([](Batch& queue) { queue.destroy("none"); }).code, ErrorCode::kNoSuchSet);
}

}  // namespace
}  // namespace ipsetkv::ipset
