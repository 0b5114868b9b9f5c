// SPDX-License-Identifier: MIT
#include "store/drawers/spare_set.h"

#include <algorithm>
#include <cerrno>

#include "format/key.h"
#include "format/numbers.h"
#include "format/own_names.h"

namespace ipsetkv::store {
namespace {

constexpr std::size_t kBatchBytes = 1024;

// A table this many times larger than needed is still used.
constexpr std::uint32_t kTolerated = 4;

/// Whether a value that needs a set with `wanted` can be put into one with `present`.
bool serves(const ipset::CreateOptions& present, const ipset::CreateOptions& wanted) {
  if (present.port_from != wanted.port_from || present.port_to != wanted.port_to) return false;
  const std::uint32_t buckets = present.hashsize.value_or(0);
  const std::uint32_t needed = wanted.hashsize.value_or(0);
  return present.timeout == wanted.timeout && present.counters == wanted.counters &&
         present.comment == wanted.comment && !present.skbinfo && !present.forceadd &&
         present.maxelem.value_or(ipset::kDefaultMaxElements) ==
             wanted.maxelem.value_or(ipset::kDefaultMaxElements) &&
         buckets >= needed && buckets <= needed * kTolerated;
}

}  // namespace

SpareSet::SpareSet(ipset::Connection& connection)
    : connection_(connection),
      batch_(connection.new_batch(kBatchBytes)),
      name_(format::spare_name(connection.port_id())) {}

Result<bool> SpareSet::prepare(const format::DrawerContent& content, Backoff& backoff) {
  const format::SetShape shape = format::shape_of(content.kind);
  const ipset::CreateOptions wanted = format::options_for(content);
  if (options_are_sure_ && is_fit(shape, wanted)) return true;
  if (auto created = create(shape, wanted, backoff); !created)
    return tl::unexpected(created.error());
  return false;
}

Result<void> SpareSet::prepare_for_short(Backoff& backoff) {
  const format::SetShape shape;
  const ipset::CreateOptions wanted = format::options_for({});
  if (is_fit(shape, wanted)) return {};
  return create(shape, wanted, backoff);
}

bool SpareSet::is_fit(format::SetShape shape, const ipset::CreateOptions& wanted) const {
  return state_ == State::kPresent && shape_ == shape && serves(options_, wanted);
}

Result<void> SpareSet::create(format::SetShape shape, const ipset::CreateOptions& options,
                              Backoff& backoff) {
  const auto wanted = revision(shape, options);
  if (!wanted) return tl::unexpected(wanted.error());
  for (;;) {
    batch_.clear();
    if (state_ == State::kPresent) batch_.destroy(name_.view());
    batch_.create(name_.view(), shape.type, shape.family, *wanted, options);
    const std::size_t create = batch_.size() - 1;
    if (auto executed = connection_.execute(batch_); !executed) return executed;
    if (batch_.code(create) == 0) break;
    if (batch_.code(create) != EEXIST) {
      state_ = State::kAbsent;
      return tl::unexpected(batch_.error(create));
    }
    state_ = State::kPresent;
    if (!backoff.wait())
      return tl::unexpected(
          Error{.code = ErrorCode::kBusy, .step = Step::kDestroy}.about(name_.view()));
  }
  replaced_by(shape, options);
  return {};
}

Result<void> SpareSet::queue_comparison(ipset::Batch& batch, format::SetShape shape,
                                        ipset::CreateOptions options) {
  const auto wanted = revision(shape, options);
  if (!wanted) return tl::unexpected(wanted.error());
  // The kernel makes a set before it looks whether there is one. It compares neither sizes nor the
  // hash's seed, and a seed that it has to think up takes it as long as all the rest.
  if (options.hashsize) options.hashsize = ipset::kMinHashSize;
  if (takes_seed_) options.initval = connection_.port_id();
  batch.create(name_.view(), shape.type, shape.family, *wanted, options, ipset::Existing::kAccept);
  return {};
}

Result<std::uint8_t> SpareSet::revision(format::SetShape shape,
                                        const ipset::CreateOptions& options) {
  if (!revision_ || revised_shape_ != shape || revised_.comment != options.comment ||
      revised_.counters != options.counters) {
    const std::uint8_t needed =
        shape.type == ipset::SetType::kHashIpPort ? format::kNeededRevision : std::uint8_t{0};
    const auto chosen = connection_.choose_revision(shape.type, shape.family, options, needed);
    if (!chosen) return tl::unexpected(chosen.error());
    ipset::CreateOptions seeded = options;
    seeded.initval = connection_.port_id();
    takes_seed_ = connection_.choose_revision(shape.type, shape.family, seeded).has_value();
    revision_ = *chosen;
    revised_ = options;
    revised_shape_ = shape;
  }
  return *revision_;
}

void SpareSet::replaced_by(format::SetShape shape, const ipset::CreateOptions& options,
                           bool are_sure) {
  shape_ = shape;
  options_ = options;
  options_are_sure_ = are_sure;
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
