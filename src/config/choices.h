// Choices: settings whose value is one word of a fixed list, as enumerations.
//
// Shape    the enumerators stand in the order of words_of<Enum>, so a value is the index of its word. That order is
//          also the order in which a refused value lists what would have been right.
// Source   the lists are Valkey 9.1.2's, as its own error texts give them.
#pragma once

#include <array>
#include <string_view>

namespace config {

enum class Access { kNo, kYes, kLocal };
enum class AclPubsubDefault { kAllchannels, kResetchannels };
enum class Appendfsync { kEverysec, kAlways, kNo };
enum class ClusterConfigSaveBehavior { kSync, kBestEffort };
enum class EndpointType { kIp, kHostname, kUnknownEndpoint };
enum class LogFormat { kLegacy, kLogfmt, kJson };
enum class LogTimestampFormat { kLegacy, kIso8601, kMilliseconds };
enum class Loglevel { kDebug, kVerbose, kNotice, kWarning, kNothing };
enum class MaxmemoryPolicy {
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kAllkeysLru,
  kAllkeysLfu,
  kAllkeysRandom,
  kNoeviction,
};
enum class OomScoreAdj { kNo, kYes, kRelative, kAbsolute };
enum class PropagationErrorBehavior { kIgnore, kPanic, kPanicOnReplicas };
enum class RdbVersionCheck { kStrict, kRelaxed };
enum class ReplDisklessLoad { kDisabled, kOnEmptyDb, kSwapdb, kFlushBeforeLoad };
enum class Supervised { kUpstart, kSystemd, kAuto, kNo };
enum class SyslogFacility { kUser, kLocal0, kLocal1, kLocal2, kLocal3, kLocal4, kLocal5, kLocal6, kLocal7 };
enum class TlsAuthClients { kNo, kYes, kOptional };
enum class TlsAuthClientsUser { kCn, kUri, kOff };

template <typename Enum>
inline constexpr std::array<std::string_view, 0> words_of{};

template <size_t N>
using Words = std::array<std::string_view, N>;

template <>
inline constexpr Words<3> words_of<Access>{"no", "yes", "local"};
template <>
inline constexpr Words<2> words_of<AclPubsubDefault>{"allchannels", "resetchannels"};
template <>
inline constexpr Words<3> words_of<Appendfsync>{"everysec", "always", "no"};
template <>
inline constexpr Words<2> words_of<ClusterConfigSaveBehavior>{"sync", "best-effort"};
template <>
inline constexpr Words<3> words_of<EndpointType>{"ip", "hostname", "unknown-endpoint"};
template <>
inline constexpr Words<3> words_of<LogFormat>{"legacy", "logfmt", "json"};
template <>
inline constexpr Words<3> words_of<LogTimestampFormat>{"legacy", "iso8601", "milliseconds"};
template <>
inline constexpr Words<5> words_of<Loglevel>{"debug", "verbose", "notice", "warning", "nothing"};
template <>
inline constexpr Words<8> words_of<MaxmemoryPolicy>{"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
                                                    "allkeys-lru",  "allkeys-lfu",  "allkeys-random",  "noeviction"};
template <>
inline constexpr Words<4> words_of<OomScoreAdj>{"no", "yes", "relative", "absolute"};
template <>
inline constexpr Words<3> words_of<PropagationErrorBehavior>{"ignore", "panic", "panic-on-replicas"};
template <>
inline constexpr Words<2> words_of<RdbVersionCheck>{"strict", "relaxed"};
template <>
inline constexpr Words<4> words_of<ReplDisklessLoad>{"disabled", "on-empty-db", "swapdb", "flush-before-load"};
template <>
inline constexpr Words<4> words_of<Supervised>{"upstart", "systemd", "auto", "no"};
template <>
inline constexpr Words<9> words_of<SyslogFacility>{"user",   "local0", "local1", "local2", "local3",
                                                   "local4", "local5", "local6", "local7"};
template <>
inline constexpr Words<3> words_of<TlsAuthClients>{"no", "yes", "optional"};
template <>
inline constexpr Words<3> words_of<TlsAuthClientsUser>{"CN", "URI", "off"};

// The word for a value, as CONFIG GET shows it.
template <typename Enum>
constexpr std::string_view word(Enum value) {
  return words_of<Enum>[static_cast<size_t>(value)];
}

}  // namespace config
