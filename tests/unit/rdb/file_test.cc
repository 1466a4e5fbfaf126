// Goal: what is written as a file is read back item by item, from its beginning or from any item on.
// Method: files of all recorded values (recorded.h) in three versions beside a list of what went into them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "base/crc64.h"
#include "rdb/file_reader.h"
#include "rdb/file_writer.h"
#include "rdb/output.h"
#include "rdb/read_value.h"
#include "recorded.h"

namespace rdb {
namespace {

using Kind = FileItem::Kind;

constexpr Limits kLimits{.list = {-2, 0}, .set = {512, 128, 64}, .sorted_set = {128, 64}, .hash = {512, 64}};

// The value's elements in an order that no hash table decides.
std::string elements_of(const Value& value) {
  if (value.is_text()) return std::string(value.text());
  std::string bytes;
  const uint16_t version = std::max<uint16_t>(9, needed_version(value.collection()));
  write_collection(bytes, value.collection(), {.version = version, .compress = false});
  std::sort(bytes.begin(), bytes.end());
  return bytes;
}

// An item without what lies in the file, to be compared.
struct Told {
  Kind kind = Kind::kNote;
  std::string name, text;  // of an entry: its value's elements
  uint64_t keys = 0, expiring = 0, database = 0;
  int64_t expiry_ms = -1;
  std::optional<uint64_t> idle_seconds;
  std::optional<uint8_t> frequency;

  bool operator==(const Told& other) const = default;
};

std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << "kind " << static_cast<int>(told.kind) << " name '" << told.name << "' of " << told.text.size()
             << " bytes, database " << told.database << ", expiry " << told.expiry_ms << ", keys " << told.keys;
}

Told told(const FileItem& item, uint16_t version) {
  Told told{.kind = item.kind,
            .name = std::string(item.name.view()),
            .text = std::string(item.text.view()),
            .keys = item.keys,
            .expiring = item.expiring,
            .database = item.database,
            .expiry_ms = item.expiry_ms,
            .idle_seconds = item.idle_seconds,
            .frequency = item.frequency};
  if (item.kind != Kind::kEntry) return told;
  Input input(item.value);
  const auto value = read_value(input, item.type, version, kLimits);
  EXPECT_TRUE(static_cast<bool>(value)) << told.name;
  EXPECT_EQ(input.left(), 0U) << told.name;
  if (value) told.text = elements_of(*value);
  return told;
}

// The items up to the end or an error.
std::vector<Told> items_of(FileReader& reader) {
  std::vector<Told> items;
  while (reader.next()) items.push_back(told(reader.item(), reader.version()));
  EXPECT_FALSE(reader.next());
  return items;
}

// A file, and what is in it.
class Written {
 public:
  explicit Written(uint16_t version) : version_(version) { write_header(bytes, version); }

  void note(std::string_view name, std::string_view value) {
    write_note(bytes, name, value);
    items.push_back(
        {.kind = Kind::kNote, .name = std::string(name), .text = std::string(value), .database = database_});
  }
  void library(std::string_view code) {
    write_library(bytes, code);
    items.push_back({.kind = Kind::kLibrary, .text = std::string(code), .database = database_});
  }
  void database(uint64_t number, uint64_t keys, uint64_t expiring) {
    database_ = number;
    write_database(bytes, number);
    write_sizes(bytes, keys, expiring);
    items.push_back({.kind = Kind::kSizes, .keys = keys, .expiring = expiring, .database = number});
  }
  void entry(const EntryHead& head, const Value& value) {
    const WriteOptions options{.version = version_, .compress = items.size() % 2 == 0};
    if (value.is_text()) {
      write_text_entry(bytes, head, value.text(), options);
    } else {
      write_collection_entry(bytes, head, value.collection(), options);
    }
    items.push_back({.kind = Kind::kEntry,
                     .name = std::string(head.key),
                     .text = elements_of(value),
                     .database = database_,
                     .expiry_ms = head.expiry_ms,
                     .idle_seconds = head.idle_seconds,
                     .frequency = head.frequency});
  }
  void text(const EntryHead& head, std::string_view text) { entry(head, Value(Text(text))); }
  void end() {
    write_end(bytes);
    write_checksum(bytes, base::crc64(0, bytes));
  }

  std::string bytes;
  std::vector<Told> items;

