// SPDX-License-Identifier: MIT
#include "runner.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace ipsetkv::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

}  // namespace

Runner::Runner(const char* name, std::unique_ptr<Home> home, std::unique_ptr<Peer> peer,
               const Task& task, std::mt19937& random)
    : name_(name),
      home_(std::move(home)),
      peer_(std::move(peer)),
      task_(task),
      order_(task.keys.size()),
      stored_(task.keys.size(), 1) {
  std::iota(order_.begin(), order_.end(), 0);
  std::shuffle(order_.begin(), order_.end(), random);
}

bool Runner::warm_up(const Length& length) {
  for (const Operation operation : {Operation::kSet, Operation::kGet}) {
    std::size_t& count = operations(operation);
    for (count = 1; count < length.most_operations; count *= 4) {
      const double took = time(operation);
      if (took < 0) return false;
      if (took * static_cast<double>(count) < length.turn / 8) continue;
      count = static_cast<std::size_t>(std::max(1.0, length.turn / took));
      break;
    }
    count = std::min(count, length.most_operations);
  }
  return true;
}

double Runner::time(Operation operation) {
  if (!home_->enter()) return -1;
  return operation == Operation::kSet ? time_writes() : time_reads();
}

bool Runner::all_good() {
  std::string value;
  if (!home_->enter()) return false;
  for (std::size_t key = 0; key < task_.keys.size(); ++key)
    if (!peer_->get(task_.keys[key], value) || value != task_.values[stored_[key]]) return false;
  return true;
}

std::size_t Runner::next_key() {
  place_ = place_ + 1 < order_.size() ? place_ + 1 : 0;
  return order_[place_];
}

double Runner::time_writes() {
  bool good = true;
  const auto started = Clock::now();
  for (std::size_t i = 0; i < writes_; ++i) {
    const std::size_t key = next_key();
    stored_[key] = !stored_[key];
    good &= peer_->set(task_.keys[key], stored_[key]);
  }
  const Microseconds took = Clock::now() - started;
  if (!good || !peer_->get(task_.keys[order_[place_]], value_)) return -1;
  if (value_ != task_.values[stored_[order_[place_]]]) return -1;
  return took.count() / static_cast<double>(writes_);
}

double Runner::time_reads() {
  bool good = true;
  const auto started = Clock::now();
  for (std::size_t i = 0; i < reads_; ++i) good &= peer_->get(task_.keys[next_key()], value_);
  const Microseconds took = Clock::now() - started;
  if (!good || value_ != task_.values[stored_[order_[place_]]]) return -1;
  return took.count() / static_cast<double>(reads_);
}

}  // namespace ipsetkv::bench
