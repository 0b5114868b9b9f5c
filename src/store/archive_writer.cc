// SPDX-License-Identifier: MIT
#include "store/archive_writer.h"

#include "store/archive_element.h"
#include "store/archive_line.h"

namespace ipsetkv::store {
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

Result<void> ArchiveWriter::add(std::string_view name, const layout::DrawerContent& content) {
  put_create(name, content);
  layout::DrawerEncoder encoder(content);
  std::uint64_t elements = 0;
  while (encoder.next(element_)) {
    put_element(name);
    ++elements;
    if (text_.size() >= kPieceBytes)
      if (auto flushed = flush(); !flushed) return flushed;
  }
  put_option(text_, kArchiveSet, elements);
  text_ += '\n';
  ++sets_;
  return {};
}

Result<std::uint64_t> ArchiveWriter::finish() {
  put_option(text_, kArchiveEnd, sets_);
  text_ += '\n';
  if (auto flushed = flush(); !flushed) return tl::unexpected(flushed.error());
  return sets_;
}

void ArchiveWriter::put_create(std::string_view name, const layout::DrawerContent& content) {
  const layout::SetShape shape = layout::shape_of(content.kind);
  const ipset::CreateOptions options = layout::options_for(content);
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

void ArchiveWriter::put_element(std::string_view name) {
  text_.append("add ").append(name).append(" ");
  put_element_word(text_, element_);
  if (element_.timeout) put_option(text_, " timeout ", *element_.timeout);
  if (element_.packets) {
    put_option(text_, " packets ", *element_.packets);
    put_option(text_, " bytes ", element_.bytes.value_or(0));
  }
  if (!element_.comment.empty()) text_.append(" comment \"").append(element_.comment.view()) += '"';
  text_ += '\n';
}

Result<void> ArchiveWriter::flush() {
  auto written = write_(text_);
  text_.clear();
  return written;
}

}  // namespace ipsetkv::store
