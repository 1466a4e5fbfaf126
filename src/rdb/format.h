// The numbers of the RDB format: how values are marked, and which version first had each mark.
//
// Valkey and Redis count versions apart since 11: Redis went on with 12, Valkey with 80.
//
// Source   what valkey-server 9.1.2 and 8.1, redis-server 8.0.6 and 7.0.15 write; tests/unit/rdb has such payloads.
#pragma once

#include <cstdint>

namespace rdb {

enum class ValueType : uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kSortedSetText = 3,  // scores as decimal texts
  kHash = 4,
  kSortedSet = 5,  // scores as doubles
  kModule1 = 6,
  kModule2 = 7,
  kHashZipmap = 9,
  kListZiplist = 10,
  kSetIntset = 11,
  kSortedSetZiplist = 12,
  kHashZiplist = 13,
  kListQuicklist = 14,  // of ziplists
  kStream1 = 15,
  kHashListpack = 16,
  kSortedSetListpack = 17,
  kListQuicklist2 = 18,  // of listpacks and single texts
  kStream2 = 19,         // with its first id, greatest deleted id, number of entries ever added; groups' entries read
  kSetListpack = 20,
  kStream3 = 21,       // and when consumers were last active
  kHashExpiring = 22,  // Valkey's hash with the expiry of each field
  kHashExpiringRedis = 24,
  kHashListpackExpiringRedis = 25,
};

// What Valkey 9.1 writes.
constexpr uint16_t kVersion = 80;
// The last one that both families read, and the one in which Redis 7.4 and 8.0 write.
constexpr uint16_t kLastCommonVersion = 11;
constexpr uint16_t kRedis8Version = 12;

// The first version whose readers know the type.
constexpr uint16_t first_version_of(ValueType type) {
  if (type >= ValueType::kHashExpiringRedis) return kRedis8Version;
  if (type == ValueType::kHashExpiring) return kVersion;
  if (type >= ValueType::kSetListpack) return 11;
  if (type >= ValueType::kHashListpack) return 10;
  if (type == ValueType::kStream1) return 9;
  return type == ValueType::kSortedSet ? 8 : 6;
}

// What stands in a file where a value's type could: what follows is something else.
enum class Opcode : uint8_t {
  kSlotImport = 243,     // Valkey 9's: a name and ranges of slots
  kSlotInfo = 244,       // of a cluster: three lengths
  kFunction = 245,       // the code of a library
  kFunctionTrial = 246,  // of trial releases of Redis 7.0 only
  kModuleData = 247,
  kIdle = 248,       // the next key's idle time: a length, in seconds
  kFrequency = 249,  // the next key's counter of LFU: a byte
  kAux = 250,        // name and value: two texts
  kSizes = 251,      // keys, and those that expire, of the database: two lengths
  kExpiryMs = 252,   // the next key's: 64 bits
  kExpiryS = 253,    // 32 bits
  kDatabase = 254,   // a length
  kEnd = 255,        // the checksum follows, from version 5 on
};
constexpr uint16_t kFirstVersionWithChecksum = 5;

// How the first byte of a length says what it is: by its upper two bits, or as a whole.
constexpr uint8_t kLength14 = 1;
constexpr uint8_t kLengthEncoded = 3;  // no length: the text that follows is held otherwise
constexpr uint8_t kLength32 = 0x80;
constexpr uint8_t kLength64 = 0x81;

enum class TextEncoding : uint8_t { kInteger8 = 0, kInteger16 = 1, kInteger32 = 2, kLzf = 3 };

// The first byte of a score as text, if it is none.
constexpr uint8_t kScoreNan = 253;
constexpr uint8_t kScoreInfinite = 254;
constexpr uint8_t kScoreMinusInfinite = 255;

// Kinds of a quicklist's nodes.
constexpr uint64_t kPlainNode = 1;
constexpr uint64_t kPackedNode = 2;

// What says that a field does not expire.
constexpr int64_t kNoFieldExpiry = -1;

}  // namespace rdb
