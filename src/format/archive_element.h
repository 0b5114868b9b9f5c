// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "format/archive_word.h"
#include "ipset/element.h"
#include "ipset/set_header.h"

/// The word of saved text that says which element of its set a line is about: ADDRESS,PROTOCOL:PORT
/// in a hash:ip,port set, PORT in a bitmap:port set, ADDRESS in a hash:ip set. Its extensions
/// follow in words of their own.
namespace ipsetkv::format {

/// Appends the word of an element as a value has it.
void put_element_word(std::string& text, const ipset::Element& element);

/// Reads it for an element of the set of `header`.
[[nodiscard]] Parsed parse_element_word(std::string_view word, const ipset::SetHeader& header,
                                        ipset::Element& element);

}  // namespace ipsetkv::format
