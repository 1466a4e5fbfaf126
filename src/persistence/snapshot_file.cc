#include "persistence/snapshot_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/crc64.h"
#include "rdb/file_writer.h"

namespace persistence {
namespace {

using Written = base::Result<base::Done, base::Failure>;

constexpr mode_t kOwnerOnly = 0600;

base::Failure failure(std::string_view what, std::string_view name) {
  return base::Failure(fmt::format("{} '{}': {}", what, name, std::strerror(errno)));
}

// The temporary file; removed unless it was given its name.
class Temporary {
 public:
  explicit Temporary(const SnapshotFile& file) : file_(file), name_(fmt::format("temp-{}.rdb", getpid())) {
    folder_ = ::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0) return;
    descriptor_ = ::openat(folder_, name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
      if (!is_named_) ::unlinkat(folder_, name_.c_str(), 0);
    }
    if (folder_ >= 0) ::close(folder_);
  }

  bool is_open() const { return descriptor_ >= 0; }
  const std::string& name() const { return name_; }

  Written append(std::string_view bytes) {
    if (file_.checksum) crc_ = base::crc64(crc_, bytes);
    for (std::string_view left = bytes; !left.empty();) {
      const ssize_t written = ::write(descriptor_, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failure("Can't write", name_);
      left.remove_prefix(static_cast<size_t>(written));
    }
    bytes_ += bytes.size();
    unsynced_ += bytes.size();
    if (!file_.syncs_as_it_goes || unsynced_ < kSyncBytes) return base::Done{};
    return sync();
  }

  // The header, for now; finish() knows the version.
  Written begin() {
    std::string header;
    rdb::write_header(header, version_);
    return append(header);
  }
  void need(uint16_t version) { needed_ = std::max(needed_, version); }

  Written finish() {
    std::string end;
    rdb::write_end(end);
    if (Written written = append(end); !written) return written;
    if (needed_ != version_) {
      if (Written written = write_other_header(); !written) return written;
    }
    const uint64_t crc = crc_;  // 0: none
    end.clear();
    rdb::write_checksum(end, crc);
    if (Written written = append(end); !written) return written;
    if (Written synced = sync(); !synced) return synced;
    if (::renameat(folder_, name_.c_str(), folder_, file_.name.c_str()) != 0) {
      return failure("Can't rename the temporary file to", file_.name);
    }
    is_named_ = true;
    if (::fsync(folder_) != 0) return failure("Can't sync the folder of", file_.name);
    return base::Done{};
  }

 private:
  static constexpr size_t kSyncBytes = 4 << 20;

  // Only when all is captured it is known which version the file must have.
  Written write_other_header() {
    std::string before;
    std::string after;
    rdb::write_header(before, version_);
    rdb::write_header(after, needed_);
    CHECK(before.size() == after.size());
    if (::pwrite(descriptor_, after.data(), after.size(), 0) != static_cast<ssize_t>(after.size())) {
      return failure("Can't write", name_);
    }
    if (file_.checksum) {
      crc_ ^= base::crc64_zeros(base::crc64(0, before) ^ base::crc64(0, after), bytes_ - before.size());
    }
    return base::Done{};
  }

  Written sync() {
    unsynced_ = 0;
    if (::fdatasync(descriptor_) != 0) return failure("Can't sync", name_);
    return base::Done{};
  }

  const SnapshotFile& file_;
  std::string name_;
  int folder_ = -1;
  int descriptor_ = -1;
  bool is_named_ = false;
  // The oldest in which all but streams with consumers and hashes with fields that expire keep all that they have.
  static constexpr uint16_t kLeastVersion = rdb::first_version_of(rdb::ValueType::kListQuicklist2);
  uint16_t version_ = kLeastVersion;  // in the header
  uint16_t needed_ = kLeastVersion;
  uint64_t crc_ = 0;
  uint64_t bytes_ = 0;
  size_t unsynced_ = 0;
};

// In short steps, so that it can be cancelled.
void delay(int64_t us, const std::atomic<bool>& cancelled) {
  constexpr int64_t kStepUs = 10'000;
  for (int64_t left = us; left > 0 && !cancelled.load(); left -= kStepUs) {
    ::usleep(static_cast<useconds_t>(std::min(left, kStepUs)));
  }
}

Written write_all(const SnapshotFile& file, ChunkQueue& queue, const std::atomic<bool>& cancelled) {
  Temporary temporary(file);
  if (!temporary.is_open()) return failure("Can't open the temporary file", temporary.name());
  if (Written written = temporary.begin(); !written) return written;
  if (Written written = temporary.append(file.head); !written) return written;
  while (const auto chunk = queue.pop()) {
    if (file.delay_us > 0) delay(file.delay_us * static_cast<int64_t>(chunk->keys), cancelled);
    if (cancelled.load()) return base::Failure("cancelled");
    temporary.need(chunk->version);
    if (Written written = temporary.append(chunk->bytes); !written) return written;
  }
  if (cancelled.load()) return base::Failure("cancelled");
  return temporary.finish();
}

}  // namespace

Written write_snapshot(const SnapshotFile& file, ChunkQueue& queue, const std::atomic<bool>& cancelled) {
  Written written = write_all(file, queue, cancelled);
  if (!written) {
    queue.abandon();
    while (queue.pop()) {}
  }
  return written;
}

}  // namespace persistence
