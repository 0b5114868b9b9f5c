// SPDX-License-Identifier: MIT
#include "ipset/element_text.h"

#include "base/number_text.h"
#include "ipset/protocol_name.h"

namespace ipsetkv::ipset {
namespace {

void put_address(std::string& text, const Address& address, std::optional<std::uint8_t> prefix,
                 const std::optional<Address>& to) {
  text += address.to_string();
  if (prefix && *prefix != address.bits()) {
    text += '/';
    put_number(text, *prefix);
  }
  if (to) text.append("-").append(to->to_string());
}

void put_port(std::string& text, const Element& element, IcmpWords icmp) {
  if (element.protocol) {
    put_protocol(text, *element.protocol);
    text += ':';
    if (has_icmp_types(*element.protocol))
      return put_icmp(text, *element.port, *element.protocol, icmp);
  }
  put_number(text, *element.port);
  if (!element.port_to) return;
  text += '-';
  put_number(text, *element.port_to);
}

void put_mac(std::string& text, const MacAddress& mac) {
  for (std::size_t place = 0; place < mac.size(); ++place) {
    if (place > 0) text += ':';
    put_hex(text, std::to_integer<std::uint32_t>(mac[place]), 2, "0123456789ABCDEF");
  }
}

void put_mark(std::string& text, std::uint32_t mark) {
  text += "0x";
  put_hex(text, mark, 8);
}

void put_interface(std::string& text, const Element& element) {
  if (element.physdev) text += "physdev:";
  text += element.interface.view();
}

void put_member(std::string& text, const Element& element) {
  text += element.set.view();
  if (element.reference.empty()) return;
  text.append(element.before ? " before " : " after ").append(element.reference.view());
}

}  // namespace

void put_element_word(std::string& text, const Element& element, IcmpWords icmp) {
  if (!element.set.empty()) return put_member(text, element);
  // In this order in every type, and whichever of them it has.
  const std::size_t begin = text.size();
  const auto separate = [&] {
    if (text.size() > begin) text += ',';
  };
  if (element.ip) put_address(text, *element.ip, element.cidr, element.ip_to);
  if (element.mac) separate(), put_mac(text, *element.mac);
  if (element.mark) separate(), put_mark(text, *element.mark);
  if (element.port) separate(), put_port(text, element, icmp);
  if (!element.interface.empty()) separate(), put_interface(text, element);
  if (element.ip2) separate(), put_address(text, *element.ip2, element.cidr2, element.ip2_to);
}

void put_element_flags(std::string& text, const Element& element) {
  if (element.nomatch) text += " nomatch";
  if (element.wildcard) text += " wildcard";
}

void put_element(std::string& text, const Element& element) {
  put_element_word(text, element);
  put_element_flags(text, element);
}

}  // namespace ipsetkv::ipset
