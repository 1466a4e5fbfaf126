#include "rdb/payload.h"

#include <cstring>

#include "base/crc64.h"
#include "rdb/format.h"

namespace rdb {
namespace {

constexpr size_t kChecksumBytes = sizeof(uint64_t);
constexpr size_t kFooterBytes = sizeof(uint16_t) + kChecksumBytes;

template <typename T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
T load(std::string_view from) {
  T value;
  std::memcpy(&value, from.data(), sizeof value);
  return value;
}

bool is_known(uint16_t version) {
  return version == kVersion || (version > 0 && version <= kLastCommonVersion) || version == kRedis8Version;
}

}  // namespace

void seal_payload(std::string& value, uint16_t version) {
  append(value, version);
  append(value, base::crc64(0, value));
}

std::optional<Payload> open_payload(std::string_view bytes, bool any_version) {
  if (bytes.size() < kFooterBytes) return std::nullopt;
  const std::string_view covered = bytes.substr(0, bytes.size() - kChecksumBytes);
  const std::string_view value = bytes.substr(0, bytes.size() - kFooterBytes);
  const auto version = load<uint16_t>(bytes.substr(value.size()));
  if (!is_known(version) && !(any_version && version > 0)) return std::nullopt;
  if (load<uint64_t>(bytes.substr(covered.size())) != base::crc64(0, covered)) return std::nullopt;
  return Payload{value, version};
}

}  // namespace rdb