 private:
  uint16_t version_;
  uint64_t database_ = 0;
};

void add_texts(Written& file) {
  const std::string long_text(70'000, 'x');
  file.text({.key = ""}, "");
  file.text({.key = "12345", .expiry_ms = 0}, "-128");
  file.text({.key = "key", .expiry_ms = 4'000'000'000'123, .idle_seconds = 0}, "4294967296");
  file.text({.key = long_text, .idle_seconds = 100'000}, long_text);
  file.text({.key = std::string_view("\xff\x00", 2), .frequency = uint8_t{255}}, std::string_view("\xff\x00\xfe", 3));
  file.text(
      {.key = "all", .expiry_ms = std::numeric_limits<int64_t>::max(), .idle_seconds = 16'384, .frequency = uint8_t{0}},
      "2147483648");
}

void add_recorded(Written& file, uint16_t version) {
  for (const Recorded& recorded : kRecorded) {
    const std::string bytes = recorded.bytes();
    Input input(bytes);
    const auto value = read_value(input, recorded.version, kLimits);
    ASSERT_TRUE(static_cast<bool>(value));
    if (!value->is_text() && needed_version(value->collection()) > version) continue;
    EntryHead head{.key = recorded.name};
    if (bytes.size() % 2 == 0) head.expiry_ms = static_cast<int64_t>(bytes.size());
    if (bytes.size() % 3 == 0) head.frequency = static_cast<uint8_t>(bytes.size());
    file.entry(head, *value);
  }
}

Written whole_file(uint16_t version) {
  Written file(version);
  file.note("valkey-ver", "9.1.2");
  file.note("ctime", "1790000000");
  file.library("#!lua name=one\n" + std::string(300, '-'));
  file.library("");
  file.database(0, 6, 2);
  add_texts(file);
  file.database(15, 1'000'000, 70'000);
  add_recorded(file, version);
  file.database(uint64_t{1} << 40, 0, 0);
  file.end();
  return file;
}

TEST(File, IsReadAsItWasWritten) {
  for (const uint16_t version : {10, 11, 80}) {
    const Written file = whole_file(version);
    EXPECT_EQ(file.bytes.substr(0, 9), version == 80 ? "VALKEY080" : "REDIS00" + std::to_string(version));
    FileReader reader(file.bytes);
    EXPECT_EQ(reader.version(), version);
    EXPECT_EQ(reader.is_valkeys(), version == 80);
    EXPECT_EQ(items_of(reader), file.items);
    EXPECT_EQ(reader.error(), std::nullopt);
    EXPECT_EQ(reader.covered() + sizeof(uint64_t), file.bytes.size());
    EXPECT_EQ(reader.checksum(), base::crc64(0, std::string_view(file.bytes).substr(0, reader.covered())));
  }
}

TEST(File, IsReadFromAnyItemOn) {
  for (const uint16_t version : {10, 11, 80}) {
    const Written file = whole_file(version);
    FileReader reader(file.bytes);
    for (size_t passed = 0;; ++passed) {
      FileReader rest(file.bytes, reader.version(), reader.at(), reader.database());
      EXPECT_EQ(rest.at(), reader.at());
      EXPECT_EQ(items_of(rest), std::vector<Told>(file.items.begin() + static_cast<long>(passed), file.items.end()));
      EXPECT_EQ(rest.error(), std::nullopt);
      EXPECT_EQ(rest.covered() + sizeof(uint64_t), file.bytes.size());
      EXPECT_TRUE(rest.checksum().has_value());
      if (!reader.next()) break;
    }
  }
  FileReader beyond("REDIS0011", 11, 10, 0);
  EXPECT_FALSE(beyond.next());
  EXPECT_TRUE(beyond.error().has_value());
}

TEST(File, WithoutAChecksumHasNone) {
  Written file(80);
  file.text({.key = "k"}, "v");
  write_end(file.bytes);
  write_checksum(file.bytes, 0);
  FileReader reader(file.bytes);
  EXPECT_EQ(items_of(reader), file.items);
  EXPECT_EQ(reader.error(), std::nullopt);
  EXPECT_EQ(reader.checksum(), std::nullopt);
  FileReader old(std::string_view("REDIS0004\xff"));  // that version had none yet
  EXPECT_FALSE(old.next());
  EXPECT_EQ(old.error(), std::nullopt);
  EXPECT_EQ(old.checksum(), std::nullopt);
  EXPECT_EQ(old.covered(), 10U);
}

}  // namespace
}  // namespace rdb
