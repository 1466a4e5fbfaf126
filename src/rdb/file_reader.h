// Reads an RDB file, of any version and family, item by item. Values are not made: their bytes are found, so that
// others can make them meanwhile (read_value.h).
//
//   FileReader reader(bytes);
//   while (reader.next()) switch (reader.item().kind) ...
//   if (reader.error()) ...                 // where and what
//
// Limits   the bytes are in memory as a whole (a file is mapped), and outlive the items.
// Cost     as skip_value(); the checksum is the caller's affair: covered() and checksum() say of what.
// Threads  none of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rdb/input.h"

namespace rdb {

struct FileItem {
  enum class Kind : uint8_t { kNote, kLibrary, kSizes, kEntry };
  Kind kind = Kind::kNote;
  Text name;          // of a note; the key of an entry
  Text text;          // a note's value, a library's code
  uint64_t keys = 0;  // kSizes, as the next: of `database`
  uint64_t expiring = 0;
  // Of an entry.
  uint64_t database = 0;
  ValueType type = ValueType::kString;
  std::string_view value;  // what follows the key
  int64_t expiry_ms = -1;  // -1: none
  std::optional<uint64_t> idle_seconds;
  std::optional<uint8_t> frequency;
};

class FileReader {
 public:
  explicit FileReader(std::string_view bytes);
  // From the middle of a file, where an item begins.
  FileReader(std::string_view bytes, uint16_t version, size_t at, uint64_t database)
      : bytes_(bytes), input_(bytes), database_(database), version_(version) {
    input_.take(at);
  }

  // False at the end, or where something is wrong.
  bool next();
  const FileItem& item() const { return item_; }
  FileItem take_item() { return std::move(item_); }

  uint16_t version() const { return version_; }
  // That is selected where the next item begins.
  uint64_t database() const { return database_; }
  bool is_valkeys() const { return is_valkeys_; }
  // Where the next item begins.
  size_t at() const { return input_.at(); }
  // What was wrong, and where.
  const std::optional<std::string>& error() const { return error_; }

  // At the end: how much the checksum covers, and what it is; nothing if the version has none, or none was made.
  size_t covered() const { return covered_; }
  std::optional<uint64_t> checksum() const { return checksum_; }

 private:
  void read_header();
  bool read_item();
  bool read_entry(ValueType type);
  bool read_module_data();
  void skip_slot_import();
  bool read_end();
  bool fail(std::string_view what);

  std::string_view bytes_;
  Input input_;
  FileItem item_;
  uint64_t database_ = 0;
  uint16_t version_ = 0;
  bool is_valkeys_ = false;
  bool ended_ = false;
  size_t covered_ = 0;
  std::optional<uint64_t> checksum_;
  std::optional<std::string> error_;
};

}  // namespace rdb
