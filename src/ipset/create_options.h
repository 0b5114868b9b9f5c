// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "ipset/address.h"
#include "ipset/set_type.h"
#include "netlink/attributes.h"
#include "netlink/batch.h"

namespace ipsetkv::ipset {

/// The options of `create`, with the names of ipset(8), which says which types have which. The
/// kernel chooses what is unset.
struct CreateOptions {
  /// The timeout in seconds of elements that are added without one; 0: they never expire. Unset:
  /// the set has no timeouts. At most kMaxTimeout.
  std::optional<std::uint32_t> timeout;
  bool counters = false;
  bool comment = false;
  bool skbinfo = false;
  bool forceadd = false;

  // hash types
  std::optional<std::uint32_t> hashsize;  ///< Buckets; the kernel rounds up to a power of two.
  std::optional<std::uint32_t> maxelem;
  std::optional<std::uint8_t> bucketsize;
  std::optional<std::uint32_t> initval;
  std::optional<std::uint8_t> netmask;  ///< Also for bitmap:ip.
  std::optional<Address> bitmask;
  std::optional<std::uint32_t> markmask;  ///< hash:ip,mark

  // bitmap:ip and bitmap:ip,mac take a range of addresses, bitmap:port one of ports.
  std::optional<Address> range_from;
  std::optional<Address> range_to;
  std::optional<std::uint8_t> range_cidr;  ///< Instead of `range_to`.
  std::optional<std::uint16_t> port_from;
  std::optional<std::uint16_t> port_to;

  std::optional<std::uint32_t> size;  ///< list:set; ignored by kernels since 3.18.

  friend bool operator==(const CreateOptions&, const CreateOptions&) = default;
};

/// The lowest revision of `type` that has `options`; TypeRevisions::kNever if none has.
[[nodiscard]] std::uint8_t lowest_revision(SetType type, const CreateOptions& options);

/// Puts the nested attribute IPSET_ATTR_DATA of `create`.
void encode_create_options(netlink::Batch& batch, const CreateOptions& options);

/// Decodes one attribute of a set's header; false if its length is wrong. Attributes that are not
/// create options are skipped.
[[nodiscard]] bool decode_create_option(const netlink::Attribute& attribute,
                                        CreateOptions& options);

}  // namespace ipsetkv::ipset
