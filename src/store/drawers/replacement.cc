// SPDX-License-Identifier: MIT
#include "store/drawers/replacement.h"

#include "format/chunks.h"

namespace ipsetkv::store {
namespace {

// The chunks that a lock's own set, with its 64 buckets, holds without growing.
constexpr std::size_t kShortBytes = std::size_t{ipset::kMinHashSize} * format::chunks::kIpv4.bytes;

/// The shape of the locks: sets of this one can be swapped with them.
constexpr format::SetShape kLockShape{};

class DrawerElements final : public ElementSource {
 public:
  explicit DrawerElements(const format::DrawerContent& content) : encoder_(content) {}
  [[nodiscard]] bool next(ipset::Element& element) override { return encoder_.next(element); }

 private:
  format::DrawerEncoder encoder_;
};

/// Whether any plain set of the locks' shape can hold it.
bool is_short(const format::DrawerContent& content) {
  return content.kind == format::Kind::kIpv4 && content.key.empty() && !content.deadline &&
         !content.value.empty() && content.value.size() <= kShortBytes;
}

}  // namespace

Replacement::Replacement(ipset::Connection& connection, DrawerReader& reader)
    : inspector_(reader),
      spare_(connection),
      exchange_(connection, inspector_, spare_),
      type_replacement_(connection, inspector_, spare_),
      recent_(connection.environment()),
      plain_options_(format::options_for({})) {}

bool Replacement::fits_one_send(const format::DrawerContent& content,
                                const std::optional<Predecessor>& predecessor) {
  return predecessor && predecessor->shape == kLockShape && is_short(content);
}

Result<void> Replacement::prepare(const format::Place& place, const format::DrawerContent& content,
                                  Backoff& backoff) {
  const auto fill = [&] {
    DrawerElements elements(content);
    return spare_.fill(format::shape_of(content.kind), format::options_for(content), elements,
                       backoff);
  };
  auto filled = fill();
  // Somebody has destroyed the spare set; the second time it is created anew.
  if (!filled && filled.error().code == ErrorCode::kNoSuchSet) filled = fill();
  if (!filled) return tl::unexpected(filled.error().about(place.name.view()));
  return {};
}

Result<Outcome> Replacement::put(StripeHold& hold, const format::Place& place,
                                 const format::DrawerContent& content,
                                 const std::optional<Predecessor>& predecessor) {
  if (fits_one_send(content, predecessor))
    return put_in_one_send(hold, place, content, *predecessor);
  if (!is_prepared())
    if (auto prepared = prepare(place, content, hold.backoff()); !prepared)
      return tl::unexpected(prepared.error());
  const format::SetShape shape = format::shape_of(content.kind);
  if (shape != kLockShape || (predecessor && predecessor->shape != shape))
    return type_replacement_.put(hold, place, shape);
  const ipset::CreateOptions options = spare_.options();
  const auto outcome =
      predecessor ? exchange_.replace(hold, place, *predecessor) : exchange_.create(hold, place);
  if (outcome && *outcome == Outcome::kDone) remember(place, content, options, false);
  return outcome;
}

Result<Outcome> Replacement::put_in_one_send(StripeHold& hold, const format::Place& place,
                                             const format::DrawerContent& content,
                                             const Predecessor& predecessor) {
  // It becomes the lock's set, as which any plain set serves.
  if (auto ensured = spare_.ensure(kLockShape, plain_options_, hold.backoff()); !ensured)
    return tl::unexpected(ensured.error().about(place.name.view()));
  const ipset::CreateOptions options = spare_.options();
  DrawerElements elements(content);
  const auto outcome = exchange_.replace_in_one_send(hold, place, predecessor, elements);
  if (outcome && *outcome == Outcome::kDone)
    remember(place, content, options, predecessor.options_are_fresh);
  return outcome;
}

void Replacement::remember(const format::Place& place, const format::DrawerContent& content,
                           const ipset::CreateOptions& options, bool are_fresh) {
  // A value with a deadline may be gone by the next write.
  if (content.deadline || !format::encode_first(content, element_)) {
    recent_.forget(place.name);
    return;
  }
  recent_.remember(place.name, {*element_.ip, *element_.protocol}, options, are_fresh);
}

}  // namespace ipsetkv::store
