// Goal: what other servers write beside keys is skipped or refused, and no bytes whatever do more than set an error.
// Method: files by hand for what is never written here; all prefixes and changed bytes of a small file.
#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <vector>

#include "base/crc64.h"
#include "rdb/file_reader.h"
#include "rdb/file_writer.h"
#include "rdb/output.h"
#include "rdb/read_value.h"
#include "recorded.h"

namespace rdb {
namespace {

constexpr Limits kLimits{.list = {-2, 0}, .set = {512, 128, 64}, .sorted_set = {128, 64}, .hash = {512, 64}};

// What an entry says, but for its value.
struct Told {
  std::string key;
  uint64_t database = 0;
  int64_t expiry_ms = -1;

  bool operator==(const Told& other) const = default;
};

std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << "'" << told.key << "' of database " << told.database << ", expiry " << told.expiry_ms;
}

// A file of this version that has these bytes, a key, and its end.
std::vector<Told> items_behind(std::string_view header, std::string_view middle, std::optional<std::string>& error) {
  const std::string bytes =
      std::string(header) + std::string(middle) + std::string("\x00\x01k\x01v\xff", 6) + std::string(8, '\0');
  FileReader reader(bytes);
  std::vector<Told> items;
  for (; reader.next();
       items.push_back({std::string(reader.item().name.view()), reader.item().database, reader.item().expiry_ms})) {
    EXPECT_EQ(reader.item().kind, FileItem::Kind::kEntry);
  }
  EXPECT_FALSE(reader.next());
  error = reader.error();
  return items;
}

TEST(ForeignFile, OfAnotherKindOrVersionIsRefused) {
  std::optional<std::string> error;
  for (const std::string_view header : {"REDIS0001", "REDIS0011", "REDIS0012", "VALKEY080", "VALKEY081", "VALKEY999"}) {
    EXPECT_EQ(items_behind(header, "", error).size(), 1U) << header;
    EXPECT_EQ(error, std::nullopt) << header;
  }
  for (const std::string_view header : {"REDIX0011", "redis0011", "VALKEX080",
                                        "\x7f"
                                        "ELF01234",
                                        "REDIS0000", "VALKEY000", "VALKEY011", "VALKEY079", "REDIS-011", "REDIS 011",
                                        "REDIS001x", "REDIS+011", "VALKEY08x", "REDISVALK"}) {
    EXPECT_TRUE(items_behind(header, "", error).empty()) << header;
    EXPECT_TRUE(error.has_value()) << header;
  }
  items_behind("VALKEY011", "", error);
  EXPECT_NE(error.value_or("").find("VALKEY011"), std::string::npos);
}

// What no server of ours writes is put before the key "k" of items_behind().
void expect_skipped(std::string_view middle, const Told& key = {.key = "k"}) {
  std::optional<std::string> error;
  for (const std::string_view header : {"REDIS0010", "VALKEY080"}) {
    EXPECT_EQ(items_behind(header, middle, error), std::vector<Told>{key}) << header;
    EXPECT_EQ(error, std::nullopt) << header;
  }
}

void expect_refused(std::string_view header, std::string_view middle, std::string_view word) {
  std::optional<std::string> error;
  EXPECT_TRUE(items_behind(header, middle, error).empty()) << header;
  EXPECT_NE(error.value_or("").find(word), std::string::npos) << error.value_or("none");
}

std::string module_data(bool is_whole) {
  std::string bytes;
  Output out(bytes, false);
  out.opcode(Opcode::kModuleData);
  out.length(0x1234567890abcdef);
  for (const uint64_t length : {2, 1}) out.length(length);             // when it comes: before the keys
  for (const uint64_t length : {1, 70'000, 2, 5}) out.length(length);  // two integers
  out.length(3);
  bytes.append(sizeof(float), '\xff');
  out.length(4);
  bytes.append(sizeof(double), '\xff');
  for (const std::string_view text : {"12", "text", ""}) {
    out.length(5);
    out.text(text);
  }
  out.length(is_whole ? 0 : 6);
  return bytes;
}

TEST(ForeignFile, ModulesDataIsSkippedAndTheirValuesAreRefused) {
  expect_skipped(module_data(true));
  expect_skipped(module_data(true) + module_data(true));
  expect_refused("VALKEY080", module_data(false), "damaged");
  for (const std::string_view value : {"\x07\x03mod\x81", "\x06\x03mod\x81"}) {
    expect_refused("REDIS0011", value, "'mod' holds a value of a module");
  }
}

TEST(ForeignFile, TypesThatTheVersionDoesNotHaveAreRefused) {
  for (const int type : {8, 23, 26, 100, 242}) {
    expect_refused("VALKEY080", static_cast<char>(type) + std::string("\x01kvalue"), "unknown type");
  }
  for (const Recorded& recorded : kRecorded) {
    const bool is_redis_hash = recorded.bytes()[0] == 24 || recorded.bytes()[0] == 25;
    if (!is_redis_hash) continue;
    const std::string entry = recorded.bytes().substr(0, 1) + "\x01q" + recorded.bytes().substr(1);
    std::optional<std::string> error;
    EXPECT_EQ(items_behind("REDIS0012", entry, error).size(), 2U) << recorded.name;
    EXPECT_EQ(error, std::nullopt) << recorded.name;
    expect_refused("VALKEY080", entry, "unknown type");
  }
}

TEST(ForeignFile, WhatStandsBetweenKeysIsSkippedOrRefused) {
  expect_refused("REDIS0010",
                 "\xf6\x03one\x03lua\x04"
                 "code",
                 "function");
  expect_skipped(std::string("\xf4\x05\x41\x00\x00", 5));                       // of a slot
  expect_skipped(std::string("\xf3\x04name\x02\x00\x05\x41\x00\x41\x01", 13));  // of two ranges of slots
  expect_skipped(std::string("\xf3\x00\x00", 3));
  expect_skipped(std::string("\xfe\x03\xf4\x01\x02\x03", 6), {.key = "k", .database = 3});
}

TEST(ForeignFile, ExpiriesInSecondsAreTakenAsMilliseconds) {
  for (const int32_t seconds : {0, 1, 1'790'000'000, std::numeric_limits<int32_t>::max()}) {
    std::string bytes = "\xfd";
    bytes.append(reinterpret_cast<const char*>(&seconds), sizeof seconds);
    expect_skipped(bytes, {.key = "k", .expiry_ms = int64_t{seconds} * 1000});
  }
}

// One of each opcode, and a value of each shape.
std::string small_file() {
  std::string bytes;
  write_header(bytes, 80);
  write_note(bytes, "name", "value");
  write_library(bytes, "code");
  bytes += module_data(true);
  write_database(bytes, 3);
  write_sizes(bytes, 4, 1);
  bytes += std::string("\xf4\x05\x41\x00\x00", 5) + std::string("\xf3\x01n\x01\x00\x05", 6);
  const EntryHead head{.key = "a", .expiry_ms = 1, .idle_seconds = 2, .frequency = uint8_t{3}};
  write_text_entry(bytes, head, std::string(100, 'x'), {});
  for (const Recorded& recorded : kRecorded) {
    if (recorded.version != kVersion || recorded.hex.size() > 300) continue;
    bytes += recorded.bytes().substr(0, 1) + "\x01q" + recorded.bytes().substr(1);
  }
  write_end(bytes);
  write_checksum(bytes, base::crc64(0, bytes));
  return bytes;
}

// Reads it from a block of exactly its size, so that ASan sees a byte too many. The error, or nothing.
std::optional<std::string> error_of(std::string_view bytes) {
  const std::vector<char> block(bytes.begin(), bytes.end());
  FileReader reader(std::string_view(block.data(), block.size()));
  size_t items = 0;
  while (reader.next()) {
    const FileItem& item = reader.item();
    if (item.kind == FileItem::Kind::kEntry) {
      Input input(item.value);
      (void)read_value(input, item.type, reader.version(), kLimits);
    }
    if (++items > block.size()) ADD_FAILURE() << "more items than bytes";
    if (items > block.size()) break;
  }
  EXPECT_LE(reader.at(), block.size());
  return reader.error();
}

TEST(ForeignFile, ThatEndsTooEarlyIsAnError) {
  const std::string bytes = small_file();
  EXPECT_EQ(error_of(bytes), std::nullopt);
  for (size_t at = 0; at < bytes.size(); ++at) {
    EXPECT_TRUE(error_of(std::string_view(bytes).substr(0, at)).has_value()) << at;
  }
}

TEST(ForeignFile, WhateverTheBytesAreItIsReadOrRefused) {
  const std::string bytes = small_file();
  size_t refused = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const int change : {1, 2, 3, 16, 64, 127, 128, 192, 255}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] + change);
      if (error_of(damaged)) ++refused;
    }
  }
  EXPECT_GT(refused, bytes.size());
}

}  // namespace
}  // namespace rdb
