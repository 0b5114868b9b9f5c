// SPDX-License-Identifier: MIT
#include "netlink/batch.h"

namespace ipsetkv::netlink {

Batch::Batch(std::size_t capacity)
    : buffer_(std::make_unique_for_overwrite<std::byte[]>(capacity)), capacity_(capacity) {
  starts_.reserve(kMaxMessages);
}

void Batch::clear() {
  used_ = 0;
  starts_.clear();
  overflowed_ = false;
}

std::byte* Batch::begin(std::uint16_t type, std::uint16_t flags, std::size_t header_bytes) {
  close_message();
  const std::size_t bytes = NLMSG_HDRLEN + header_bytes;
  if (overflowed_ || starts_.size() == kMaxMessages || bytes > capacity_ - used_) {
    overflowed_ = true;
    return nullptr;
  }
  const nlmsghdr header{.nlmsg_len = 0,
                        .nlmsg_type = type,
                        .nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags),
                        .nlmsg_seq = 0,
                        .nlmsg_pid = 0};
  std::byte* const place = buffer_.get() + used_;
  std::memcpy(place, &header, sizeof header);
  starts_.push_back(used_);
  used_ += bytes;
  return place + NLMSG_HDRLEN;
}

void Batch::close_message() {
  if (starts_.empty()) return;
  const auto length = static_cast<std::uint32_t>(used_ - starts_.back());
  std::memcpy(buffer_.get() + starts_.back() + offsetof(nlmsghdr, nlmsg_len), &length,
              sizeof length);
}

void Batch::rewind(std::size_t mark) {
  used_ = mark;
  overflowed_ = false;
}

std::span<const std::byte> Batch::finish(std::uint32_t first_sequence) {
  close_message();
  for (const std::size_t start : starts_) {
    const std::uint32_t sequence = first_sequence++;
    std::memcpy(buffer_.get() + start + offsetof(nlmsghdr, nlmsg_seq), &sequence, sizeof sequence);
  }
  return {buffer_.get(), used_};
}

std::span<const std::byte> Batch::message(std::size_t index) const {
  const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] : used_;
  return {buffer_.get() + starts_[index], end - starts_[index]};
}

}  // namespace ipsetkv::netlink
