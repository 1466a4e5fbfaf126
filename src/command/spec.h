// Spec: one command, in one row. COMMAND, key extraction, ACL, help, fuzzers and the differential tester read it.
//
// A row stands at the foot of its family's file. A subcommand has a row of its own, named "client|kill", behind the row
// of its container, which has no handler.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "command/syntax.h"
#include "keyspace/keyspace.h"

namespace command {

class Call;
using Handler = void (*)(Call& call);
// The hash whose shard is locked for something that is no key: SCAN's cursor. Called for words of the row's arity.
using LockHash = uint64_t (*)(std::span<const std::string_view> words, const keyspace::KeyHash& hash);

// The lock class of a command where its words decide: no higher than its row's. Called for words of the row's arity.
using LocksOf = keyspace::LockClass (*)(std::span<const std::string_view> words);

// What a command does with its keys where its words decide: KeyFlags. Called for words of the row's arity.
using KeyFlagsOf = uint16_t (*)(std::span<const std::string_view> words);

// Where the key stands that is overwritten, for rows whose specifications of such keys do not suffice to find it; it is
// the call's last then. 0: nowhere. For any words.
using FurtherKey = size_t (*)(std::span<const std::string_view> words);

// Adds the words that name databases, among words of the row's arity.
using DatabaseWordsOf = void (*)(std::span<const std::string_view> words, std::vector<uint32_t>& out);

// Adds the keys among words of the row's arity, where specifications cannot tell them all.
struct KeyWord;
using KeysOf = void (*)(std::span<const std::string_view> words, std::vector<KeyWord>& out);

// As COMMAND INFO names them.
enum Flags : uint32_t {
  kWrite = 1U << 0,
  kReadOnly = 1U << 1,
  kDenyOom = 1U << 2,
  kAdmin = 1U << 3,
  kPubsub = 1U << 4,
  kNoScript = 1U << 5,
  kBlocking = 1U << 6,
  kLoading = 1U << 7,
  kStale = 1U << 8,
  kSkipMonitor = 1U << 9,
  kSkipCommandLog = 1U << 10,
  kAsking = 1U << 11,
  kFast = 1U << 12,
  kNoAuth = 1U << 13,
  kNoMandatoryKeys = 1U << 14,
  kNoAsyncLoading = 1U << 15,
  kNoMulti = 1U << 16,
  kMovableKeys = 1U << 17,
  kAllowBusy = 1U << 18,
  // Not shown by COMMAND.
  kProtectedDebug = 1U << 24,   // as enable-debug-command says
  kProtectedModule = 1U << 25,  // as enable-module-command says
  kDocSyscmd = 1U << 26,        // doc_flags: syscmd
  kDocDeprecated = 1U << 27,
  kMayReplicate = 1U << 28,    // paused with the writers (PUBLISH, EVAL)
  kWhileListening = 1U << 29,  // allowed to a RESP2 client that has subscriptions
  kRepliesByPush = 1U << 30,   // its reply is a message, which CLIENT REPLY does not keep back
  kAllDatabases = 1U << 31,    // needs the right to all databases
};

// ACL categories that do not follow from the flags or the group.
enum Categories : uint32_t {
  kDangerous = 1U << 0,
  kCategoryWrite = 1U << 1,
  kCategoryRead = 1U << 2,
  kCategoryKeyspace = 1U << 3,
  kCategoryConnection = 1U << 4,
  kCategoryAdmin = 1U << 5,
  kCategorySet = 1U << 6,
  kCategorySortedSet = 1U << 7,
  kCategoryList = 1U << 8,
};

enum class Group : uint8_t {
  kGeneric,
  kString,
  kList,
  kSet,
  kSortedSet,
  kHash,
  kPubsub,
  kTransactions,
  kConnection,
  kServer,
  kScripting,
  kHyperloglog,
  kCluster,
  kSentinel,
  kGeo,
  kStream,
  kBitmap,
  kModule,
};

// What a command does with keys, as in COMMAND INFO's key specifications.
enum KeyFlags : uint16_t {
  kRO = 1U << 0,
  kRW = 1U << 1,
  kOW = 1U << 2,
  kRM = 1U << 3,
  kAccess = 1U << 4,
  kUpdate = 1U << 5,
  kInsert = 1U << 6,
  kDelete = 1U << 7,
  kNotKey = 1U << 8,
  kIncomplete = 1U << 9,
  kVariableFlags = 1U << 10,
};

// Where keys stand. An index counts the command's name as 0.
struct KeySpec {
  // kUnknown: what words are keys is found otherwise, or cannot be known.
  enum class Find : uint8_t { kNone, kRange, kKeynum, kUnknown };
  uint16_t flags = 0;
  Find find = Find::kNone;
  int8_t index = 0;            // where the search begins...
  std::string_view keyword{};  // ...or the word after which it begins, looked for from `index` on (negative: backwards)
  int8_t last = 0;             // kRange: the last key, from the first (>= 0) or from the end (< 0)
  int8_t step = 1;
  int8_t limit = 0;          // kRange, last < 0: 2 means the first half of the words, and so on
  int8_t count_at = 0;       // kKeynum: where the number of keys stands, from the beginning
  int8_t first = 1;          // kKeynum: where the first key stands, from the beginning
  std::string_view notes{};  // why the flags are so, where that is not plain
};

constexpr size_t kMaxKeySpecs = 3;
using KeySpecs = std::array<KeySpec, kMaxKeySpecs>;

constexpr KeySpec key_at(int8_t index, uint16_t flags) {
  return {.flags = flags, .find = KeySpec::Find::kRange, .index = index};
}
constexpr KeySpec key_at(int8_t index, uint16_t flags, std::string_view notes) {
  return {.flags = flags, .find = KeySpec::Find::kRange, .index = index, .notes = notes};
}
constexpr KeySpec keys_from(int8_t index, int8_t last, int8_t step, uint16_t flags) {
  return {.flags = flags, .find = KeySpec::Find::kRange, .index = index, .last = last, .step = step};
}
constexpr KeySpec counted_keys(int8_t count_index, int8_t step, uint16_t flags) {
  return {.flags = flags, .find = KeySpec::Find::kKeynum, .index = count_index, .step = step};
}

// Which words name channels that the caller must have a right to.
enum class Channels : uint8_t {
  kNone,
  kFirst,     // the first
  kAll,       // all of them
  kPatterns,  // all, and they are patterns
};

enum Tips : uint32_t {
  kNondeterministicOutput = 1U << 0,
  kNondeterministicOutputOrder = 1U << 1,
  kRequestAllNodes = 1U << 2,
  kRequestAllShards = 1U << 3,
  kRequestMultiShard = 1U << 4,
  kRequestSpecial = 1U << 5,
  kResponseAllSucceeded = 1U << 6,
  kResponseOneSucceeded = 1U << 7,
  kResponseAggSum = 1U << 8,
  kResponseAggMin = 1U << 9,
  kResponseAggLogicalAnd = 1U << 10,
  kResponseSpecial = 1U << 11,
  // The tips about nondeterminism are told behind the others, as the reference tells them for some commands.
  kNondeterminismLast = 1U << 12,
};
// What each node of a cluster must be told.
constexpr uint32_t kToAllNodes = kRequestAllNodes | kResponseAllSucceeded;

struct Spec {
  std::string_view name;  // lower case; "client|kill" for a subcommand
  int16_t arity = 0;      // with the name; negative: at least so many
  uint32_t flags = 0;
  KeySpecs keys{};
  FurtherKey further_key = nullptr;
  uint32_t categories = 0;
  keyspace::LockClass locks = keyspace::LockClass::kAll;
  LockHash lock_hash = nullptr;  // the call's first key then has this hash and no text
  Handler handler = nullptr;     // null for a container
  Group group = Group::kGeneric;
  uint32_t tips = 0;
  std::string_view since{};
  std::string_view summary{};
  std::string_view complexity{};
  std::string_view history{};           // lines of a version and what it changed: "6.2.0 Knows `GET`."
  std::string_view syntax{};            // see command/syntax.h
  std::string_view deprecated_since{};  // of kDocDeprecated
  std::string_view replaced_by{};
  KeyFlagsOf key_flags = nullptr;  // what kVariableFlags are for given words
  KeysOf keys_of = nullptr;        // which keys are meant, whatever the specifications say
  LocksOf locks_of = nullptr;      // for words that need less than `locks`
  Channels channels = Channels::kNone;
  DatabaseWordsOf database_words = nullptr;  // of databases beside the selected one
  uint8_t element = 0;  // the word that (mostly) is an element of its first key's value: warmed ahead; 0: none

