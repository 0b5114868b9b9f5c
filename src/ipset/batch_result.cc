// SPDX-License-Identifier: MIT
#include "ipset/batch_result.h"

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "ipset/kernel_error.h"

namespace ipsetkv::ipset {

BatchResult::BatchResult(BatchResult&& other) noexcept
    : commands_(other.commands_), count_(other.count_) {
  std::copy_n(other.failures_.begin(), count_, failures_.begin());
}

std::int32_t BatchResult::code_of(Command command) const {
  const Failure* const failure = find(command);
  return failure == nullptr ? 0 : failure->code;
}

const BatchResult::Failure* BatchResult::find(Command command) const {
  for (std::size_t index = 0; index < count_; ++index)
    if (failures_[index].command == command.index()) return &failures_[index];
  return nullptr;
}

Error BatchResult::error(Command command) const {
  const Failure* const failure = find(command);
  assert(failure != nullptr);
  return kernel_error(failure->kind, failure->code, failure->subject.data());
}

void BatchResult::record(const Batch& batch, Command command, const netlink::Message& reply) {
  if (count_ == failures_.size()) return;
  Failure& failure = failures_[count_++];
  failure.command = command.index();
  failure.code = reply.error().value_or(EBADMSG);
  failure.kind = batch.kind(command);
  const std::string_view subject = batch.subject(command, failure.code);
  const std::size_t length = std::min(subject.size(), failure.subject.size() - 1);
  std::copy_n(subject.begin(), length, failure.subject.begin());
  failure.subject[length] = '\0';
}

}  // namespace ipsetkv::ipset
