// SPDX-License-Identifier: MIT
#include "store/drawers/spare_set.h"

#include <algorithm>
#include <cerrno>

#include "format/key.h"
#include "format/numbers.h"
#include "format/own_names.h"

namespace ipsetkv::store {
namespace {

// One command's elements (64 KiB at most) and a few commands without.
constexpr std::size_t kBatchBytes = std::size_t{72} * 1024;

// A table this many times larger than needed is still used.
constexpr std::uint32_t kTolerated = 4;

/// Whether a set created with `present` can take the content that needs one with `wanted`.
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

SpareSet::~SpareSet() {
  if (!exists_) return;
  batch_.clear();
  (void)batch_.destroy(name_.view());
  (void)connection_.send(batch_);
}

Result<void> SpareSet::fill(format::SetShape shape, const ipset::CreateOptions& options,
                            ElementSource& elements, Backoff& backoff) {
  is_filled_ = false;
  const bool is_there = options_are_sure_ && is_fit(shape, options);
  if (!is_there)
    if (auto created = create(shape, options, backoff); !created) return created;
  if (auto added = add_all(elements, is_there); !added) {
    lose_track();
    return added;
  }
  is_filled_ = true;
  return {};
}

Result<void> SpareSet::add_all(ElementSource& elements, bool flushes) {
  batch_.clear();
  if (flushes) (void)batch_.flush(name_.view());
  bool more = elements.next(element_);
  do {
    std::optional<ipset::Command> add;
    if (more) {
      add = batch_.begin_add(name_.view());
      while (more && batch_.append(element_)) more = elements.next(element_);
      batch_.end_elements();
    }
    const auto result = connection_.send(batch_);
    if (!result) return tl::unexpected(result.error());
    if (const auto failed = result->first_failure()) {
      Error error = result->error(*failed);
      // All types share the number; for a hash type it is IPSET_ERR_HASH_FULL.
      const bool is_add = add && failed->index() == add->index();
      if (is_add && error.kernel_code == IPSET_ERR_TYPE_SPECIFIC) error.code = ErrorCode::kSetFull;
      return tl::unexpected(error);
    }
    batch_.clear();
  } while (more);
  return {};
}

Result<void> SpareSet::ensure(format::SetShape shape, const ipset::CreateOptions& options,
                              Backoff& backoff) {
  if (is_fit(shape, options)) return {};
  return create(shape, options, backoff);
}

bool SpareSet::is_fit(format::SetShape shape, const ipset::CreateOptions& wanted) const {
  return exists_ && shape_ == shape && serves(options_, wanted);
}

Result<void> SpareSet::create(format::SetShape shape, const ipset::CreateOptions& options,
                              Backoff& backoff) {
  const auto wanted = revision(shape, options);
  if (!wanted) return tl::unexpected(wanted.error());
  for (;;) {
    batch_.clear();
    if (exists_) (void)batch_.destroy(name_.view());
    const ipset::Command create =
        batch_.create(name_.view(), shape.type, shape.family, *wanted, options);
    const auto result = connection_.send(batch_);
    // Where the reply was lost, it may exist.
    exists_ = exists_ || !result;
    if (!result) return tl::unexpected(result.error());
    if ((*result)[create] == 0) break;
    exists_ = (*result)[create] == EEXIST;
    if (!exists_) return tl::unexpected(result->error(create));
    if (!backoff.wait())
      return tl::unexpected(
          Error{.code = ErrorCode::kBusy, .step = Step::kDestroy}.about(name_.view()));
  }
  replaced_by(shape, options);
  return {};
}

Result<ipset::Command> SpareSet::queue_comparison(ipset::Batch& batch, format::SetShape shape,
                                                  ipset::CreateOptions options) {
  const auto wanted = revision(shape, options);
  if (!wanted) return tl::unexpected(wanted.error());
  // The kernel creates a set before it looks whether there is one. It compares neither sizes nor
  // the hash's seed, and drawing a random seed takes it as long as all the rest.
  if (options.hashsize) options.hashsize = ipset::kMinHashSize;
  if (takes_seed_) options.initval = connection_.port_id();
  return batch.create(name_.view(), shape.type, shape.family, *wanted, options,
                      ipset::Existing::kAccept);
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
  exists_ = true;
  is_filled_ = false;
}

void SpareSet::given_away() {
  exists_ = false;
  is_filled_ = false;
}

}  // namespace ipsetkv::store
