// SPDX-License-Identifier: MIT

// Arbitrary bytes in place of a datagram from the kernel. Checks that no decoder reads past the
// end, that every loop ends, that the two decoders of an element agree, and that a decoded element
// is the same after encoding and decoding. Messages of a listing are decoded as such; the element
// decoders also run on every other list of attributes.

#include <linux/netfilter/nfnetlink.h>

#include <memory>

#include "fuzz/input.h"
#include "ipset/element_view.h"
#include "ipset/kernel_error.h"
#include "ipset/set_header.h"
#include "netlink/message.h"

namespace ipsetkv::fuzz {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kNestingLimit = 8;
constexpr std::size_t kElementBytes = 4096;

void require_within(Bytes part, Bytes whole) {
  require(part.empty() || (part.data() >= whole.data() &&
                           part.data() + part.size() <= whole.data() + whole.size()),
          "a decoder returns only parts of its input");
}

bool same(const ipset::ElementView& one, const ipset::ElementView& other) {
  return std::ranges::equal(one.ip, other.ip) && one.comment == other.comment &&
         one.port == other.port && one.protocol == other.protocol && one.packets == other.packets &&
         one.bytes == other.bytes;
}

/// Encodes `element` into a request and decodes it again.
void check_encoding(const ipset::Element& element) {
  netlink::Batch batch(kElementBytes);
  batch.begin_message(0, 0, nfgenmsg{});
  ipset::encode_element(batch, element);
  require(!batch.overflowed(), "an element fits into a message");
  netlink::Messages messages(batch.finish(1));
  const auto message = messages.next();
  require(message.has_value(), "a request is a valid message");
  netlink::Attributes attributes(message->payload.subspan(sizeof(nfgenmsg)));
  const auto data = attributes.next();
  require(data && data->type() == IPSET_ATTR_DATA, "an element is an attribute");
  const auto again = std::make_unique<ipset::Element>();
  require(ipset::decode_element(data->payload(), *again) == IPSET_ATTR_UNSPEC,
          "an encoded element can be decoded");
  require(*again == element, "an element is the same after encoding and decoding");
}

void check_element(Bytes attributes) {
  const auto element = std::make_unique<ipset::Element>();
  ipset::ElementView view;
  const auto bad_view = ipset::decode_element_view(attributes, view);
  if (bad_view == IPSET_ATTR_UNSPEC) {
    require_within(view.ip, attributes);
    require_within(as_bytes(view.comment), attributes);
  }
  if (ipset::decode_element(attributes, *element) != IPSET_ATTR_UNSPEC) return;
  require(bad_view == IPSET_ATTR_UNSPEC, "every decoded element has a view");
  require(same(view, *element), "a view equals the decoded element");
  check_encoding(*element);
}

void check_attributes(Bytes bytes, std::size_t nesting) {
  const auto header = std::make_unique<ipset::SetHeader>();
  std::size_t count = 0;
  netlink::Attributes attributes(bytes);
  while (const auto attribute = attributes.next()) {
    require_within(attribute->payload(), bytes);
    require(++count <= bytes.size() / sizeof(nlattr), "a walk ends");
    (void)ipset::decode_header_attribute(*attribute, *header);
    if (nesting < kNestingLimit) check_attributes(attribute->payload(), nesting + 1);
  }
  check_element(bytes);
}

void check_message(const netlink::Message& message) {
  require_within(message.returned_request(), message.payload);
  if (const auto code = message.error()) {
    require(*code >= 0, "an error's code is not negative");
    const Error error = ipset::kernel_error(IPSET_CMD_LIST, *code, "drawer");
    require(*code == 0 || !error.message().empty(), "every error has a message");
  }
  if (message.payload.size() < sizeof(nfgenmsg)) return;
  check_attributes(message.payload.subspan(sizeof(nfgenmsg)), 0);
}

void check_datagram(Bytes datagram, bool truncated) {
  std::size_t count = 0;
  netlink::Messages messages(datagram, truncated);
  while (const auto message = messages.next()) {
    require_within(message->payload, datagram);
    require(++count <= datagram.size() / sizeof(nlmsghdr), "a walk ends");
    check_message(*message);
  }
}

}  // namespace
}  // namespace ipsetkv::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto datagram = std::as_bytes(std::span(data, size));
  ipsetkv::fuzz::check_datagram(datagram, false);
  ipsetkv::fuzz::check_datagram(datagram, true);
  return 0;
}
