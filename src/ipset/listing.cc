// SPDX-License-Identifier: MIT
#include "ipset/listing.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "ipset/kernel_error.h"

namespace ipsetkv::ipset {
namespace {

// A listing with more parts than this is long.
constexpr std::size_t kSmallParts = 4;

}  // namespace

Listing::Listing(netlink::Socket& socket, std::span<std::byte> buffer, std::uint32_t sequence,
                 ListMode mode, std::string_view subject, std::chrono::milliseconds timeout)
    : socket_(socket),
      buffer_(buffer),
      subject_(subject),
      timeout_(timeout),
      sequence_(sequence),
      mode_(mode) {}

Listing::~Listing() {
  // Ignores parts that do not parse or were interrupted; stops if the socket fails.
  while (!done_) (void)fetch();
}

Result<const SetHeader*> Listing::next_set() {
  while (pending_.empty()) {
    if (done_) return nullptr;
    if (auto fetched = fetch(); !fetched) return tl::unexpected(fetched.error());
  }
  if (auto decoded = decode_header(std::exchange(pending_, {})); !decoded)
    return tl::unexpected(decoded.error());
  return &header_;
}

Result<void> Listing::decode_header(std::span<const std::byte> payload) {
  std::construct_at(&header_);
  netlink::Attributes attributes(payload);
  while (const auto attribute = attributes.next()) {
    if (attribute->type() == IPSET_ATTR_ADT) {
      elements_ = netlink::Attributes(attribute->payload());
    } else if (const auto bad = decode_header_attribute(*attribute, header_);
               bad != IPSET_ATTR_UNSPEC) {
      return malformed(bad);
    }
  }
  if (attributes.malformed()) return malformed(IPSET_ATTR_UNSPEC);
  return {};
}

Result<bool> Listing::next_data() {
  while (pending_.empty()) {
    if (const auto attribute = elements_.next()) {
      if (attribute->type() != IPSET_ATTR_DATA) continue;
      data_ = attribute->payload();
      return true;
    }
    if (elements_.malformed()) return malformed(IPSET_ATTR_ADT);
    if (done_) break;
    if (auto fetched = fetch(); !fetched) return tl::unexpected(fetched.error());
  }
  return false;
}

Result<const Element*> Listing::next_element() {
  const auto found = next_data();
  if (!found) return tl::unexpected(found.error());
  if (!*found) return nullptr;
  if (const auto bad = decode_element(data_, element_); bad != IPSET_ATTR_UNSPEC)
    return malformed(bad);
  return &element_;
}

Result<const ElementView*> Listing::next_element_view() {
  const auto found = next_data();
  if (!found) return tl::unexpected(found.error());
  if (!*found) return nullptr;
  if (const auto bad = decode_element_view(data_, view_); bad != IPSET_ATTR_UNSPEC)
    return malformed(bad);
  return &view_;
}

Result<const ElementView*> Listing::find_element(std::span<const std::byte> address) {
  for (;;) {
    const auto found = next_data();
    if (!found) return tl::unexpected(found.error());
    if (!*found) return nullptr;
    if (!has_address(data_, address)) continue;
    if (const auto bad = decode_element_view(data_, view_); bad != IPSET_ATTR_UNSPEC)
      return malformed(bad);
    return &view_;
  }
}

Result<void> Listing::fetch() {
  for (;;) {
    while (const auto message = messages_.next()) {
      if (message->sequence == sequence_) return take(*message);
    }
    // The next call continues with the next datagram.
    if (std::exchange(messages_, {}).malformed()) return malformed(IPSET_ATTR_UNSPEC);
    if (auto received = receive_part(); !received) return received;
  }
}

Result<void> Listing::receive_part() {
  if (parts_ == kSmallParts) socket_.enlarge_parts();
  const std::size_t bytes = std::min(buffer_.size(), socket_.part_bytes());
  const auto datagram = socket_.receive(buffer_.first(bytes), timeout_);
  if (!datagram) {
    abandon();
    return tl::unexpected(datagram.error());
  }
  ++parts_;
  messages_ = netlink::Messages(datagram->bytes);
  // The kernel sizes the parts of a dump by the receive buffer, so this does not happen.
  if (datagram->truncated) return malformed(IPSET_ATTR_UNSPEC);
  return {};
}

void Listing::abandon() {
  done_ = true;
  messages_ = {};
  elements_ = {};
  // A larger buffer would have the kernel make larger parts from then on.
  socket_.abandon_dump(buffer_.first(std::min(buffer_.size(), socket_.part_bytes())));
}

Result<void> Listing::take(const netlink::Message& message) {
  elements_ = {};
  if (message.is_error() || message.is_done()) {
    const auto code = message.error();
    if (!code) return malformed(IPSET_ATTR_UNSPEC);
    // Where the kernel had no memory for the first part, the others follow the error.
    if (*code == ENOBUFS || *code == ENOMEM) abandon();
    done_ = true;
    if (*code != 0) return fail(kernel_error(IPSET_CMD_LIST, *code, subject_.view()));
    return {};
  }
  if (message.is_interrupted())
    return fail(Error{.code = ErrorCode::kInterrupted, .step = Step::kList}.about(subject_.view()));
  if (message.payload.size() < sizeof(nfgenmsg)) return malformed(IPSET_ATTR_UNSPEC);
  return take_set(message.payload.subspan(sizeof(nfgenmsg)));
}

Result<void> Listing::take_set(std::span<const std::byte> payload) {
  // Only a set's first message has its type, before the elements; the others continue those.
  if (mode_ == ListMode::kNames) {
    pending_ = payload;
    return {};
  }
  netlink::Attributes attributes(payload);
  while (const auto attribute = attributes.next()) {
    if (attribute->type() == IPSET_ATTR_TYPENAME) {
      pending_ = payload;
      return {};
    }
    if (attribute->type() == IPSET_ATTR_ADT) elements_ = netlink::Attributes(attribute->payload());
  }
  if (attributes.malformed()) return malformed(IPSET_ATTR_UNSPEC);
  return {};
}

tl::unexpected<Error> Listing::fail(const Error& error) { return tl::unexpected<Error>(error); }

tl::unexpected<Error> Listing::malformed(std::uint16_t attribute) {
  return fail(Error{.code = ErrorCode::kMalformed, .step = Step::kList, .actual = attribute}.about(
      subject_.view()));
}

}  // namespace ipsetkv::ipset
