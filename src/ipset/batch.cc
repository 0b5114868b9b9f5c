// SPDX-License-Identifier: MIT
#include "ipset/batch.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "ipset/kernel_error.h"

namespace ipsetkv::ipset {
namespace {

std::uint16_t exclusive(Existing existing) { return existing == Existing::kFail ? NLM_F_EXCL : 0; }

std::span<const std::byte> attributes_of(std::span<const std::byte> request_payload) {
  return request_payload.size() > sizeof(nfgenmsg) ? request_payload.subspan(sizeof(nfgenmsg))
                                                   : std::span<const std::byte>{};
}

}  // namespace

void Batch::clear() { messages_.clear(); }

Command Batch::begin(ipset_cmd command, std::uint16_t flags, std::string_view name) {
  const Command begun(messages_.size());
  const nfgenmsg header{.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = 0};
  messages_.begin_message(message_type(command), flags, header);
  messages_.put_number(IPSET_ATTR_PROTOCOL, protocol_);
  if (!name.empty()) messages_.put_text(IPSET_ATTR_SETNAME, name);
  return begun;
}

Command Batch::create(std::string_view name, SetType type, Family family, std::uint8_t revision,
                      const CreateOptions& options, Existing existing) {
  const Command command = begin(IPSET_CMD_CREATE, NLM_F_CREATE | exclusive(existing), name);
  messages_.put_text(IPSET_ATTR_TYPENAME, type_name(type));
  messages_.put_number(IPSET_ATTR_REVISION, revision);
  messages_.put_number(IPSET_ATTR_FAMILY, static_cast<std::uint8_t>(family));
  encode_create_options(messages_, options);
  return command;
}

Command Batch::destroy(std::string_view name) { return begin(IPSET_CMD_DESTROY, NLM_F_EXCL, name); }

Command Batch::destroy_all() { return begin(IPSET_CMD_DESTROY, 0, {}); }

Command Batch::flush(std::string_view name) { return begin(IPSET_CMD_FLUSH, 0, name); }

Command Batch::flush_all() { return begin(IPSET_CMD_FLUSH, 0, {}); }

Command Batch::rename(std::string_view from, std::string_view to) {
  const Command command = begin(IPSET_CMD_RENAME, 0, from);
  messages_.put_text(IPSET_ATTR_SETNAME2, to);
  return command;
}

Command Batch::swap(std::string_view one, std::string_view other) {
  const Command command = begin(IPSET_CMD_SWAP, 0, one);
  messages_.put_text(IPSET_ATTR_SETNAME2, other);
  return command;
}

Command Batch::add(std::string_view name, const Element& element, Existing existing) {
  const Command command = begin(IPSET_CMD_ADD, exclusive(existing), name);
  encode_element(messages_, element);
  return command;
}

Command Batch::del(std::string_view name, const Element& element, Existing existing) {
  const Command command = begin(IPSET_CMD_DEL, exclusive(existing), name);
  encode_element(messages_, element);
  return command;
}

Command Batch::test(std::string_view name, const Element& element) {
  const Command command = begin(IPSET_CMD_TEST, 0, name);
  encode_element(messages_, element);
  return command;
}

Command Batch::begin_add(std::string_view name, Existing existing) {
  return begin_elements(IPSET_CMD_ADD, name, existing);
}

Command Batch::begin_del(std::string_view name, Existing existing) {
  return begin_elements(IPSET_CMD_DEL, name, existing);
}

Command Batch::begin_elements(ipset_cmd command, std::string_view name, Existing existing) {
  const Command begun = begin(command, exclusive(existing), name);
  // The kernel requires it with IPSET_ATTR_ADT, and writes the failing element's line into it when
  // it returns the request. It comes before the elements so that a truncated reply still has it.
  messages_.put_number(IPSET_ATTR_LINENO, std::uint32_t{0});
  elements_ = messages_.begin_nest(IPSET_ATTR_ADT);
  return begun;
}

bool Batch::append(const Element& element) {
  if (messages_.overflowed()) return false;
  const std::size_t mark = messages_.mark();
  encode_element(messages_, element);
  if (!messages_.overflowed() && messages_.nest_bytes(elements_) <= netlink::Batch::kMaxNestBytes)
    return true;
  messages_.rewind(mark);
  return false;
}

void Batch::end_elements() { messages_.end_nest(elements_); }

Command Batch::list(std::string_view name, ListMode mode) {
  const Command command = begin(IPSET_CMD_LIST, NLM_F_DUMP, name);
  if (mode == ListMode::kNames)
    messages_.put_number(IPSET_ATTR_FLAGS, std::uint32_t{IPSET_FLAG_LIST_SETNAME});
  if (mode == ListMode::kHeaders)
    messages_.put_number(IPSET_ATTR_FLAGS, std::uint32_t{IPSET_FLAG_LIST_HEADER});
  return command;
}

Command Batch::list_all(ListMode mode) { return list({}, mode); }

Command Batch::header(std::string_view name) { return begin(IPSET_CMD_HEADER, 0, name); }

Command Batch::type(std::string_view type_name, Family family) {
  const Command command = begin(IPSET_CMD_TYPE, 0, {});
  messages_.put_text(IPSET_ATTR_TYPENAME, type_name);
  messages_.put_number(IPSET_ATTR_FAMILY, static_cast<std::uint8_t>(family));
  return command;
}

Command Batch::protocol() { return begin(IPSET_CMD_PROTOCOL, 0, {}); }

std::optional<std::size_t> Batch::first_failure() const {
  for (std::size_t command = 0; command < size(); ++command)
    if (codes_[command] != 0) return command;
  return std::nullopt;
}

ipset_cmd Batch::kind(Command command) const {
  const auto message = messages_.message(command.index());
  const auto type = reinterpret_cast<const nlmsghdr*>(message.data())->nlmsg_type;
  return static_cast<ipset_cmd>(type & 0xFF);
}

std::string_view Batch::subject(Command command, std::int32_t code) const {
  const auto message = messages_.message(command.index());
  std::string_view subject;
  netlink::Attributes attributes(attributes_of(message.subspan(sizeof(nlmsghdr))));
  while (const auto attribute = attributes.next()) {
    if (attribute->type() == IPSET_ATTR_SETNAME && subject.empty()) subject = attribute->text();
    if (attribute->type() == IPSET_ATTR_TYPENAME && code == IPSET_ERR_FIND_TYPE)
      subject = attribute->text();
  }
  return subject;
}

Error Batch::error(std::size_t command) const {
  const std::int32_t failed = code(command);
  return kernel_error(kind(Command(command)), failed, subject(Command(command), failed));
}

std::optional<std::uint32_t> Batch::failed_line(std::size_t command) const {
  if (codes_[command] == 0 || lines_[command] == 0) return std::nullopt;
  return lines_[command];
}

Result<std::span<const std::byte>> Batch::finish(std::uint32_t first_sequence) {
  if (messages_.overflowed()) {
    Error error{.code = ErrorCode::kTooLarge, .step = Step::kSend};
    return tl::unexpected(error);
  }
  return messages_.finish(first_sequence);
}

void Batch::clear_codes() {
  std::fill_n(codes_.begin(), size(), 0);
  std::fill_n(lines_.begin(), size(), 0U);
}

void Batch::record(std::size_t command, const netlink::Message& reply) {
  codes_[command] = reply.error().value_or(EBADMSG);
  netlink::Attributes returned(attributes_of(reply.returned_request()));
  while (const auto attribute = returned.next())
    if (attribute->type() == IPSET_ATTR_LINENO)
      lines_[command] = attribute->number<std::uint32_t>().value_or(0);
}

}  // namespace ipsetkv::ipset
