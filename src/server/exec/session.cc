// SPDX-License-Identifier: MIT
#include "server/exec/session.h"

#include "server/state/memory.h"

namespace ipsetkv::server {

void Session::append_input(std::string_view bytes) {
  if (start_ != 0) {
    input_.erase(0, start_);
    start_ = 0;
  }
  if (is_parsed_) {
    // The words of a request that waits are views of what moves now.
    parser_.reset();
    is_parsed_ = false;
  }
  input_.append(bytes);
}

RequestParser::Status Session::parse(const Configuration& configuration) {
  if (is_parsed_) return RequestParser::Status::kComplete;
  const RequestLimits limits{
      .longest_word = static_cast<std::uint64_t>(configuration.longest_word.load()),
      .authenticated = client_.authenticated};
  const auto status = parser_.parse(std::string_view(input_).substr(start_), limits);
  is_parsed_ = status == RequestParser::Status::kComplete;
  return status;
}

void Session::consume() {
  start_ += parser_.consumed();
  parser_.reset();
  is_parsed_ = false;
}

void Session::shrink_input() {
  if (start_ != input_.size() || start_ == 0) return;
  shrink(input_, kKeptBytes);
  start_ = 0;
}

std::size_t Session::memory() const {
  return input_.capacity() + parser_.memory() + output_.capacity() +
         client_.transaction.queue_bytes + client_.name_bytes;
}

}  // namespace ipsetkv::server
