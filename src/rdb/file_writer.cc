#include "rdb/file_writer.h"

#include <fmt/format.h>

#include <iterator>

#include "rdb/output.h"

namespace rdb {
namespace {

void write_head(std::string& bytes, const EntryHead& head) {
  Output out(bytes, false);
  if (head.expiry_ms >= 0) {
    out.opcode(Opcode::kExpiryMs);
    out.milliseconds(head.expiry_ms);
  }
  if (head.idle_seconds) {
    out.opcode(Opcode::kIdle);
    out.length(*head.idle_seconds);
  }
  if (head.frequency) {
    out.opcode(Opcode::kFrequency);
    out.byte(*head.frequency);
  }
}

}  // namespace

void write_header(std::string& out, uint16_t version) {
  if (version < kVersion) {
    fmt::format_to(std::back_inserter(out), "REDIS{:04}", version);
  } else {
    fmt::format_to(std::back_inserter(out), "VALKEY{:03}", version);
  }
}

void write_note(std::string& bytes, std::string_view name, std::string_view value) {
  Output out(bytes, false);
  out.opcode(Opcode::kAux);
  out.text(name);
  out.text(value);
}

void write_library(std::string& bytes, std::string_view code) {
  Output out(bytes, false);
  out.opcode(Opcode::kFunction);
  out.text(code);
}

void write_database(std::string& bytes, uint64_t number) {
  Output out(bytes, false);
  out.opcode(Opcode::kDatabase);
  out.length(number);
}

void write_sizes(std::string& bytes, uint64_t keys, uint64_t expiring) {
  Output out(bytes, false);
  out.opcode(Opcode::kSizes);
  out.length(keys);
  out.length(expiring);
}

void write_text_entry(std::string& out, const EntryHead& head, std::string_view text, WriteOptions options) {
  write_head(out, head);
  options.key = head.key;
  write_text_value(out, text, options);
}

void write_collection_entry(std::string& out, const EntryHead& head, const values::Collection& collection,
                            WriteOptions options) {
  write_head(out, head);
  options.key = head.key;
  write_collection(out, collection, options);
}

void write_end(std::string& bytes) { Output(bytes, false).opcode(Opcode::kEnd); }

void write_checksum(std::string& out, uint64_t crc) { out.append(reinterpret_cast<const char*>(&crc), sizeof crc); }

}  // namespace rdb
