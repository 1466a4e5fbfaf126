// DEBUG POPULATE and OBJECT.
#include <fmt/format.h>

#include <limits>
#include <string>

#include "base/numbers.h"
#include "keyspace/access.h"
#include "server/debug.h"

namespace server {
namespace {

using keyspace::Entry;

// Of a number before data, as the file format of snapshots writes it.
uint64_t length_bytes(uint64_t length) {
  if (length < 1ULL << 6) return 1;
  if (length < 1ULL << 14) return 2;
  return length <= std::numeric_limits<uint32_t>::max() ? 5 : 9;
}

// A small integer is a byte that says so, and 1, 2 or 4 bytes; 0 for one that does not fit.
uint64_t packed_integer_bytes(int64_t value) {
  if (value >= std::numeric_limits<int8_t>::min() && value <= std::numeric_limits<int8_t>::max()) return 2;
  if (value >= std::numeric_limits<int16_t>::min() && value <= std::numeric_limits<int16_t>::max()) return 3;
  if (value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max()) return 5;
  return 0;
}

// The bytes of a string in a snapshot, uncompressed; of a collection, what it takes in memory, which is a bit more.
uint64_t serialized_bytes(const Entry& entry) {
  if (entry.type() != keyspace::Type::kString) return entry.collection().row().memory_bytes(entry.word());
  constexpr size_t kMostDigits = 11;
  const uint64_t size = entry.text_size();
  if (size <= kMostDigits) {
    keyspace::TextBuffer buffer;
    const auto value = base::parse_int64(entry.text(buffer));
    const uint64_t packed = value ? packed_integer_bytes(*value) : 0;
    if (packed != 0) return packed;
  }
  return length_bytes(size) + size;
}

std::string_view encoding_of(const Entry& entry) {
  if (entry.type() != keyspace::Type::kString) return entry.collection().row().encoding(entry.word());
  if (entry.form() == Entry::Form::kInteger) return "int";
  return entry.embedded() ? "embstr" : "raw";
}

}  // namespace

void debug_object(command::Call& call) {
  const Entry* entry = call.db().peek(call.db().unit().keyspace.key(call.word(2)));
  if (entry == nullptr) return call.fail(command::kNoSuchKey);
  const bool is_fast = call.count() == 4 && command::same_word(call.word(3), "fast");
  const std::string length = is_fast ? "" : fmt::format(" serializedlength:{}", serialized_bytes(*entry));
  call.reply().simple(fmt::format("Value at:{} refcount:1 encoding:{}{} lru:{} lru_seconds_idle:{}",
                                  static_cast<const void*>(entry), encoding_of(*entry), length,
                                  entry->access() / keyspace::kLruStepsPerSecond,
                                  keyspace::idle_steps(*entry, call.now_ms()) / keyspace::kLruStepsPerSecond));
}

void debug_populate(command::Call& call) {
  constexpr command::Error kNotPositive{"ERR value is out of range, must be positive"};
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  command::Args args(call.words(), 2);
  const int64_t count = args.integer(0, kMost, kNotPositive);
  const std::string prefix = std::string(args.more() ? args.text() : "key") + ":";
  const int64_t size = args.more() ? args.integer(0, kMost, kNotPositive) : 0;
  if (args.failed()) return call.fail(args.error());
  if (size > call.settings().proto_max_bulk_len) return call.fail("ERR string exceeds maximum allowed size");
  for (int64_t i = 0; i < count; ++i) {
    const std::string name = prefix + std::to_string(i);
    const keyspace::Key key = call.db().unit().keyspace.key(name);
    if (call.db().exists(key)) continue;
    std::string value = "value:" + std::to_string(i);
    if (size > 0) value.resize(static_cast<size_t>(size));
    call.db().set_text(key, value, Entry::kNoExpiry);
  }
  call.reply().ok();
}

}  // namespace server
