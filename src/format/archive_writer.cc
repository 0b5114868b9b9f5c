// SPDX-License-Identifier: MIT
#include "format/archive_writer.h"

#include "format/archive_line.h"
#include "ipset/element_text.h"

namespace ipsetkv::format {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;

void put_option(std::string& text, std::string_view option, std::uint64_t number) {
  text += option;
  put_number(text, number);
}

}  // namespace

ArchiveWriter::ArchiveWriter(const Write& write) : write_(write), text_(kArchiveBegin) {
  text_ += '\n';
}

Result<void> ArchiveWriter::add(std::string_view name, const DrawerContent& content) {
  begin_set(name, shape_of(content.kind), options_for(content));
  DrawerEncoder encoder(content);
  ipset::Element element;
  while (encoder.next(element))
    if (auto written = put(element); !written) return written;
  end_set();
  return {};
}

Result<std::uint64_t> ArchiveWriter::finish() {
  put_option(text_, kArchiveEnd, sets_);
  text_ += '\n';
  if (auto flushed = flush(); !flushed) return tl::unexpected(flushed.error());
  return sets_;
}

void ArchiveWriter::begin_set(std::string_view name, SetShape shape,
                              const ipset::CreateOptions& options) {
  name_ = name;
  elements_ = 0;
  text_.append("create ").append(name).append(" ").append(ipset::type_name(shape.type));
  if (options.port_from) {
    put_option(text_, " range ", *options.port_from);
    put_option(text_, "-", *options.port_to);
  } else {
    text_.append(" family ").append(ipset::family_name(shape.family));
    put_option(text_, " hashsize ", options.hashsize.value_or(ipset::kMinHashSize));
    put_option(text_, " maxelem ", options.maxelem.value_or(ipset::kDefaultMaxElements));
  }
  if (options.timeout) put_option(text_, " timeout ", *options.timeout);
  if (options.counters) text_ += " counters";
  if (options.comment) text_ += " comment";
  text_ += '\n';
}

Result<void> ArchiveWriter::put(const ipset::Element& element) {
  text_.append("add ").append(name_).append(" ");
  ipset::put_element_word(text_, element, ipset::IcmpWords::kNumbers);
  if (element.timeout) put_option(text_, " timeout ", *element.timeout);
  if (element.packets) {
    put_option(text_, " packets ", *element.packets);
    put_option(text_, " bytes ", element.bytes.value_or(0));
  }
  if (!element.comment.empty()) text_.append(" comment \"").append(element.comment.view()) += '"';
  text_ += '\n';
  ++elements_;
  return text_.size() >= kPieceBytes ? flush() : Result<void>();
}

void ArchiveWriter::end_set() {
  put_option(text_, kArchiveSet, elements_);
  text_ += '\n';
  ++sets_;
}

Result<void> ArchiveWriter::flush() {
  auto written = write_(text_);
  text_.clear();
  return written;
}

}  // namespace ipsetkv::format
