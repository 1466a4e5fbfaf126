// Writes a snapshot's file: to a temporary name beside it, synced, then renamed over the old one, and the folder
// synced: whatever happens meanwhile, the old file or the new one is there, whole.
//
// Threads  one of its own: it waits for chunks and for the disk.
#pragma once

#include <atomic>
#include <string>

#include "base/result.h"
#include "persistence/chunk_queue.h"

namespace persistence {

struct SnapshotFile {
  std::string name;  // in the current folder, as it is when the writing begins
  std::string head;  // what comes between the header and the chunks: notes, libraries
  bool checksum = true;
  bool syncs_as_it_goes = true;  // rdb-save-incremental-fsync
  int64_t delay_us = 0;          // rdb-key-save-delay: for each key; for tests
};

// Takes all chunks, also where it fails. Failure: what could not be done, and the system's reason; the temporary file
// is gone.
base::Result<base::Done, base::Failure> write_snapshot(const SnapshotFile& file, ChunkQueue& queue,
                                                       const std::atomic<bool>& cancelled);

}  // namespace persistence
