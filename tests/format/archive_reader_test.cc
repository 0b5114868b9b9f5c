// SPDX-License-Identifier: MIT
#include "format/archive_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "format/archive_writer.h"
#include "format/key.h"
#include "support/corruption.h"

namespace ipsetkv::format {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What a text was read as.
struct Reading {
  std::vector<std::string> keys;  ///< "key=value", in order.
  Result<void> result;
  std::uint64_t foreign = 0;
  std::uint64_t ended = 0;
};

Reading read_in_pieces(std::string_view text, std::size_t piece_bytes) {
  Reading reading;
  const ArchiveReader::Take take = [&](const ArchivedKey& key) -> Result<void> {
    reading.keys.push_back(std::string(key.key) + "=" + std::string(key.value));
    return {};
  };
  ArchiveReader reader({}, take);
  while (!text.empty() && reading.result) {
    // An allocation of its own lets sanitizers see a read beyond it or after the call.
    const std::string piece(text.substr(0, piece_bytes));
    text.remove_prefix(piece.size());
    reading.result = reader.feed(piece);
  }
  if (reading.result) reading.result = reader.finish();
  reading.foreign = reader.foreign();
  reading.ended = reader.ended();
  return reading;
}

Reading read(std::string_view text) { return read_in_pieces(text, text.size() + 1); }

const std::string kCreate = "create drawer hash:ip,port family inet hashsize 64 maxelem 65536";
const std::string kDrawer = kCreate +
                            "\n"
                            "add drawer 98.111.111.107,tcp:1\n"
                            "add drawer 110.111.116.101,tcp:0\n";
const std::string kArchive = "# ipsetkv archive 1\n" + kDrawer +
                             "# ipsetkv elements 2\n"
                             "# ipsetkv end 1\n";

TEST(ArchiveReader, ReadsWhatTheFormatsDocumentShows) {
  const auto reading = read(kArchive);
  ASSERT_TRUE(reading.result) << reading.result.error().message();
  EXPECT_THAT(reading.keys, ElementsAre("drawer=notebook"));
}

TEST(ArchiveReader, ReadsTheSameHoweverTheTextIsCut) {
  for (std::size_t bytes = 1; bytes <= kArchive.size(); ++bytes) {
    SCOPED_TRACE(bytes);
    const auto reading = read_in_pieces(kArchive, bytes);
    ASSERT_TRUE(reading.result) << reading.result.error().message();
    EXPECT_THAT(reading.keys, ElementsAre("drawer=notebook"));
  }
}

TEST(ArchiveReader, AcceptsOptionsInAnyOrderAndThoseOfNewerTools) {
  const auto reading = read(
      "\n# from elsewhere\n"
      "create  drawer hash:ip,port maxelem 65536 initval 0x12ab34cd counters bucketsize 12 "
      "forceadd skbinfo hashsize 64 family inet timeout 0 \n"
      "add drawer 110.111.116.101,6:0 bytes 1 packets 2 timeout 7 skbmark 0x1/0xff skbprio 1:10 "
      "skbqueue 10 \n"
      "add drawer 98.111.111.107,tcp:1\n");
  ASSERT_TRUE(reading.result) << reading.result.error().message();
  EXPECT_THAT(reading.keys, ElementsAre("drawer=notebook"));
}

TEST(ArchiveReader, ReadsAddressesOfBothFamilies) {
  const auto reading = read(
      "create six hash:ip,port family inet6 hashsize 64 maxelem 65536\n"
      "add six ::1,icmpv6:0/0\n"
      "add six ::1,ipv6-icmp:0/1\n"
      "add six ::61.62.63.64,58:0/2\n" +
      kDrawer);
  EXPECT_THAT(reading.keys, ElementsAre("drawer=notebook")) << "no value has an address there";
  EXPECT_EQ(reading.foreign, 1U);
  const auto text = read(
      "create six hash:ip,port family inet6\n"
      "add six 6e6f:7465:626f:6f6b::,tcp:1\n"
      "add six 6120:6c6f:6e67:6572::0.0.0.32,tcp:0\n");
  ASSERT_TRUE(text.result) << text.result.error().message();
  EXPECT_THAT(text.keys, ElementsAre(std::string("six=a longer\0\0\0\0\0\0\0 notebook", 28)));
}

TEST(ArchiveReader, ReadsCountersInAnyOrder) {
  // The alphabet and three digits, eight bytes a counter.
  const std::string create = "create k bitmap:port range 3-4 counters\n";
  const std::string first = "add k 3 packets 7017280452245743464 bytes 7596001834950356848\n";
  const std::string second = "add k 4 packets 8174723217654970232 bytes 8753361813598371840\n";
  for (const std::string& text : {create + first + second, create + second + first}) {
    const auto reading = read(text);
    ASSERT_TRUE(reading.result) << reading.result.error().message();
    EXPECT_THAT(reading.keys, ElementsAre("k=abcdefghijklmnopqrstuvwxyz012"));
  }
}

TEST(ArchiveReader, SkipsForeignSetsInTextOfTheStockTool) {
  const auto reading = read(
      "create net hash:net family inet hashsize 1024 maxelem 65536 new option\n"
      "add net 10.0.0.0/8 nomatch\n"
      "create six hash:ip,port family inet6 hashsize 1024 maxelem 65536\n"
      "add six 2001:db8::1,tcp:80\n"
      "create web hash:ip,port family inet hashsize 1024 maxelem 65536\n"
      "add web 192.0.2.1,tcp:80\n"
      "create gre hash:ip,port family inet hashsize 1024 maxelem 65536\n"
      "add gre 192.0.2.1,gre:0\n"
      "add gre 192.0.2.1,tcp:0\n"
      "create masked hash:ip,port family inet hashsize 1024 maxelem 65536 netmask 24\n"
      "add masked 192.0.2.1,tcp:0\n"
      "create ports bitmap:port range 0-65535 counters comment\n"
      "add ports 80 packets 1 bytes 60 comment \"web\"\n"
      "create bare bitmap:port range 0-1023\n"
      "add bare 80\n"
      "create counted bitmap:port range 0-1023 timeout 600 counters\n"
      "add counted 80 timeout 0 packets 3 bytes 4\n"
      "create members list:set size 8\n"
      "add members web\n" +
      kDrawer);
  ASSERT_TRUE(reading.result) << reading.result.error().message();
  EXPECT_THAT(reading.keys, ElementsAre("drawer=notebook"));
  EXPECT_EQ(reading.foreign, 9U);
}

TEST(ArchiveReader, SkipsTheStoresOwnSetsWithoutCountingThem) {
  const auto reading = read(
      "create ~lock-3 hash:ip,port family inet hashsize 64 maxelem 65536\n"
      "create ~4711 hash:ip,port family inet hashsize 64 maxelem 65536\n"
      "add ~4711 97.0.0.0,tcp:0\n");
  ASSERT_TRUE(reading.result) << reading.result.error().message();
  EXPECT_THAT(reading.keys, IsEmpty());
  EXPECT_EQ(reading.foreign, 0U);
}

TEST(ArchiveReader, CountsAValueWhoseFirstChunkIsGoneAsExpired) {
  const std::string create =
      "create drawer hash:ip,port family inet hashsize 64 maxelem 1229998934 timeout 0 counters\n";
  const auto reading = read(create + "add drawer 98.0.0.0,tcp:1 timeout 5 packets 0 bytes 0\n");
  ASSERT_TRUE(reading.result) << reading.result.error().message();
  EXPECT_EQ(reading.ended, 1U);
  EXPECT_EQ(read(create).ended, 1U);
  EXPECT_EQ(read("create k bitmap:port range 0-2 timeout 0 counters\n"
                 "add k 1 timeout 0 packets 1229998934 bytes 1229998934\n")
                .ended,
            1U);
}

TEST(ArchiveReader, ReadsAValueWithoutDeadlineFromASetThatHadOne) {
  const auto reading = read(
      "create drawer hash:ip,port family inet hashsize 64 maxelem 1229998934 timeout 0 counters "
      "comment\n"
      "add drawer 97.98.0.0,tcp:0 timeout 0 packets 0 bytes 0\n");
  ASSERT_TRUE(reading.result) << reading.result.error().message();
  EXPECT_THAT(reading.keys, ElementsAre("drawer=ab"));
}

struct WrongText {
  const char* name;
  std::string text;
  std::uint64_t line;
  LineFault fault;
  const char* subject;
};

std::vector<WrongText> wrong_lines() {
  using enum LineFault;
  const std::string create = kCreate + "\n";
  const std::string full =
      "create drawer hash:ip,port family inet maxelem 9 timeout 0 counters comment\n";
  const auto option = [](const std::string& text) {
    return "create drawer hash:ip,port " + text + "\n";
  };
  const auto add = [&](const std::string& text) { return full + "add drawer " + text + "\n"; };
  const auto ports = [](const std::string& text) {
    return "create drawer bitmap:port " + text + "\n";
  };
  const std::string counting = ports("range 0-9 counters");
  return {
      {"another command", "\n#\nflush drawer\n", 3, kCommand, "flush"},
      {"an option in front", "-exist create drawer hash:ip,port\n", 1, kCommand, "-exist"},
      {"no name", "create\n", 1, kName, "create"},
      {"no name behind add", create + "add \n", 2, kName, "add"},
      {"a name too long", "create " + std::string(32, 'x') + " hash:ip,port\n", 1, kName, "xxx"},
      {"no type", "create drawer\n", 1, kType, "drawer"},
      {"an unknown option", option("family inet colour red"), 1, kOption, "colour"},
      {"an option twice", option("maxelem 1 maxelem 1"), 1, kOption, "maxelem"},
      {"a flag twice", option("counters counters"), 1, kOption, "counters"},
      {"the family twice", option("family inet family inet"), 1, kOption, "family"},
      {"an unknown family", option("family ipx"), 1, kOption, "ipx"},
      {"no number", option("hashsize"), 1, kNumber, "hashsize"},
      {"half a number", option("hashsize 64k"), 1, kNumber, "64k"},
      {"a negative number", option("maxelem -1"), 1, kNumber, "-1"},
      {"a number out of range", option("maxelem 4294967296"), 1, kNumber, "4294967296"},
      {"a timeout out of range", option("timeout 2147484"), 1, kNumber, "2147484"},
      {"an initval without 0x", option("initval 12"), 1, kNumber, "12"},
      {"no create", "add drawer 97.0.0.0,tcp:0\n", 1, kOtherSet, "drawer"},
      {"another set", create + "add other 97.0.0.0,tcp:0\n", 2, kOtherSet, "other"},
      {"no element", create + "add drawer\n", 2, kElement, ""},
      {"no protocol", add("97.0.0.0"), 2, kElement, "97.0.0.0"},
      {"no port", add("97.0.0.0,tcp"), 2, kElement, "97.0.0.0,tcp"},
      {"half an address", add("97.0.0,tcp:0"), 2, kElement, "97.0.0,tcp:0"},
      {"an address of the other family", add("2001:db8::1,tcp:0"), 2, kElement, "2001:db8::1"},
      {"a range of ports", add("97.0.0.0,tcp:0-1"), 2, kElement, "97.0.0.0,tcp:0-1"},
      {"a port out of range", add("97.0.0.0,tcp:65536"), 2, kElement, "97.0.0.0,tcp:65536"},
      {"an unknown option of an element", add("97.0.0.0,tcp:0 nomatch"), 2, kOption, "nomatch"},
      {"an option of an element twice", add("97.0.0.0,tcp:0 timeout 1 timeout 1"), 2, kOption,
       "timeout"},
      {"no timeout", add("97.0.0.0,tcp:0 timeout"), 2, kNumber, "timeout"},
      {"packets out of range", add("97.0.0.0,tcp:0 packets 18446744073709551616"), 2, kNumber,
       "18446744073709551616"},
      {"a comment without quotes", add("0.0.0.1,tcp:0 comment a"), 2, kComment, "comment"},
      {"a comment without end", add("0.0.0.1,tcp:0 comment \"a"), 2, kComment, "comment"},
      {"a comment with a tail", add("0.0.0.1,tcp:0 comment \"a\"b"), 2, kComment, "comment"},
      {"a comment too long", add("0.0.0.1,tcp:0 comment \"" + std::string(256, 'x') + "\""), 2,
       kComment, "comment"},
      {"a zero byte in a comment", add("0.0.0.1,tcp:0 comment \"" + std::string(1, '\0') + "\""), 2,
       kComment, "comment"},
      {"a timeout where there are none", create + "add drawer 97.0.0.0,tcp:0 timeout 1\n", 2,
       kExtension, "timeout"},
      {"a counter where there are none", create + "add drawer 97.0.0.0,tcp:0 packets 1\n", 2,
       kExtension, "packets"},
      {"a comment where there are none", create + "add drawer 97.0.0.0,tcp:0 comment \"a\"\n", 2,
       kExtension, "comment"},
      {"a range missing", ports("counters"), 1, kNumber, "range"},
      {"a range twice", ports("range 0-9 range 0-9"), 1, kOption, "range"},
      {"half a range", ports("range 9"), 1, kNumber, "9"},
      {"a range without end", ports("range 9-"), 1, kNumber, "9-"},
      {"a range without words", ports("counters range"), 1, kNumber, "range"},
      {"a range of three", ports("range 0-9-9"), 1, kNumber, "0-9-9"},
      {"a range out of range", ports("range 0-65536"), 1, kNumber, "0-65536"},
      {"a hash's option of ports", ports("range 0-9 family inet"), 1, kOption, "family"},
      {"ports of a hash", option("range 0-9"), 1, kOption, "range"},
      {"no port in ports", counting + "add drawer tcp:1 packets 1 bytes 1\n", 2, kElement, "tcp:1"},
      {"ports from one to another", counting + "add drawer 1-2 packets 1 bytes 1\n", 2, kElement,
       "1-2"},
      {"a port out of range among ports", counting + "add drawer 65536 packets 1 bytes 1\n", 2,
       kElement, "65536"},
      {"bytes out of range", counting + "add drawer 1 packets 1 bytes 18446744073709551616\n", 2,
       kNumber, "18446744073709551616"},
      {"a timeout among ports without", counting + "add drawer 1 timeout 1\n", 2, kExtension,
       "timeout"},
      {"an address of the other family in inet6",
       "create drawer hash:ip,port family inet6\nadd drawer 97.0.0.0,tcp:0\n", 2, kElement,
       "97.0.0.0"},
      {"an address of nine numbers",
       "create drawer hash:ip,port family inet6\nadd drawer 1:2:3:4:5:6:7:8:9,tcp:0\n", 2, kElement,
       "1:2:3"},
      {"a line too long", "#\n# " + std::string(1024, 'x') + "\n", 2, kTooLong, ""},
      {"a line without end", create + "add drawer 97.0.0.0,tcp:1", 2, kCutShort, ""},
  };
}

std::vector<WrongText> wrong_sets() {
  using enum LineFault;
  const std::string begin = "# ipsetkv archive 1\n";
  const std::string create = begin + kCreate + "\n";
  const std::string marked =
      "create drawer hash:ip,port family inet hashsize 64 maxelem 4294967295 comment\n";
  const std::string expiring =
      "create drawer hash:ip,port family inet hashsize 64 maxelem 1229998934 timeout 0 counters\n";
  const std::string digest =
      "create ~key-abcdefghijklmnopqrstuvwxyz hash:ip,port family inet maxelem 4294967295 "
      "comment\n";
  const std::string counting = "create drawer bitmap:port range 13-15 counters\n";
  const std::string counts = " packets 18446744073709551615 bytes 1\n";
  const auto ended = [](const std::string& text, int elements) {
    return text + "# ipsetkv elements " + std::to_string(elements) + "\n# ipsetkv end 1\n";
  };
  return {
      {"a chunk twice", ended(create + "add drawer 97.0.0.0,tcp:0\nadd drawer 98.0.0.0,tcp:0\n", 2),
       4, kNotInValue, "drawer"},
      {"a chunk missing",
       ended(create + "add drawer 97.0.0.0,tcp:0\n#\nadd drawer 98.0.0.0,tcp:2\n", 2), 5,
       kNotInValue, "drawer"},
      {"no first chunk", ended(create + "add drawer 98.0.0.0,tcp:1\n", 1), 3, kNotInValue,
       "drawer"},
      {"another's protocol", ended(create + "add drawer 98.0.0.0,gre:0\n", 1), 3, kProtocol,
       "98.0.0.0,gre:0"},
      {"an unknown ICMP type", ended(create + "add drawer 0.0.0.1,icmp:0/256\n", 1), 3, kProtocol,
       "0.0.0.1,icmp:0/256"},
      {"another's type", begin + "create drawer hash:net family inet\n", 2, kNotAValue, "drawer"},
      {"another's family", ended(begin + "create drawer hash:ip,port family inet6\n", 0), 2,
       kNotAValue, "drawer"},
      {"a port twice",
       ended(begin + counting + "add drawer 14" + counts + "add drawer 13" + counts +
                 "add drawer 14" + counts,
             3),
       5, kNotInValue, "drawer"},
      {"a port twice in the place of another, with a deadline",
       ended(begin + "create drawer bitmap:port range 13-16 timeout 0 counters\n"
                     "add drawer 13 timeout 9 packets 1900000000000 bytes 0\n"
                     "add drawer 14 timeout 0 packets 1229998934 bytes 1229998934\n"
                     "add drawer 16 timeout 69 packets 1 bytes 1\n"
                     "add drawer 16 timeout 69 packets 1 bytes 1\n",
             4),
       6, kNotInValue, "drawer"},
      {"a port missing",
       ended(begin + counting + "add drawer 13" + counts + "add drawer 15" + counts, 2), 4,
       kNotInValue, "drawer"},
      {"the last port missing",
       ended(begin + counting + "add drawer 13" + counts + "add drawer 14" + counts, 2), 2,
       kNotAValue, "drawer"},
      {"a port beyond the range",
       ended(begin + counting + "add drawer 13" + counts + "add drawer 16" + counts, 2), 4,
       kNotInValue, "drawer"},
      {"a counter missing", ended(begin + counting + "add drawer 13 packets 1\n", 1), 3,
       kNotInValue, "drawer"},
      {"ports without counters", ended(begin + "create drawer bitmap:port range 13-15\n", 0), 2,
       kNotAValue, "drawer"},
      {"a range that begins too late",
       ended(begin + "create drawer bitmap:port range 17-17 counters\nadd drawer 17" + counts, 1),
       3, kNotInValue, "drawer"},
      {"a deadline of nothing",
       ended(begin + "create drawer bitmap:port range 0-2 timeout 0 counters\n"
                     "add drawer 1 timeout 0 packets 1229998934 bytes 1229998934\n"
                     "add drawer 2 timeout 69 packets 1 bytes 1\n"
                     "add drawer 0 timeout 9 packets 0 bytes 0\n",
             3),
       2, kDeadline, "drawer"},
      {"an expired one, in our own",
       ended(begin + "create drawer bitmap:port range 0-2 timeout 0 counters\n"
                     "add drawer 1 timeout 0 packets 1229998934 bytes 1229998934\n",
             1),
       2, kNotAValue, "drawer"},
      {"another key's digest in counters",
       ended(begin + "create ~key-abcdefghijklmnopqrstuvwxyz bitmap:port range 0-2 counters\n"
                     "add ~key-abcdefghijklmnopqrstuvwxyz 0 packets 1 bytes 0\n"
                     "add ~key-abcdefghijklmnopqrstuvwxyz 1 packets 1 bytes 0\n"
                     "add ~key-abcdefghijklmnopqrstuvwxyz 2 packets 1 bytes 0\n",
             3),
       2, kNotTheKey, "~key-abc"},
      {"a lock", begin + "create ~lock-0 hash:ip,port family inet\n", 2, kNotAValue, "~lock-0"},
      {"a line missing", ended(create + "add drawer 97.0.0.0,tcp:0\n", 2), 4, kCount, ""},
      {"a set without its count", create + "create other hash:ip,port\n", 3, kCount, ""},
      {"a set missing", begin + "# ipsetkv end 1\n", 2, kCount, ""},
      {"no count", begin + "# ipsetkv end many\n", 2, kNumber, "many"},
      {"a count outside", "# ipsetkv elements 1\n", 1, kCount, ""},
      {"no end", begin + kDrawer, 4, kEndMissing, ""},
      {"two beginnings", begin + begin, 2, kEndMissing, ""},
      {"a newer version", "# ipsetkv archive 2\n", 1, kFormat, ""},
      {"marked by maxelem, a piece missing",
       marked +
           "add drawer 0.0.0.1,tcp:0 comment \"abc\"\nadd drawer 0.0.0.1,tcp:4 comment \"d\"\n",
       1, kNotAValue, "drawer"},
      {"marked by maxelem, a wrong escape", marked + "add drawer 0.0.0.1,tcp:0 comment \"\\x\"\n",
       2, kNotInValue, "drawer"},
      {"marked by maxelem, empty", marked, 1, kNotAValue, "drawer"},
      {"no deadline", expiring + "add drawer 97.0.0.0,tcp:0 timeout 9\n", 1, kDeadline, "drawer"},
      {"no deadline, in our own",
       ended(begin + expiring + "add drawer 97.0.0.0,tcp:0 timeout 0 packets 0 bytes 0\n", 1), 2,
       kDeadline, "drawer"},
      {"expired, in our own", ended(begin + expiring, 0), 2, kNotAValue, "drawer"},
      {"another key's digest",
       digest + "add ~key-abcdefghijklmnopqrstuvwxyz 0.0.0.1,udp:0 comment \"a key\"\n"
                "add ~key-abcdefghijklmnopqrstuvwxyz 97.0.0.0,tcp:0\n",
       1, kNotTheKey, "~key-abc"},
      {"a digest without key",
       digest + "add ~key-abcdefghijklmnopqrstuvwxyz 0.0.0.1,tcp:0 comment \"a\"\n", 1, kNotTheKey,
       "~key-abc"},
      {"a name and a key besides",
       ended(begin + marked +
                 "add drawer 0.0.0.1,udp:0 comment \"other\"\nadd drawer 97.0.0.0,tcp:0\n",
             2),
       2, kNotTheKey, "drawer"},
  };
}

void expect_refused(const std::vector<WrongText>& cases) {
  const std::string before =
      "create first hash:ip,port family inet hashsize 64 maxelem 65536\nadd first 49.0.0.0,tcp:0\n";
  for (const WrongText& wrong : cases) {
    SCOPED_TRACE(wrong.name);
    const auto reading = read(before + wrong.text);
    ASSERT_FALSE(reading.result);
    const Error& error = reading.result.error();
    EXPECT_EQ(error.code, ErrorCode::kBadLine);
    EXPECT_EQ(error.line_fault, wrong.fault) << error.message();
    EXPECT_EQ(error.actual, wrong.line + 2);
    EXPECT_THAT(error.subject.data(), testing::StartsWith(wrong.subject));
    EXPECT_THAT(error.message(), HasSubstr("line " + std::to_string(wrong.line + 2) + ": "));
    EXPECT_EQ(error.category(), ErrorCategory::kUsage);
    for (const std::string& key : reading.keys) EXPECT_EQ(key, "first=1");
  }
}

TEST(ArchiveReader, NamesTheLineThatIsWrong) { expect_refused(wrong_lines()); }

TEST(ArchiveReader, NamesTheSetThatIsNoValue) { expect_refused(wrong_sets()); }

/// Texts as ArchiveWriter writes them, of a value in each layout, with and without a deadline and a
/// key that is no name.
std::vector<std::string> archives() {
  std::vector<std::string> texts;
  const std::string value = "a notebook and a pencil";
  for (const Kind kind : {Kind::kIpv4, Kind::kIpv6, Kind::kComment, Kind::kCounters})
    for (const std::string_view key : {"", "two words"})
      for (const bool expiring : {false, true}) {
        DrawerContent content{.value = std::as_bytes(std::span(value)), .kind = kind, .key = key};
        if (expiring) content.deadline = moment_at(1'900'000'000'123);
        const std::string name = key.empty() ? "drawer" : std::string(place_of(key)->name.view());
        std::string text;
        const ArchiveWriter::Write write = [&](std::string_view piece) -> Result<void> {
          text += piece;
          return {};
        };
        ArchiveWriter writer(write);
        EXPECT_TRUE(writer.add(name, content));
        EXPECT_TRUE(writer.finish());
        texts.push_back(text);
      }
  return texts;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n') + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

TEST(ArchiveReader, DetectsAnyMissingLineOfASavedText) {
  for (const std::string& archive : archives()) {
    const auto whole = read(archive);
    ASSERT_TRUE(whole.result) << archive << whole.result.error().message();
    ASSERT_EQ(whole.keys.size(), 1U);
    const std::vector<std::string> lines = lines_of(archive);
    for (std::size_t missing = 0; missing < lines.size(); ++missing) {
      SCOPED_TRACE(lines[missing]);
      std::string text;
      for (std::size_t line = 0; line < lines.size(); ++line)
        if (line != missing) text += lines[line];
      EXPECT_FALSE(read(text).result);
    }
  }
}

TEST(ArchiveReader, DetectsAnyElementInThePlaceOfAnother) {
  for (const std::string& archive : archives()) {
    const std::vector<std::string> lines = lines_of(archive);
    for (std::size_t from = 2; from + 2 < lines.size(); ++from)
      for (std::size_t to = 2; to + 2 < lines.size(); ++to) {
        if (from == to) continue;
        SCOPED_TRACE(lines[from] + "for " + lines[to]);
        std::string text;
        for (std::size_t line = 0; line < lines.size(); ++line)
          text += lines[line == to ? from : line];
        const auto reading = read(text);
        EXPECT_FALSE(reading.result);
        EXPECT_THAT(reading.keys, IsEmpty());
      }
  }
}

TEST(ArchiveReader, RejectsATextCutAnywhere) {
  for (const std::string& archive : archives()) {
    const auto whole = read(archive);
    for (std::size_t size = 1; size < archive.size(); ++size) {
      SCOPED_TRACE(size);
      const auto reading = read(std::string_view(archive).substr(0, size));
      EXPECT_FALSE(reading.result);
      for (const std::string& key : reading.keys) EXPECT_EQ(key, whole.keys.front());
    }
  }
}

TEST(ArchiveReader, SurvivesWrongBytesAndNoise) {
  const std::string text =
      kArchive +
      "create x hash:ip,port family inet hashsize 64 maxelem 4294967295 timeout 0 counters "
      "comment\n"
      "add x 0.0.0.1,tcp:0 timeout 1 packets 2 bytes 0 comment \"a\\\\b\"\n"
      "add x 0.0.0.1,icmp:echo-reply\n"
      "create y hash:ip,port family inet6 hashsize 64 maxelem 9\n"
      "add y ::1,icmpv6:1/0\n"
      "create z bitmap:port range 15-15 counters\n"
      "add z 15 packets 1 bytes 2\n";
  tests::for_each_wrong_byte(std::as_bytes(std::span(text)),
                             [](const tests::Bytes& bytes) { (void)read(tests::as_text(bytes)); });
  const std::uint32_t seed = tests::test_seed();
  SCOPED_TRACE(seed);
  tests::for_each_random_string(seed, 20'000, 200, [](const tests::Bytes& bytes) {
    (void)read(tests::as_text(bytes));
    ipset::SetHeader header;
    ipset::Element element;
    for (const ipset::SetType type : {ipset::SetType::kHashIpPort, ipset::SetType::kBitmapPort}) {
      header = {.type = type};
      (void)parse_create(tests::as_text(bytes), header);
      (void)parse_add(tests::as_text(bytes), header, element);
    }
  });
}

TEST(ArchiveReader, ReturnsTheErrorOfItsCallback) {
  const ArchiveReader::Take take = [](const ArchivedKey& key) -> Result<void> {
    return tl::unexpected(Error{.code = ErrorCode::kKeyExists}.about(key.key));
  };
  ArchiveReader reader({}, take);
  const auto fed = reader.feed(kArchive);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::kKeyExists);
}

TEST(ArchiveWriter, WritesWhatTheFormatsDocumentShows) {
  std::string text;
  const ArchiveWriter::Write write = [&](std::string_view piece) -> Result<void> {
    text += piece;
    return {};
  };
  ArchiveWriter writer(write);
  const std::string_view value = "notebook";
  ASSERT_TRUE(writer.add("drawer", {.value = std::as_bytes(std::span(value))}));
  EXPECT_EQ(writer.finish(), 1U);
  EXPECT_EQ(text, kArchive);
}

TEST(ArchiveWriter, ReturnsTheErrorOfItsCallback) {
  const ArchiveWriter::Write write = [](std::string_view) -> Result<void> {
    return tl::unexpected(Error{.code = ErrorCode::kSystemCall});
  };
  ArchiveWriter writer(write);
  const std::string value(1'000'000, 'x');
  const auto added =
      writer.add("drawer", {.value = std::as_bytes(std::span(value)), .kind = Kind::kComment});
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::kSystemCall);
}

}  // namespace
}  // namespace ipsetkv::format
