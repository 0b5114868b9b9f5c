// SPDX-License-Identifier: MIT
#include "support/history.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/types.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <utility>

#include "support/process.h"

namespace ipsetkv::tests {
namespace {

using Kind = Operation::Kind;

constexpr std::size_t kCounter = std::size(kHistoryKeys) - 1;

std::int64_t clock_now(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

Operation operation_of(const Record& record) {
  Operation operation{.kind = record.kind,
                      .process = static_cast<int>(record.process),
                      .invoked = record.invoked,
                      .returned = record.returned,
                      .earliest = record.earliest,
                      .latest = record.latest,
                      .argument = argument_of(record),
                      .expected = record.expected,
                      .set_if = record.set_if,
                      .expire_if = record.expire_if,
                      .deadline = std::nullopt,
                      .keep_deadline = record.keep_deadline,
                      .return_old = record.return_old,
                      .amount = record.amount,
                      .first = record.first,
                      .last = record.last,
                      .yes = record.yes,
                      .refused = record.refused,
                      .number = record.answer,
                      .found = std::nullopt,
                      .deadline_found = std::nullopt};
  if (record.deadline != 0) operation.deadline = record.deadline;
  if (record.has_found) operation.found = record.found;
  if (record.has_deadline_found) operation.deadline_found = record.deadline_found;
  return operation;
}

struct SharedHistory {
  pthread_barrier_t barrier;
  std::atomic<bool> failed{false};
  std::size_t counts[kMostWorkers];
  Record records[kMostWorkers][kMostRounds * kOperationsInARound];
};

void make_barrier(pthread_barrier_t& barrier, std::size_t processes) {
  pthread_barrierattr_t attributes;
  pthread_barrierattr_init(&attributes);
  pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_barrier_init(&barrier, &attributes, static_cast<unsigned>(processes));
}

/// Runs a worker for all rounds. It waits at every barrier even after a failure: the others would
/// wait for ever without it.
void run_rounds(const MakeWorker& make, std::uint32_t process, std::size_t rounds,
                SharedHistory& shared) {
  const std::unique_ptr<HistoryWorker> worker = make(process);
  Record* next = shared.records[process];
  for (std::size_t round = 0; round < rounds; ++round) {
    pthread_barrier_wait(&shared.barrier);
    if (shared.failed) continue;
    const auto done = worker->work({next, kOperationsInARound});
    if (!done) shared.failed = true;
    next += done.value_or(0);
  }
  shared.counts[process] = static_cast<std::size_t>(next - shared.records[process]);
}

}  // namespace

void Record::begin() {
  earliest = clock_now(CLOCK_REALTIME);
  invoked = clock_now(CLOCK_MONOTONIC);
}

void Record::end() {
  returned = clock_now(CLOCK_MONOTONIC);
  latest = clock_now(CLOCK_REALTIME);
}

void Record::take_found(std::string_view value) {
  has_found = true;
  found = digest_of(value);
}

std::string argument_of(const Record& record) {
  if (record.numeric) return std::to_string(record.number);
  std::string text = std::to_string(record.process) + "-" + std::to_string(record.number) + ";";
  const std::size_t stamp = text.size();
  while (text.size() < record.length) text.append(text, 0, stamp);
  text.resize(record.length);
  return text;
}

/// A deadline in milliseconds since the epoch: mostly one that passes in this round or the next
/// ones, sometimes one in the past.
std::int64_t OperationChooser::random_deadline() {
  const std::int64_t now = clock_now(CLOCK_REALTIME) / 1'000'000;
  if (one_in(3)) return now + 100'000 + below(1000);
  return now + below(5) - 1;
}

Record OperationChooser::choose() {
  Record record{};
  record.process = process_;
  record.number = ++number_;
  record.key = static_cast<std::uint8_t>(below(std::size(kHistoryKeys)));
  record.kind = kinds_[below(static_cast<std::uint32_t>(kinds_.size()))];
  if (record.key == kCounter && one_in(2)) record.kind = Kind::kIncrement;
  record.length = one_in(8) ? below(2'000) : below(40);
  record.numeric = record.key == kCounter && record.kind == Kind::kSet && !one_in(8);
  switch (record.kind) {
    case Kind::kSet:
      choose_set(record);
      break;
    case Kind::kIncrement:
      record.amount = static_cast<std::int64_t>(below(9)) - 4;
      break;
    case Kind::kExpire:
      record.deadline = random_deadline();
      record.expire_if = static_cast<ExpireIf>(one_in(2) ? 0 : below(5));
      break;
    case Kind::kCompareAndSet:
      record.expected = digest_of(seen(record));
      break;
    case Kind::kGetRange:
      record.first = static_cast<std::int64_t>(below(20)) - 10;
      record.last = static_cast<std::int64_t>(below(40)) - 10;
      break;
    default:
      break;
  }
  return record;
}

void OperationChooser::choose_set(Record& record) {
  record.set_if = static_cast<SetOptions::If>(one_in(2) ? 0 : below(3));
  if (one_in(3)) record.deadline = random_deadline();
  record.keep_deadline = record.deadline == 0 && one_in(4);
  record.return_old = one_in(4);
  if (one_in(10)) record.layout = static_cast<Layout>(below(5));
}

Histories record_history(const std::vector<MakeWorker>& workers, std::size_t rounds) {
  const Shared<SharedHistory> shared;
  make_barrier(shared->barrier, workers.size());
  std::vector<pid_t> children;
  for (std::uint32_t process = 0; process < workers.size(); ++process)
    children.push_back(start_process([&, process] {
      run_rounds(workers[process], process, rounds, *shared);
      return 0;
    }));
  for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);
  EXPECT_FALSE(shared->failed) << "an operation failed";

  Histories histories;
  for (std::size_t process = 0; process < workers.size(); ++process)
    for (const Record& record : std::span(shared->records[process], shared->counts[process]))
      histories[record.key].push_back(operation_of(record));
  return histories;
}

void HistoryJudge::expect_linearizable(const Histories& histories) {
  for (std::size_t key = 0; key < histories.size(); ++key) {
    SCOPED_TRACE(kHistoryKeys[key]);
    const Verdict verdict = check_linearizability(histories[key]);
    EXPECT_TRUE(verdict.linearizable) << verdict.explanation;
    operations_ += histories[key].size();
    for (const Operation& operation : histories[key])
      longest_ = std::max(longest_, operation.returned - operation.invoked);
  }
}

std::string HistoryJudge::summary() const {
  return std::to_string(operations_) + " operations, the longest took " +
         std::to_string(longest_ / 1'000'000) + " ms";
}

}  // namespace ipsetkv::tests
