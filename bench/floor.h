// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "conversation.h"
#include "peer.h"
#include "requests.h"

namespace ipsetkv::bench {

/// The bare conversation with the kernel: the messages that ipsetkv sends, byte for byte but for
/// their numbers, prepared once and sent again and again by a loop that does nothing else. No
/// client that keeps a value this way can be faster, so this is what ipsetkv is measured by.
class Floor : public Peer {
 public:
  /// What a replacement is made of.
  enum class Writing {
    /// All that ipsetkv sends: the lock is taken, the value published under it, what came out is
    /// tested for its first element and its options, the lock is given back. Nothing is
    /// acknowledged.
    kLocked,
    kBare,          ///< `flush`, `add` and `swap`, nothing acknowledged.
    kAcknowledged,  ///< The same, with the swap acknowledged.
  };
  /// What becomes of a listing.
  enum class Reading {
    kReceived,  ///< Each part is received, and thrown away.
    kDecoded,   ///< The value is put together, straight in its place, and nothing is checked.
  };

  /// Nothing, with errno, if the kernel refuses the sets.
  [[nodiscard]] static std::unique_ptr<Floor> open(const Task& task, Writing writing,
                                                   Reading reading);

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;

 private:
  Floor(Conversation kernel, const Task& task, Writing writing, Reading reading);
  [[nodiscard]] bool create_sets();
  [[nodiscard]] bool write_all(std::size_t which);
  void prepare();
  /// In one send: the lock's own set takes the value.
  void write_small(Requests& requests, const std::vector<Piece>& pieces) const;
  void write(Requests& requests, const std::vector<Piece>& pieces) const;
  void write_bare(Requests& requests, const std::vector<Piece>& pieces) const;

  Conversation kernel_;
  Task task_;
  Writing writing_;
  Reading reading_;
  std::string spare_;
  std::string lock_;  ///< Its name while nobody has it.
  std::string held_;
  /// Messages in which the names of keys are exchanged.
  struct Prepared {
    Sends sends;
    std::vector<std::byte*> names;  ///< Where the key's name is in them.
  };
  [[nodiscard]] static Prepared prepared(Sends sends, const std::string& key);
  static void address(Prepared& messages, const std::string& key);

  std::array<Prepared, 2> writes_;
  Prepared read_;
};

/// Removes every set of this namespace.
[[nodiscard]] bool destroy_all_sets();

}  // namespace ipsetkv::bench
