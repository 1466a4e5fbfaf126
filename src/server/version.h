// Who we are: our own version, and the level of Valkey that we match.
#pragma once

#include <string>
#include <string_view>

namespace server {

constexpr std::string_view kSigrunVersion = "0.1.0";
constexpr std::string_view kValkeyVersion = "9.1.2";
constexpr std::string_view kRedisVersion = "7.2.4";

inline std::string version_line() {
  return "Sigrun server v=" + std::string(kSigrunVersion) + " compatible with valkey=" + std::string(kValkeyVersion) +
         " bits=64";
}

}  // namespace server
