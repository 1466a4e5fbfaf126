#include "rdb/file_reader.h"

#include <fmt/format.h>

#include "base/numbers.h"
#include "rdb/skip_value.h"

namespace rdb {
namespace {

constexpr std::string_view kRedis = "REDIS";
constexpr std::string_view kValkey = "VALKEY";
constexpr size_t kHeaderBytes = 9;

constexpr int64_t kMsPerSecond = 1000;

// Marks of the parts of a module's data.
enum ModuleMark : uint64_t { kModuleEnd, kModuleSigned, kModuleUnsigned, kModuleFloat, kModuleDouble, kModuleText };

}  // namespace

FileReader::FileReader(std::string_view bytes) : bytes_(bytes), input_(bytes) { read_header(); }

bool FileReader::fail(std::string_view what) {
  if (!error_) error_ = fmt::format("{} at offset {}", what, input_.at());
  return false;
}

void FileReader::read_header() {
  const std::string_view header = input_.take(kHeaderBytes);
  is_valkeys_ = header.starts_with(kValkey);
  if (!is_valkeys_ && !header.starts_with(kRedis)) {
    fail("Wrong signature: this is no RDB file,");
    return;
  }
  std::string_view digits = header.substr(is_valkeys_ ? kValkey.size() : kRedis.size());
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  const auto version = base::parse_uint64(digits);
  if (!version || *version == 0 || is_valkeys_ != (*version >= kVersion)) {
    fail(fmt::format("Can't handle RDB format version {}", header));
    return;
  }
  version_ = static_cast<uint16_t>(*version);
}

bool FileReader::next() {
  if (error_ || ended_) return false;
  item_ = FileItem();
  item_.database = database_;
  const bool found = read_item();
  if (input_.failed()) return fail("The file ends, or is damaged,");
  return found && !error_;
}

// False at the end, or if something is wrong.
bool FileReader::read_item() {
  while (!input_.failed()) {
    const uint8_t mark = input_.byte();
    switch (static_cast<Opcode>(mark)) {
      case Opcode::kAux:
        item_.kind = FileItem::Kind::kNote;
        item_.name = input_.text();
        item_.text = input_.text();
        return true;
      case Opcode::kFunction:
        item_.kind = FileItem::Kind::kLibrary;
        item_.text = input_.text();
        return true;
      case Opcode::kSizes:
        item_.kind = FileItem::Kind::kSizes;
        item_.keys = input_.length();
        item_.expiring = input_.length();
        return true;
      case Opcode::kDatabase: item_.database = database_ = input_.length(); break;
      case Opcode::kExpiryMs: item_.expiry_ms = input_.number<int64_t>(); break;
      case Opcode::kExpiryS: item_.expiry_ms = int64_t{input_.number<int32_t>()} * kMsPerSecond; break;
      case Opcode::kIdle: item_.idle_seconds = input_.length(); break;
      case Opcode::kFrequency: item_.frequency = input_.byte(); break;
      case Opcode::kSlotInfo:
        for (int i = 0; i < 3; ++i) input_.length();
        break;
      case Opcode::kSlotImport: skip_slot_import(); break;
      case Opcode::kModuleData:
        if (!read_module_data()) return false;
        break;
      case Opcode::kFunctionTrial: return fail("Pre-release function format not supported.");
      case Opcode::kEnd: return read_end();
      default: return read_entry(static_cast<ValueType>(mark));
    }
  }
  return false;
}

bool FileReader::read_entry(ValueType type) {
  item_.kind = FileItem::Kind::kEntry;
  item_.type = type;
  item_.name = input_.text();
  const size_t begin = input_.at();
  const uint16_t version = version_;
  const bool is_redis_hash = type == ValueType::kHashExpiringRedis || type == ValueType::kHashListpackExpiringRedis;
  if (is_redis_hash && version >= kVersion) return fail("A value of an unknown type");
  if (type == ValueType::kModule1 || type == ValueType::kModule2) {
    return fail(
        fmt::format("The key '{}' holds a value of a module, and modules are not supported,", item_.name.view()));
  }
  if (!skip_value(input_, type)) return fail(fmt::format("A value of the unknown type {}", static_cast<int>(type)));
  if (!input_.failed()) item_.value = bytes_.substr(begin, input_.at() - begin);
  return true;
}

// Data beside the keys, which a module had: it is left out, as the reference does where it can be.
bool FileReader::read_module_data() {
  input_.length();  // the module
  input_.length();  // a mark and when the data comes
  input_.length();
  while (!input_.failed()) {
    switch (input_.length()) {
      case kModuleEnd: return true;
      case kModuleSigned:
      case kModuleUnsigned: input_.length(); break;
      case kModuleFloat: input_.take(sizeof(float)); break;
      case kModuleDouble: input_.take(sizeof(double)); break;
      case kModuleText: input_.skip_text(); break;
      default: return fail("Data of a module that is damaged");
    }
  }
  return false;
}

// A slot that was on its way here: its job's name and its ranges. The keys follow as others do.
void FileReader::skip_slot_import() {
  input_.skip_text();
  for (uint64_t left = input_.count(); left > 0 && !input_.failed(); --left) {
    input_.length();
    input_.length();
  }
}

bool FileReader::read_end() {
  ended_ = true;
  covered_ = input_.at();
  if (version_ < kFirstVersionWithChecksum) return false;
  const auto checksum = input_.number<uint64_t>();
  if (checksum != 0) checksum_ = checksum;
  return false;
}

}  // namespace rdb
