// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "peer.h"

struct ipset;

namespace ipsetkv::bench {

/// The method of the essay "Using ipset the wrong way", without its Python: the `ipset` tool's own
/// library in this process, given the tool's command lines. A write is `create -exist`, `flush` and
/// one `add` a chunk; a read is `list`, whose text is parsed.
class LibipsetPeer : public Peer {
 public:
  /// Null if libipset cannot be initialised or a write fails.
  [[nodiscard]] static std::unique_ptr<LibipsetPeer> open(const Task& task);

  [[nodiscard]] bool set(const std::string& key, std::size_t which) override;
  [[nodiscard]] bool get(const std::string& key, std::string& value) override;

 private:
  struct Close {
    void operator()(ipset* library) const;
  };
  struct Chunk {
    std::uint32_t port;
    std::uint32_t address;
  };

  LibipsetPeer(std::unique_ptr<ipset, Close> library, const Values& values);
  [[nodiscard]] bool run(std::initializer_list<const char*> words);
  [[nodiscard]] bool add(const char* key, std::size_t chunk, std::string_view bytes);
  void take_line(std::string_view line);

  std::unique_ptr<ipset, Close> library_;
  Values values_;
  std::string output_;
  std::vector<Chunk> chunks_;
};

}  // namespace ipsetkv::bench
