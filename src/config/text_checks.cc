#include "config/text_checks.h"

#include <arpa/inet.h>
#include <locale.h>
#include <clocale>

#include <algorithm>
#include <array>
#include <string>

namespace config {
namespace {

bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The bytes of an address or a name that travel in the cluster's state file: no separator of that file among them.
bool is_plain(char c) {
  return is_letter_or_digit(c) || std::string_view("-./:_`").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> address;
  return inet_pton(family, std::string(text).c_str(), address.data()) == 1;
}

}  // namespace

std::string_view check_announce_ip(std::string_view text) {
  constexpr size_t kBytesMax = 45;  // the longest IPv6 address
  if (text.size() > kBytesMax) return "cluster-announce-ip is too long";
  return std::all_of(text.begin(), text.end(), is_plain) ? "" : "cluster-announce-ip contains invalid character";
}

std::string_view check_appenddirname(std::string_view text) {
  if (text.empty()) return "appenddirname can't be empty";
  return text.find('/') == text.npos ? "" : "appenddirname can't be a path, just a dirname";
}

std::string_view check_appendfilename(std::string_view text) {
  if (text.empty()) return "appendfilename can't be empty";
  return text.find('/') == text.npos ? "" : "appendfilename can't be a path, just a filename";
}

std::string_view check_cluster_config_file(std::string_view text) {
  return text.empty() ? "cluster-config-file can't be empty" : "";
}

std::string_view check_dbfilename(std::string_view text) {
  if (text.empty()) return "dbfilename can't be empty";
  return text.find('/') == text.npos ? "" : "dbfilename can't be a path, just a filename";
}

std::string_view check_hash_seed(std::string_view text) {
  return text.size() > 256 ? "hash-seed must be less than or equal to 256 characters" : "";
}

std::string_view check_hostname(std::string_view text) {
  if (text.size() >= 256) return "Hostnames must be less than 256 characters";
  const auto fits = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; };
  return std::all_of(text.begin(), text.end(), fits)
             ? ""
             : "Hostnames may only contain alphanumeric characters, hyphens or dots";
}

std::string_view check_ipv4(std::string_view text) {
  return text.empty() || is_address(AF_INET, text) ? "" : "Invalid IPv4 address";
}

std::string_view check_ipv6(std::string_view text) {
  return text.empty() || is_address(AF_INET6, text) ? "" : "Invalid IPv6 address";
}

std::string_view check_locale(std::string_view text) {
  // A locale object of its own tells whether the name is known and leaves the process' locale alone.
  const locale_t locale = newlocale(LC_COLLATE_MASK, std::string(text).c_str(), nullptr);
  if (locale == nullptr) return "Invalid locale name";
  freelocale(locale);
  return "";
}

std::string_view check_nodename(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_plain) ? "" : "Announced human node name contained invalid character";
}

std::string_view check_title(std::string_view text) {
  constexpr std::string_view kWrong = "template format is invalid or contains unknown variables";
  constexpr std::array<std::string_view, 7> kVariables{"title",    "listen-addr", "server-mode", "port",
                                                       "tls-port", "unixsocket",  "config-file"};
  if (text.find_first_not_of(" \t\n\r") == text.npos) return kWrong;
  for (size_t at = text.find('{'); at != text.npos; at = text.find('{', at)) {
    if (text.substr(at, 2) == "{{") {
      at += 2;
      continue;
    }
    const size_t end = text.find('}', at);
    if (end == text.npos) return kWrong;
    const std::string_view variable = text.substr(at + 1, end - at - 1);
    if (std::find(kVariables.begin(), kVariables.end(), variable) == kVariables.end()) return kWrong;
    at = end + 1;
  }
  return "";
}

}  // namespace config
