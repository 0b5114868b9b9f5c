// SPDX-License-Identifier: MIT
#include "ipset/set_type.h"

#include <array>

namespace ipsetkv::ipset {
namespace {

struct TypeEntry {
  std::string_view name;
  TypeRevisions revisions;
};

constexpr std::uint8_t kNever = TypeRevisions::kNever;

// In the order of SetType.
constexpr std::array<TypeEntry, kSetTypes> kTypes{{
    // counters, comment, forceadd, skbinfo, bucketsize, bitmask
    {"bitmap:ip", {1, 2, kNever, 3, kNever, kNever}},
    {"bitmap:ip,mac", {1, 2, kNever, 3, kNever, kNever}},
    {"bitmap:port", {1, 2, kNever, 3, kNever, kNever}},
    {"hash:ip", {1, 2, 3, 4, 5, 6}},
    {"hash:ip,mac", {0, 0, 0, 0, 1, kNever}},
    {"hash:ip,mark", {0, 0, 1, 2, 3, kNever}},
    {"hash:ip,port", {2, 3, 4, 5, 6, 7}},
    {"hash:ip,port,ip", {2, 3, 4, 5, 6, kNever}},
    {"hash:ip,port,net", {4, 5, 6, 7, 8, kNever}},
    {"hash:mac", {0, 0, 0, 0, 1, kNever}},
    {"hash:net", {3, 4, 5, 6, 7, kNever}},
    {"hash:net,iface", {3, 4, 5, 6, 8, kNever}},
    {"hash:net,net", {0, 0, 1, 2, 3, 4}},
    {"hash:net,port", {4, 5, 6, 7, 8, kNever}},
    {"hash:net,port,net", {0, 0, 1, 2, 3, kNever}},
    {"list:set", {1, 2, kNever, 3, kNever, kNever}},
}};

}  // namespace

std::string_view type_name(SetType type) { return kTypes[static_cast<std::size_t>(type)].name; }

std::optional<SetType> type_by_name(std::string_view name) {
  for (std::size_t index = 0; index < kTypes.size(); ++index)
    if (kTypes[index].name == name) return static_cast<SetType>(index);
  return std::nullopt;
}

std::string type_module(std::string_view name) {
  std::string module = "ip_set_";
  for (const char byte : name) {
    if (byte == ':') module += '_';
    if (byte != ':' && byte != ',') module += byte;
  }
  return module;
}

const TypeRevisions& type_revisions(SetType type) {
  return kTypes[static_cast<std::size_t>(type)].revisions;
}

}  // namespace ipsetkv::ipset
