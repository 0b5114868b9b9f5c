// SPDX-License-Identifier: MIT
#include "server/exec/waiting_requests.h"

#include <algorithm>

namespace ipsetkv::server {
namespace {

constexpr std::chrono::milliseconds kFirstPause{1};
constexpr std::chrono::milliseconds kLongestPause{16};

bool is_expired(Session& session, WaitingRequests::Clock::time_point now) {
  const auto& give_up_at = session.attempt().give_up_at;
  return give_up_at && now >= *give_up_at;
}

}  // namespace

void WaitingRequests::retry_soon() {
  pause_ = kFirstPause;
  next_retry_ = Clock::now() + pause_;
}

WaitingRequests::Entries::iterator WaitingRequests::find(const Session& session) {
  return std::ranges::find(entries_, &session, &Entry::session);
}

WaitingRequests::Entries::iterator WaitingRequests::erase(Entries::iterator entry) {
  if (entry->lock) {
    const auto found = locks_.find(*entry->lock);
    if (--found->second == 0) locks_.erase(found);
  }
  return entries_.erase(entry);
}

void WaitingRequests::add(Session& session, Lock lock) {
  if (entries_.empty()) retry_soon();
  entries_.push_back({.session = &session, .lock = lock});
  if (lock) ++locks_[*lock];
}

bool WaitingRequests::postpone(Session& session) {
  const auto entry = find(session);
  if (entry == entries_.end()) return false;
  entry->is_due = false;
  entries_.splice(entries_.end(), entries_, entry);
  return true;
}

std::vector<Session*> WaitingRequests::finish(Session& session, bool has_succeeded) {
  const auto entry = find(session);
  if (entry == entries_.end()) return {};
  const Lock lock = entry->lock;
  erase(entry);
  retry_soon();
  std::vector<Session*> others;
  if (!has_succeeded || !lock) return others;
  for (auto each = entries_.begin(); each != entries_.end();) {
    if (each->lock != lock || each->is_due) {
      ++each;
      continue;
    }
    others.push_back(each->session);
    each = erase(each);
  }
  return others;
}

std::vector<Session*> WaitingRequests::take_due(Clock::time_point now) {
  std::vector<Session*> due;
  std::vector<Lock> chosen;
  // Those whose time is up come first: the others may wait longer.
  for (const bool expired_only : {true, false}) {
    for (Entry& entry : entries_) {
      if (due.size() == kAtOnce) break;
      if (entry.is_due || entry.session->is_closing()) continue;
      if (expired_only && !is_expired(*entry.session, now)) continue;
      if (entry.lock && std::ranges::find(chosen, entry.lock) != chosen.end()) continue;
      entry.is_due = true;
      due.push_back(entry.session);
      chosen.push_back(entry.lock);
    }
  }
  pause_ = std::min(2 * pause_, kLongestPause);
  next_retry_ = next_after(now);
  return due;
}

WaitingRequests::Clock::time_point WaitingRequests::next_after(Clock::time_point now) const {
  Clock::time_point next = now + pause_;
  for (const Entry& entry : entries_) {
    const auto& give_up_at = entry.session->attempt().give_up_at;
    if (!entry.is_due && give_up_at)
      next = std::min(next, std::max(*give_up_at, now + kFirstPause));
  }
  return next;
}

}  // namespace ipsetkv::server
