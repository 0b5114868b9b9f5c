// SPDX-License-Identifier: MIT

// Bytes of clients in the server's parser. Checks that they give the same requests whole and cut in
// two, and that the parser consumes no more than it was given. Also round trips of DUMP's format.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "server/protocol/dump_format.h"
#include "server/protocol/request_parser.h"

namespace {

using ipsetkv::server::RequestParser;
using Status = RequestParser::Status;
using Words = std::vector<std::string>;

void check(bool holds) {
  if (!holds) std::abort();
}

/// All requests up to the end or the first error, which is then the last of them.
std::vector<Words> requests_in(std::string_view bytes, std::size_t cut) {
  std::vector<Words> requests;
  RequestParser parser;
  std::size_t start = 0;
  for (std::size_t end : {cut, bytes.size()}) {
    while (start < end) {
      const Status status = parser.parse(bytes.substr(start, end - start), {.longest_word = 4096});
      if (status == Status::kIncomplete) break;
      if (status == Status::kBroken) {
        requests.push_back({parser.error()});
        return requests;
      }
      check(parser.consumed() > 0 && parser.consumed() <= end - start);
      requests.emplace_back(parser.words().begin(), parser.words().end());
      start += parser.consumed();
      parser.reset();
    }
  }
  return requests;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  check(requests_in(bytes, data[0] % size) == requests_in(bytes, bytes.size()));
  const auto undumped = ipsetkv::server::undump_value(bytes);
  check(undumped.value.has_value() == undumped.refusal.empty());
  const std::string text(bytes);
  check(ipsetkv::server::undump_value(ipsetkv::server::dump_value(text)).value == text);
  return 0;
}
