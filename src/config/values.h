// Values of settings that are more than a number, a word or a text.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace config {

// A limit in bytes, or as a part of something else that only the server knows: percent of the memory that the
// process may use (maxmemory) or of maxmemory (maxmemory-clients). It keeps what was set; bytes() resolves it.
struct MemoryLimit {
  enum class Kind : uint8_t { kBytes, kPercent, kAuto };

  // What `auto` leaves: the rest is for buffers, fragmentation, replicas' backlog and snapshots.
  static constexpr uint64_t kAutoPercent = 75;

  Kind kind = Kind::kBytes;
  uint64_t amount = 0;  // bytes or percent; 0 is no limit

  // The limit in bytes, where `whole` is what percent and auto refer to; 0 means no limit, of both.
  constexpr uint64_t bytes(uint64_t whole) const {
    if (kind == Kind::kBytes) return amount;
    const uint64_t percent = kind == Kind::kAuto ? kAutoPercent : amount;
    return whole / 100 * percent + whole % 100 * percent / 100;
  }

  bool operator==(const MemoryLimit&) const = default;
};

// The most that the keys of a database may take.
struct DatabaseLimit {
  uint32_t database = 0;
  int64_t bytes = 0;

  bool operator==(const DatabaseLimit&) const = default;
};

// A snapshot is saved once `changes` changes are `seconds` old.
struct SavePoint {
  int64_t seconds = 0;
  int32_t changes = 0;
  bool operator==(const SavePoint&) const = default;
};

// The classes of clients that have a limit of their own for replies they have not yet read.
enum class ClientClass : uint8_t { kNormal, kReplica, kPubsub };

// A client is disconnected at the hard limit, or after `soft_seconds` over the soft one; 0 is no limit.
struct OutputBufferLimit {
  uint64_t hard_bytes = 0;
  uint64_t soft_bytes = 0;
  int64_t soft_seconds = 0;
  bool operator==(const OutputBufferLimit&) const = default;
};
using OutputBufferLimits = std::array<OutputBufferLimit, 3>;  // by ClientClass

// Classes of keyspace events (notify-keyspace-events).
enum KeyspaceEvents : uint32_t {
  kEventsGeneric = 1u << 0,      // g
  kEventsString = 1u << 1,       // $
  kEventsList = 1u << 2,         // l
  kEventsSet = 1u << 3,          // s
  kEventsHash = 1u << 4,         // h
  kEventsSortedSet = 1u << 5,    // z
  kEventsExpired = 1u << 6,      // x
  kEventsEvicted = 1u << 7,      // e
  kEventsStream = 1u << 8,       // t
  kEventsModule = 1u << 9,       // d
  kEventsNew = 1u << 10,         // n, not in A
  kEventsKeyspace = 1u << 11,    // K: published to __keyspace@<db>__ channels
  kEventsKeyevent = 1u << 12,    // E: published to __keyevent@<db>__ channels
  kEventsKeyMiss = 1u << 13,     // m, not in A
  kEventsAll = (1u << 10) - 1u,  // A
};

// What a signal asks of the shutdown (shutdown-on-sigint, shutdown-on-sigterm); 0 is the default behaviour.
enum ShutdownFlags : uint32_t {
  kShutdownSave = 1u << 0,
  kShutdownNosave = 1u << 1,
  kShutdownNow = 1u << 2,
  kShutdownForce = 1u << 3,
  kShutdownSafe = 1u << 4,
  kShutdownFailover = 1u << 5,
};

// The primary to replicate from; an empty host means that this server is a primary.
struct Primary {
  std::string host;
  int64_t port = 0;
  bool operator==(const Primary&) const = default;
};

// A line of the file that is no setting (`user ...`, `loadmodule ...`), with its place for error texts.
struct Directive {
  std::vector<std::string> words;  // the directive's name first
  int line = 0;                    // from 1
  std::string text;                // the line as it stood there
};

}  // namespace config
