#include "persistence/capture_buffer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "keyspace/access.h"
#include "rdb/file_writer.h"

namespace persistence {

void CaptureBuffer::begin(std::shared_ptr<SnapshotOutput> output) {
  DCHECK(bytes_.empty());
  output_ = std::move(output);
}

void CaptureBuffer::capture(uint32_t database, const keyspace::Entry& entry) {
  if (std::exchange(database_, database) != database) rdb::write_database(bytes_, database);
  rdb::EntryHead head{.key = entry.key(), .expiry_ms = entry.expiry_ms()};
  if (output_->access == AccessNote::kIdle) {
    head.idle_seconds = keyspace::idle_steps(entry, output_->now_ms) / keyspace::kLruStepsPerSecond;
  } else if (output_->access == AccessNote::kFrequency) {
    head.frequency = static_cast<uint8_t>(entry.access());
  }
  if (entry.type() == keyspace::Type::kString) {
    keyspace::TextBuffer buffer;
    rdb::write_text_entry(bytes_, head, entry.text(buffer), {.compress = output_->compress});
  } else {
    const values::Collection collection = entry.collection();
    const uint16_t version = rdb::lossless_version(collection);
    version_ = std::max(version_, version);
    rdb::write_collection_entry(bytes_, head, collection, {.version = version, .compress = output_->compress});
  }
  ++keys_;
  if (bytes_.size() >= kChunkBytes) flush();
}

void CaptureBuffer::flush() {
  if (bytes_.empty()) return;
  output_->keys.fetch_add(keys_, std::memory_order_relaxed);
  output_->queue.push(
      {std::exchange(bytes_, std::string()), std::exchange(keys_, 0), std::exchange(version_, kLeastVersion)});
  bytes_.reserve(kChunkBytes + kChunkBytes / 8);
  database_ = kNoDatabase;
}

void CaptureBuffer::end() {
  if (output_ == nullptr) return;
  flush();
  bytes_ = std::string();
  output_.reset();
}

}  // namespace persistence
