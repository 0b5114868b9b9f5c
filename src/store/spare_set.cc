// SPDX-License-Identifier: MIT
#include "store/spare_set.h"

#include <algorithm>
#include <cerrno>

#include "layout/numbers.h"
#include "store/key.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 1024;

// A table this many times larger than needed is still used.
constexpr std::uint32_t kTolerated = 4;

/// Whether a value that needs a set with `wanted` can be put into one with `present`.
bool serves(const ipset::CreateOptions& present, const ipset::CreateOptions& wanted) {
  const std::uint32_t buckets = present.hashsize.value_or(0);
  return present.timeout == wanted.timeout && present.counters == wanted.counters &&
         present.comment == wanted.comment && !present.skbinfo && !present.forceadd &&
         present.maxelem.value_or(ipset::kDefaultMaxElements) ==
             wanted.maxelem.value_or(ipset::kDefaultMaxElements) &&
         buckets >= *wanted.hashsize && buckets <= *wanted.hashsize * kTolerated;
}

}  // namespace

SpareSet::SpareSet(ipset::Connection& connection)
    : connection_(connection),
      batch_(connection.new_batch(kBatchBytes)),
      name_(spare_name(connection.port_id())) {}

Result<bool> SpareSet::prepare(const layout::DrawerContent& content, Patience& patience) {
  ipset::CreateOptions wanted = layout::options_for(content);
  wanted.hashsize = layout::hashsize_for(content, layout::count_elements(content));
  if (state_ == State::kPresent && serves(options_, wanted)) return true;
  if (auto created = create(wanted, patience); !created) return tl::unexpected(created.error());
  return false;
}

Result<void> SpareSet::create(const ipset::CreateOptions& options, Patience& patience) {
  const auto wanted = revision(options);
  if (!wanted) return tl::unexpected(wanted.error());
  for (;;) {
    batch_.clear();
    if (state_ == State::kPresent) batch_.destroy(name_.view());
    batch_.create(name_.view(), ipset::SetType::kHashIpPort, ipset::Family::kInet, *wanted,
                  options);
    const std::size_t create = batch_.size() - 1;
    if (auto executed = connection_.execute(batch_); !executed) return executed;
    if (batch_.code(create) == 0) break;
    if (batch_.code(create) != EEXIST) {
      state_ = State::kAbsent;
      return tl::unexpected(batch_.error(create));
    }
    state_ = State::kPresent;
    if (!patience.wait())
      return tl::unexpected(
          Error{.code = ErrorCode::kBusy, .step = Step::kDestroy}.about(name_.view()));
  }
  options_ = options;
  state_ = State::kPresent;
  return {};
}

Result<std::uint8_t> SpareSet::revision(const ipset::CreateOptions& options) {
  if (!revision_ || revised_.comment != options.comment || revised_.counters != options.counters) {
    const auto chosen = connection_.choose_revision(
        ipset::SetType::kHashIpPort, ipset::Family::kInet, options, layout::kNeededRevision);
    if (!chosen) return tl::unexpected(chosen.error());
    revision_ = *chosen;
    revised_ = options;
  }
  return *revision_;
}

void SpareSet::replaced_by(const ipset::CreateOptions& options) {
  options_ = options;
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
