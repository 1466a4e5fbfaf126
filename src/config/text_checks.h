// What a text setting may hold. Each function answers with the error text, or with nothing if the text is right.
//
// Source   valkey-server 9.1.2, probed byte by byte; tests/unit/config/change_test.cc.
#pragma once

#include <string_view>

namespace config {

std::string_view check_announce_ip(std::string_view text);
std::string_view check_appenddirname(std::string_view text);
std::string_view check_appendfilename(std::string_view text);
std::string_view check_cluster_config_file(std::string_view text);
std::string_view check_dbfilename(std::string_view text);
std::string_view check_hash_seed(std::string_view text);
std::string_view check_hostname(std::string_view text);
std::string_view check_ipv4(std::string_view text);
std::string_view check_ipv6(std::string_view text);
std::string_view check_locale(std::string_view text);
std::string_view check_nodename(std::string_view text);
std::string_view check_title(std::string_view text);

}  // namespace config
