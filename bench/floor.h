// SPDX-License-Identifier: MIT
#pragma once

#include <libmnl/libmnl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "peer.h"
#include "requests.h"

namespace ipsetkv::bench {

/// The bare conversation with the kernel: the messages that ipsetkv sends, byte for byte but for
/// their numbers, prepared once and sent again and again by a loop that does nothing else. No
/// client that keeps a value this way can be faster, so this is what ipsetkv is measured by.
class Floor : public Peer {
 public:
  /// What stands behind `flush`, `add` and `swap`.
  enum class Ending {
    kTested,        ///< `test`, which shows what came out of the swap; nothing acknowledged.
    kUnguarded,     ///< Nothing, and nothing acknowledged.
    kAcknowledged,  ///< Nothing; the swap is acknowledged.
  };
  /// What becomes of a listing.
  enum class Reading {
    kReceived,  ///< Each part is received, and thrown away.
    kDecoded,   ///< The chunks are put together, unchecked.
  };

  /// Nothing, with errno, if the kernel refuses the two sets.
  [[nodiscard]] static std::unique_ptr<Floor> open(const Values& values, Ending ending,
                                                   Reading reading);

  [[nodiscard]] bool set(std::size_t which) override;
  [[nodiscard]] bool get(std::string& value) override;

 private:
  struct Close {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  using Socket = std::unique_ptr<mnl_socket, Close>;

  Floor(Socket socket, Ending ending, Reading reading);
  [[nodiscard]] bool create_sets(std::size_t chunks);
  void prepare(const Values& values);
  [[nodiscard]] bool send(const std::vector<std::byte>& messages);
  [[nodiscard]] bool nothing_failed();
  [[nodiscard]] bool acknowledged();
  void decode(const nlmsghdr& message, std::string& value) const;

  Socket socket_;
  int descriptor_;
  Ending ending_;
  Reading reading_;
  std::string spare_;
  std::vector<std::byte> buffer_;
  std::array<Sends, 2> writes_;
  Sends read_;
};

/// Removes every set of this namespace.
[[nodiscard]] bool destroy_all_sets();

}  // namespace ipsetkv::bench
