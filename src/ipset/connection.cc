// SPDX-License-Identifier: MIT
#include "ipset/connection.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "ipset/kernel_error.h"
#include "netlink/message.h"

namespace ipsetkv::ipset {
namespace {

// A question is one command with a name or two.
constexpr std::size_t kQuestionBytes = 4096;

}  // namespace

Connection::Connection(netlink::Socket socket, std::chrono::milliseconds timeout)
    : socket_(std::move(socket)),
      buffer_(std::make_unique_for_overwrite<netlink::Socket::PartBuffer>()),
      timeout_(timeout),
      questions_(kProtocolNewest, kQuestionBytes) {}

Result<Connection> Connection::open(std::chrono::milliseconds timeout, Environment& environment) {
  auto socket = netlink::Socket::open(NETLINK_NETFILTER, environment);
  if (!socket) {
    Error error = socket.error();
    // A kernel without nfnetlink has no such family at all.
    if (error.kernel_code == EPROTONOSUPPORT) error.code = ErrorCode::kNoIpset;
    return tl::unexpected(error);
  }
  Connection connection(*std::move(socket), timeout);
  if (auto agreed = connection.negotiate(); !agreed) return tl::unexpected(agreed.error());
  return connection;
}

Result<void> Connection::negotiate() {
  std::uint8_t newest = 0;
  std::optional<std::uint8_t> oldest;
  questions_.clear();
  questions_.protocol();
  auto asked = ask(questions_, [&](const netlink::Attribute& attribute) {
    const auto number = attribute.number<std::uint8_t>();
    if (attribute.type() == IPSET_ATTR_PROTOCOL) newest = number.value_or(0);
    if (attribute.type() == IPSET_ATTR_PROTOCOL_MIN) oldest = number;
  });
  if (!asked) return asked;
  protocol_ = std::min(newest, kProtocolNewest);
  // Kernels that speak one version only don't send the oldest.
  if (protocol_ < kProtocolOldest || oldest.value_or(newest) > kProtocolNewest) {
    return tl::unexpected(Error{.code = ErrorCode::kProtocolVersion,
                                .step = Step::kProtocol,
                                .actual = newest,
                                .limit = kProtocolNewest});
  }
  questions_ = Batch(protocol_, kQuestionBytes);
  return {};
}

template <class Take>
Result<void> Connection::converse(Batch& batch, Take take) {
  const std::uint32_t first = next_sequence_;
  const auto bytes = batch.finish(first);
  if (!bytes) return tl::unexpected(bytes.error());
  if (bytes->empty()) return {};
  next_sequence_ += static_cast<std::uint32_t>(batch.size());
  if (auto sent = socket_.send(*bytes); !sent) return sent;

  Result<void> conversation;
  for (;;) {
    const auto datagram = socket_.receive_queued(buffer());
    if (!datagram) {
      conversation = tl::unexpected(datagram.error());
      // Replies were lost. Until the others are read the kernel drops further ones without a word
      // (net/netlink/af_netlink.c, netlink_overrun), and the next failure would pass for success.
      if (datagram.error().kernel_code == ENOBUFS) continue;
      return conversation;
    }
    if (datagram->bytes.empty()) return conversation;
    netlink::Messages messages(datagram->bytes, datagram->truncated);
    while (const auto message = messages.next()) {
      const std::size_t command = message->sequence - first;
      if (message->is_error() && command < batch.size()) take(command, *message);
    }
  }
}

Result<BatchResult> Connection::send(Batch& batch) {
  Result<BatchResult> result(tl::in_place, batch.size());
  const auto conversed = converse(batch, [&](std::size_t command, const netlink::Message& reply) {
    result->record(batch, Command(command), reply);
  });
  if (!conversed) result = tl::unexpected(conversed.error());
  return result;
}

Result<void> Connection::execute(Batch& batch) {
  batch.clear_codes();
  return converse(batch, [&](std::size_t command, const netlink::Message& reply) {
    batch.record(command, reply);
  });
}

Result<void> Connection::execute_all(Batch& batch) {
  if (auto executed = execute(batch); !executed) return executed;
  if (const auto failure = batch.first_failure()) return tl::unexpected(batch.error(*failure));
  return {};
}

template <class Visit>
Result<void> Connection::ask(Batch& batch, Visit visit) {
  const std::uint32_t sequence = next_sequence_++;
  const auto bytes = batch.finish(sequence);
  if (!bytes) return tl::unexpected(bytes.error());
  if (auto sent = socket_.send(*bytes); !sent) return sent;
  for (;;) {
    const auto datagram = socket_.receive(buffer(), timeout_);
    if (!datagram) return tl::unexpected(datagram.error());
    netlink::Messages messages(datagram->bytes, datagram->truncated);
    while (const auto message = messages.next()) {
      if (message->sequence != sequence) continue;
      if (message->is_error()) {
        batch.record(0, *message);
        return tl::unexpected(batch.error(0));
      }
      if (message->payload.size() < sizeof(nfgenmsg))
        return tl::unexpected(Error{.code = ErrorCode::kMalformed});
      netlink::Attributes attributes(message->payload.subspan(sizeof(nfgenmsg)));
      while (const auto attribute = attributes.next()) visit(*attribute);
      return {};
    }
  }
}

Result<Listing> Connection::list(std::string_view name, ListMode mode) {
  const std::uint32_t sequence = next_sequence_++;
  questions_.clear();
  questions_.list(name, mode);
  const auto bytes = questions_.finish(sequence);
  if (!bytes) return tl::unexpected(bytes.error());
  if (auto sent = socket_.send(*bytes); !sent) return tl::unexpected(sent.error());
  return Result<Listing>(tl::in_place, socket_, part_buffer(), sequence, mode, name, timeout_);
}

Result<std::optional<SetHeader>> Connection::header(std::string_view name) {
  SetHeader header;
  std::uint16_t bad = IPSET_ATTR_UNSPEC;
  questions_.clear();
  questions_.header(name);
  const auto asked = ask(questions_, [&](const netlink::Attribute& attribute) {
    if (bad == IPSET_ATTR_UNSPEC) bad = decode_header_attribute(attribute, header);
  });
  if (!asked) {
    if (asked.error().code == ErrorCode::kNoSuchSet) return std::nullopt;
    return tl::unexpected(asked.error());
  }
  if (bad != IPSET_ATTR_UNSPEC)
    return tl::unexpected(
        Error{.code = ErrorCode::kMalformed, .step = Step::kHeader, .actual = bad}.about(name));
  return header;
}

Result<Revisions> Connection::type(SetType type, Family family) {
  Revisions revisions;
  std::optional<std::uint8_t> lowest;
  questions_.clear();
  questions_.type(type_name(type), family);
  const auto asked = ask(questions_, [&](const netlink::Attribute& attribute) {
    const auto number = attribute.number<std::uint8_t>();
    if (attribute.type() == IPSET_ATTR_REVISION) revisions.highest = number.value_or(0);
    if (attribute.type() == IPSET_ATTR_REVISION_MIN) lowest = number;
  });
  if (!asked) return tl::unexpected(asked.error());
  revisions.lowest = lowest.value_or(revisions.highest);
  return revisions;
}

Result<bool> Connection::test(std::string_view name, const Element& element) {
  questions_.clear();
  questions_.test(name, element);
  if (auto executed = execute(questions_); !executed) return tl::unexpected(executed.error());
  if (questions_.code(0) == 0) return true;
  if (questions_.code(0) == IPSET_ERR_EXIST) return false;
  return tl::unexpected(questions_.error(0));
}

Result<std::uint8_t> Connection::choose_revision(SetType type, Family family,
                                                 const CreateOptions& options,
                                                 std::uint8_t needed) {
  const auto offered = this->type(type, family);
  if (!offered) return tl::unexpected(offered.error());
  const std::uint8_t revision = std::max({offered->lowest, lowest_revision(type, options), needed});
  if (revision <= offered->highest) return revision;
  return tl::unexpected(Error{.code = ErrorCode::kNoRevision,
                              .step = Step::kType,
                              .actual = revision,
                              .limit = offered->highest}
                            .about(type_name(type)));
}

}  // namespace ipsetkv::ipset
