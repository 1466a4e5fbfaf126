// CaptureBuffer: one worker's part of a snapshot on its way to the file: entries as RDB has them, in chunks that each
// begin with their database.
//
// Threads  begin(): with all shards held. capture(): the worker's, under the entry's shard. flush(): the worker's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "keyspace/snapshot.h"
#include "persistence/chunk_queue.h"
#include "rdb/write_value.h"

namespace persistence {

// Which of the access bits' meanings goes into the file, if any.
enum class AccessNote : uint8_t { kNone, kIdle, kFrequency };

// What all workers' buffers share of one snapshot.
struct SnapshotOutput {
  bool compress = true;
  AccessNote access = AccessNote::kNone;
  int64_t now_ms = 0;  // of the cut
  ChunkQueue queue;
  std::atomic<uint64_t> keys{0};
};

class CaptureBuffer final : public keyspace::CaptureSink {
 public:
  void begin(std::shared_ptr<SnapshotOutput> output);
  void capture(uint32_t database, const keyspace::Entry& entry) override;
  // Hands over what there is; at the end, and lets go of the output.
  void flush();
  void end();

 private:
  static constexpr size_t kChunkBytes = 256 * 1024;
  static constexpr uint32_t kNoDatabase = ~uint32_t{0};
  static constexpr uint16_t kLeastVersion = rdb::first_version_of(rdb::ValueType::kListQuicklist2);

  std::shared_ptr<SnapshotOutput> output_;
  std::string bytes_;
  uint32_t database_ = kNoDatabase;  // of what was written last to `bytes_`
  uint64_t keys_ = 0;                // in `bytes_`, as the next
  uint16_t version_ = kLeastVersion;
};

}  // namespace persistence
