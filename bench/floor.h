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

/// The bare messages: those that ipsetkv sends, byte for byte except for their numbers, prepared
/// once and sent by a loop that does nothing else. No client that stores values this way can be
/// faster, so ipsetkv is measured against it.
class Floor : public Peer {
 public:
  /// The messages of a replacement.
  enum class Writing {
    /// All that ipsetkv sends: acquire the lock, publish the value, test the old set for its first
    /// element and its options, release the lock. Nothing is acknowledged.
    kLocked,
    kBare,          ///< `flush`, `add` and `swap`, nothing acknowledged.
    kAcknowledged,  ///< The same, with the swap acknowledged.
  };
  /// What happens to a listing.
  enum class Reading {
    kReceived,  ///< Each part is received and discarded.
    kDecoded,   ///< The value is assembled in place, without checks.
  };

  /// Null, with errno set, if the kernel refuses the sets.
  [[nodiscard]] static std::unique_ptr<Floor> open(const Task& task, Writing writing,
                                                   Reading reading);

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;

 private:
  Floor(Conversation kernel, const Task& task, Writing writing, Reading reading);
  [[nodiscard]] bool create_sets();
  [[nodiscard]] bool write_all(std::size_t which);
  void prepare();
  /// Writes all in one send: the lock's own set takes the value.
  void write_small(Requests& requests, const std::vector<Piece>& pieces) const;
  void write(Requests& requests, const std::vector<Piece>& pieces) const;
  void write_bare(Requests& requests, const std::vector<Piece>& pieces) const;

  Conversation kernel_;
  Task task_;
  Writing writing_;
  Reading reading_;
  std::string spare_;
  std::string lock_;  ///< The lock's name while it is free.
  std::string held_;  ///< The lock's name while it is held.
  /// Messages in which the key's name can be replaced.
  struct Prepared {
    Sends sends;
    std::vector<std::byte*> names;  ///< Pointers to the key's name in `sends`.
  };
  [[nodiscard]] static Prepared prepared(Sends sends, const std::string& key);
  static void address(Prepared& messages, const std::string& key);

  std::array<Prepared, 2> writes_;
  Prepared read_;
};

/// Destroys every set of this namespace.
[[nodiscard]] bool destroy_all_sets();

}  // namespace ipsetkv::bench
