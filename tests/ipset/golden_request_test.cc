// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>

#include "ipset/batch.h"
#include "ipset/golden.h"
#include "support/hex.h"

namespace ipsetkv::ipset {
namespace {

using tests::from_hex;

Address address(const char* text) { return Address::parse(text).value(); }

TEST(GoldenRequest, ChangesWholeSets) {
  for (const Golden& golden : {
           Golden{"ipset destroy b", "24000000 03060502" + kStart + "06000200 62000000",
                  [](Batch& batch) { batch.destroy("b"); }},
           Golden{"ipset flush a", "24000000 04060500" + kStart + "06000200 61000000",
                  [](Batch& batch) { batch.flush("a"); }},
           Golden{"ipset flush", "1c000000 04060500" + kStart,
                  [](Batch& batch) { batch.flush_all(); }},
           Golden{"ipset rename a c",
                  "2c000000 05060500" + kStart + "06000200 61000000 06000300 63000000",
                  [](Batch& batch) { batch.rename("a", "c"); }},
           Golden{"ipset swap b c",
                  "2c000000 06060500" + kStart + "06000200 62000000 06000300 63000000",
                  [](Batch& batch) { batch.swap("b", "c"); }},
       })
    expect_golden(golden);
}

TEST(GoldenRequest, DestroysAllSetsWithoutNamingOne) {
  Batch batch(7);
  batch.destroy_all();
  // As `ipset destroy`, but for NLM_F_EXCL (512).
  const std::string theirs = request_tree(from_hex("1c000000 03060502" + kStart));
  EXPECT_EQ(theirs, "message 1539 flags 513\n1 07\n");
  EXPECT_EQ(request_tree(*batch.finish(1)), "message 1539 flags 1\n1 07\n");
}

TEST(GoldenRequest, QueriesSets) {
  for (const Golden& golden : {
           Golden{"the first of every command: protocol", "1c000000 01060100" + kStart,
                  [](Batch& batch) { batch.protocol(); }},
           Golden{"before add: header s", "24000000 0c060100" + kStart + "06000200 73000000",
                  [](Batch& batch) { batch.header("s"); }},
           Golden{"before create: type hash:ip,port inet",
                  "38000000 0d060100" + kStart +
                      "11000300 68617368 3a69702c 706f7274 00000000 05000500 02000000",
                  [](Batch& batch) { batch.type("hash:ip,port", Family::kInet); }},
           Golden{"before create: type bitmap:port",
                  "34000000 0d060100" + kStart +
                      "10000300 6269746d 61703a70 6f727400 05000500 00000000",
                  [](Batch& batch) { batch.type("bitmap:port", Family::kUnspecified); }},
           Golden{"ipset list b", "24000000 07060503" + kStart + "06000200 62000000",
                  [](Batch& batch) { batch.list("b", ListMode::kElements); }},
           Golden{"ipset list -t b",
                  "2c000000 07060503" + kStart + "06000200 62000000 08000640 00000004",
                  [](Batch& batch) { batch.list("b", ListMode::kHeaders); }},
           Golden{"ipset list", "1c000000 07060503" + kStart,
                  [](Batch& batch) { batch.list_all(ListMode::kElements); }},
           Golden{"ipset list -n", "24000000 07060503" + kStart + "08000640 00000002",
                  [](Batch& batch) { batch.list_all(ListMode::kNames); }},
           Golden{"ipset test s 192.0.2.1,tcp:80",
                  "44000000 0b060500" + kStart +
                      "06000200 73000000 20000780 0c000180 08000140 c0000201 06000440 00500000"
                      "05000700 06000000",
                  [](Batch& batch) {
                    batch.test("s", {.ip = address("192.0.2.1"), .port = 80, .protocol = 6});
                  }},
       })
    expect_golden(golden);
}

TEST(GoldenRequest, CreatesSets) {
  const std::string ip_port =
      "06000200 73000000 11000300 68617368 3a69702c 706f7274 00000000"
      "05000400 07000000 05000500 02000000 14000780 08000640 0000003c"
      "08000840 00000018";
  const CreateOptions with_extensions{.timeout = 60, .counters = true, .comment = true};
  for (const Golden& golden : {
           Golden{"ipset create s hash:ip,port timeout 60 counters comment",
                  "5c000000 02060506" + kStart + ip_port,
                  [&](Batch& batch) {
                    batch.create("s", SetType::kHashIpPort, Family::kInet, 7, with_extensions);
                  }},
           Golden{"ipset -exist create s hash:ip,port timeout 60 counters comment",
                  "5c000000 02060504" + kStart + ip_port,
                  [&](Batch& batch) {
                    batch.create("s", SetType::kHashIpPort, Family::kInet, 7, with_extensions,
                                 Existing::kAccept);
                  }},
           Golden{"ipset create x hash:ip hashsize 256 maxelem 1000 bucketsize 4 initval 0x11 "
                  "netmask 24 timeout 9",
                  "74000000 02060506" + kStart +
                      "06000200 78000000 0c000300 68617368 3a697000 05000400 06000000 05000500"
                      "02000000 34000780 08000640 00000009 08001140 00000011 08001240 00000100"
                      "08001340 000003e8 05001400 18000000 05001500 04000000",
                  [](Batch& batch) {
                    batch.create("x", SetType::kHashIp, Family::kInet, 6,
                                 {.timeout = 9,
                                  .hashsize = 256,
                                  .maxelem = 1000,
                                  .bucketsize = 4,
                                  .initval = 0x11,
                                  .netmask = 24});
                  }},
           Golden{"ipset create n hash:net family inet6 hashsize 64 maxelem 100 forceadd skbinfo",
                  "60000000 02060506" + kStart +
                      "06000200 6e000000 0d000300 68617368 3a6e6574 00000000 05000400 07000000"
                      "05000500 0a000000 1c000780 08000840 00000060 08001240 00000040 08001340"
                      "00000064",
                  [](Batch& batch) {
                    batch.create(
                        "n", SetType::kHashNet, Family::kInet6, 7,
                        {.skbinfo = true, .forceadd = true, .hashsize = 64, .maxelem = 100});
                  }},
           Golden{"ipset create p bitmap:port range 100-200",
                  "58000000 02060506" + kStart +
                      "06000200 70000000 10000300 6269746d 61703a70 6f727400 05000400 03000000"
                      "05000500 00000000 14000780 06000440 00640000 06000540 00c80000",
                  [](Batch& batch) {
                    batch.create("p", SetType::kBitmapPort, Family::kUnspecified, 3,
                                 {.port_from = 100, .port_to = 200});
                  }},
           Golden{"ipset create l list:set size 4",
                  "50000000 02060506" + kStart +
                      "06000200 6c000000 0d000300 6c697374 3a736574 00000000 05000400 03000000"
                      "05000500 00000000 0c000780 08001740 00000004",
                  [](Batch& batch) {
                    batch.create("l", SetType::kListSet, Family::kUnspecified, 3, {.size = 4});
                  }},
           Golden{"ipset create m bitmap:ip,mac range 192.0.2.0/24",
                  "60000000 02060506" + kStart +
                      "06000200 6d000000 12000300 6269746d 61703a69 702c6d61 63000000 05000400"
                      "03000000 05000500 02000000 18000780 0c000180 08000140 c0000200 05000300"
                      "18000000",
                  [](Batch& batch) {
                    batch.create("m", SetType::kBitmapIpMac, Family::kInet, 3,
                                 {.range_from = address("192.0.2.0"), .range_cidr = 24});
                  }},
       })
    expect_golden(golden);
}

}  // namespace
}  // namespace ipsetkv::ipset
