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

/// How long is measured.
struct Length {
  int rounds;
  double turn;                  ///< Microseconds; one operation takes as long as it takes.
  std::size_t most_operations;  ///< In a turn.
};

enum class Operation : std::uint8_t { kSet, kGet };

/// A contestant at work: on one key after the other, in an order that `random` has chosen.
class Runner {
 public:
  Runner(const char* name, std::unique_ptr<Home> home, std::unique_ptr<Peer> peer, const Task& task,
         std::mt19937& random);

  /// A few of each, to see how long they take.
  [[nodiscard]] bool warm_up(const Length& length);

  /// Microseconds for one operation, over one turn of them; negative if the last answer was wrong.
  [[nodiscard]] double time(Operation operation);

  /// Whether each key has the value that it should have.
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
  std::vector<unsigned char> stored_;  ///< Which of the two values each key has.
  std::string value_;
  std::size_t place_ = 0;
  std::size_t writes_ = 1;
  std::size_t reads_ = 1;
};

}  // namespace ipsetkv::bench
