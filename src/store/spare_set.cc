// SPDX-License-Identifier: MIT
#include "store/spare_set.h"

#include <algorithm>
#include <bit>

#include "layout/ipv4.h"
#include "store/key.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 1024;

// A table this many times larger than needed is still used.
constexpr std::uint32_t kTolerated = 4;

std::uint32_t hashsize_for(std::size_t elements) {
  return std::max(ipset::kMinHashSize, static_cast<std::uint32_t>(std::bit_ceil(elements)));
}

}  // namespace

SpareSet::SpareSet(ipset::Connection& connection)
    : connection_(connection),
      batch_(connection.new_batch(kBatchBytes)),
      name_(spare_name(connection.port_id())) {}

Result<bool> SpareSet::prepare(std::size_t elements, Patience& patience) {
  const std::uint32_t wanted = hashsize_for(elements);
  if (state_ == State::kPresent && hashsize_ >= wanted && hashsize_ <= wanted * kTolerated)
    return true;
  if (auto created = create(wanted, patience); !created) return tl::unexpected(created.error());
  return false;
}

Result<void> SpareSet::create(std::uint32_t hashsize, Patience& patience) {
  const auto wanted = revision();
  if (!wanted) return tl::unexpected(wanted.error());
  for (;;) {
    batch_.clear();
    // The name of a socket that is gone may have come to us, and with it what a crash left there.
    if (state_ != State::kAbsent) batch_.destroy(name_.view());
    batch_.create(name_.view(), ipset::SetType::kHashIpPort, ipset::Family::kInet, *wanted,
                  {.hashsize = hashsize});
    const std::size_t create = batch_.size() - 1;
    if (auto executed = connection_.execute(batch_); !executed) return executed;
    if (batch_.code(create) == 0) break;
    if (batch_.code(create) != EEXIST) {
      state_ = State::kAbsent;
      return tl::unexpected(batch_.error(create));
    }
    state_ = State::kNotOurs;
    if (!patience.wait())
      return tl::unexpected(
          Error{.code = ErrorCode::kBusy, .step = Step::kDestroy}.about(name_.view()));
  }
  hashsize_ = hashsize;
  state_ = State::kPresent;
  return {};
}

Result<std::uint8_t> SpareSet::revision() {
  if (!revision_) {
    const auto chosen = connection_.choose_revision(
        ipset::SetType::kHashIpPort, ipset::Family::kInet, {}, layout::ipv4::kNeededRevision);
    if (!chosen) return tl::unexpected(chosen.error());
    revision_ = *chosen;
  }
  return *revision_;
}

void SpareSet::replaced_by(std::uint32_t hashsize, bool plain) {
  hashsize_ = plain ? hashsize : 0;
  state_ = State::kPresent;
}

void SpareSet::discard() {
  if (state_ != State::kPresent) return;
  batch_.clear();
  batch_.destroy(name_.view());
  (void)connection_.execute(batch_);
  state_ = State::kAbsent;
}

}  // namespace ipsetkv::store
