// SPDX-License-Identifier: MIT
#include "comments.h"

#include <algorithm>
#include <cstring>

namespace ipsetkv::bench {
namespace {

constexpr std::string_view kEscaped("\0\n\"\\", 4);
constexpr std::string_view kLetters = "0nq\\";

}  // namespace

std::string escape(std::string_view bytes) {
  std::string comment;
  for (const char byte : bytes) {
    const std::size_t which = kEscaped.find(byte);
    if (which != std::string_view::npos) comment += '\\';
    comment += which == std::string_view::npos ? byte : kLetters[which];
  }
  return comment;
}

char* unescape(std::string_view comment, char* place) {
  while (!comment.empty()) {
    const std::size_t plain = std::min(comment.find('\\'), comment.size());
    std::memcpy(place, comment.data(), plain);
    place += plain;
    comment.remove_prefix(plain);
    if (comment.empty()) break;
    *place++ = kEscaped[kLetters.find(comment[1])];
    comment.remove_prefix(2);
  }
  return place;
}

}  // namespace ipsetkv::bench
