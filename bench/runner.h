// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "home.h"
#include "peer.h"

namespace ipsetkv::bench {

/// The length of a measurement.
struct Length {
  int rounds;
  double turn;                  ///< In microseconds; a turn has at least one operation.
  std::size_t most_operations;  ///< In a turn.
};

enum class Operation : std::uint8_t { kSet, kGet };

/// Executes operations of a contestant on one key after the other, in an order chosen by `random`.
class Runner {
 public:
  Runner(const char* name, std::unique_ptr<Home> home, std::unique_ptr<Peer> peer, const Task& task,
         std::mt19937& random);

  /// Executes a few of each operation, to learn how many fit into a turn.
  [[nodiscard]] bool warm_up(const Length& length);

  /// The microseconds of one operation, over one turn; negative if the last result was wrong.
  [[nodiscard]] double time(Operation operation);

  /// Whether each key has the expected value.
  [[nodiscard]] bool all_good();

  [[nodiscard]] const char* name() const { return name_; }
  [[nodiscard]] Home& home() { return *home_; }

 private:
  std::size_t& operations(Operation operation) {
    return operation == Operation::kSet ? writes_ : reads_;
  }
  std::size_t next_key();
  double time_writes();
  double time_reads();

  const char* name_;
  std::unique_ptr<Home> home_;
  std::unique_ptr<Peer> peer_;
  Task task_;
  std::vector<std::size_t> order_;
  std::vector<unsigned char> stored_;  ///< The index of each key's present value.
  std::string value_;
  std::size_t place_ = 0;
  std::size_t writes_ = 1;
  std::size_t reads_ = 1;
};

}  // namespace ipsetkv::bench
