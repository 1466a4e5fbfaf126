// Who we are: our own version, and the level of Valkey that we match.
#pragma once

#include <string>
#include <string_view>

namespace base {

constexpr std::string_view kSigrunVersion = "0.1.0";
constexpr std::string_view kValkeyVersion = "9.1.2";
constexpr std::string_view kRedisVersion = "7.2.4";
// A byte for each part.
constexpr int kValkeyVersionNumber = 0x00090102;
constexpr int kRedisVersionNumber = 0x00070204;

inline std::string version_line() {
  return "Sigrun server v=" + std::string(kSigrunVersion) + " compatible with valkey=" + std::string(kValkeyVersion) +
         " bits=64";
}

}  // namespace base