  keyspace::LockClass locks_for(std::span<const std::string_view> words) const {
    return locks_of == nullptr ? locks : locks_of(words);
  }
  constexpr bool has(uint32_t flag) const { return (flags & flag) != 0; }
  constexpr bool is_container() const { return handler == nullptr; }
  constexpr bool is_subcommand() const { return name.find('|') != std::string_view::npos; }
  constexpr bool takes(size_t words) const {
    return arity >= 0 ? words == static_cast<size_t>(arity) : words >= static_cast<size_t>(-arity);
  }
};

// Reads the lines of a row's history in order.
class HistoryReader {
 public:
  struct Change {
    std::string_view version;
    std::string_view text;
  };

  explicit constexpr HistoryReader(std::string_view lines) : left_(lines) {}

  // False at the end.
  constexpr bool next(Change& out) {
    if (left_.empty()) return false;
    const size_t end = left_.find('\n');
    const std::string_view line = left_.substr(0, end);
    const size_t space = line.find(' ');
    out = {line.substr(0, space), space == line.npos ? std::string_view() : line.substr(space + 1)};
    left_.remove_prefix(end == left_.npos ? left_.size() : end + 1);
    return true;
  }

 private:
  std::string_view left_;
};

constexpr bool is_history(std::string_view lines) {
  HistoryReader reader(lines);
  for (HistoryReader::Change change; reader.next(change);) {
    if (change.version.find_first_not_of("0123456789.") != change.version.npos || change.text.empty()) return false;
  }
  return true;
}

// Whether a family's rows can be right: used in static_assert.
constexpr bool well_formed(std::span<const Spec> rows) {
  for (const Spec& row : rows) {
    if (row.name.empty() || row.arity == 0 || row.since.empty()) return false;
    if (row.has(kWrite) && row.has(kReadOnly)) return false;
    if (!is_syntax(row.syntax) || !is_history(row.history)) return false;
    for (const char letter : row.name) {
      if (letter >= 'A' && letter <= 'Z') return false;
    }
    const bool has_keys = row.keys[0].find != KeySpec::Find::kNone && (row.keys[0].flags & kNotKey) == 0;
    if (has_keys && !row.is_container() && row.locks == keyspace::LockClass::kNone) return false;
  }
  return true;
}

}  // namespace command
