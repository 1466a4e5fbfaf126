#include "server/loading.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/crc64.h"
#include "base/log.h"
#include "commands/limits.h"
#include "net/socket.h"
#include "server/process.h"
#include "server/server.h"

namespace server {

using dispatch::Worker;
using persistence::Batch;
using persistence::Loader;

// A file in memory, for reading.
struct Loading::File {
  File(const std::string& name, uint64_t bytes) : size(bytes) {
    const net::Descriptor descriptor(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (descriptor.get() < 0 || size == 0) return;
    void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.get(), 0);
    if (mapped == MAP_FAILED) return;
    ::madvise(mapped, size, MADV_SEQUENTIAL);
    start = static_cast<const char*>(mapped);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (start != nullptr) ::munmap(const_cast<char*>(start), size);
  }
  std::string_view bytes() const { return {start, start == nullptr ? 0 : size}; }

  uint64_t size;
  const char* start = nullptr;
};

bool Loading::begin(Then then) {
  const std::string name = server_.settings.current()->dbfilename;
  struct stat found {};
  if (::stat(name.c_str(), &found) != 0) {
    if (errno == ENOENT) return false;
    base::log_warning("Fatal error: can't open the RDB file {} for reading: {}", name, std::strerror(errno));
    server_.restrict(dispatch::Context::kIsLoading, true);
    server_.workers[0]->loop().mailbox().post([then = std::move(then)] { then(false); });
    return true;
  }
  then_ = std::move(then);
  began_ = base::Clock().mono();
  started_s_.store(base::kernel_wall_time().seconds());
  total_bytes_.store(static_cast<uint64_t>(found.st_size));
  server_.restrict(dispatch::Context::kIsLoading, true);
  notify_loading();
  reader_ = std::make_unique<runtime::Background>();
  reader_->post([this, name, size = static_cast<uint64_t>(found.st_size)] {
    const File file(name, size);
    read(file);
  });
  return true;
}

bool Loading::is_version_known(const rdb::FileReader& reader) const {
  if (reader.version() == rdb::kVersion || reader.version() <= rdb::kRedis8Version) return true;
  if (server_.settings.current()->rdb_version_check == config::RdbVersionCheck::kRelaxed) {
    base::log_warning("The RDB file has the version {}, which is not known here. Trying it, as rdb-version-check says.",
                      reader.version());
    return true;
  }
  base::log_warning("Can't handle RDB format version {}", reader.version());
  return false;
}

void Loading::read(const File& file) {
  rdb::FileReader reader(file.bytes());
  Loader loader(file.bytes(), reader.version());
  {
    const std::lock_guard hold(mutex_);
    if (stopping_) return;
    loader_ = &loader;
  }
  bool good = !reader.error() && is_version_known(reader) && read_items(file, reader, loader);
  const auto error = loader.wait();
  {
    const std::lock_guard hold(mutex_);
    loader_ = nullptr;
    if (stopping_) return;
  }
  if (reader.error()) base::log_warning("{}", *reader.error());
  if (error) base::log_warning("{}", *error);
  good = good && !error && !reader.error();
  loaded_.store(loader.loaded());
  expired_.store(loader.expired());
  server_.workers[0]->loop().mailbox().post([this, good] { ended(good); });
}

// Batches go to the workers in turn; each takes what comes first.
void Loading::hand_over(Loader& loader, const Batch& batch) {
  if (batch.begin == batch.end || !loader.push(batch)) return;
  Worker& worker = *server_.workers[next_worker_++ % server_.worker_count.load()];
  worker.loop().mailbox().post([&worker, &loader] {
    keyspace::Unit& unit = worker.begin_background_unit();
    unit.events = 0;  // nobody is told
    loader.insert_batch(commands::value_limits(worker.held_settings(), unit.now_ms), unit);
  });
}

// key-load-delay: for each item; below zero, so many items a microsecond. For tests.
void Loading::delay() {
  const int64_t us = server_.settings.current()->key_load_delay;
  if (us == 0 || (us < 0 && ++undelayed_ < -us)) return;
  undelayed_ = 0;
  constexpr int64_t kStepUs = 10'000;
  for (int64_t left = std::max<int64_t>(us, 1); left > 0; left -= kStepUs) {
    {
      const std::lock_guard hold(mutex_);
      if (stopping_) return;
    }
    ::usleep(static_cast<useconds_t>(std::min(left, kStepUs)));
  }
}

bool Loading::read_items(const File& file, rdb::FileReader& reader, Loader& loader) {
  constexpr size_t kBatchBytes = 64 * 1024;
  constexpr int kBatchItems = 2048;
  const bool checks = server_.settings.current()->rdbchecksum;
  std::vector<std::string> libraries;
  uint64_t crc = 0;
  Batch batch;
  size_t summed = 0;
  int items = 0;
  const auto sum_up_to = [&](size_t end) {
    if (checks) crc = base::crc64(crc, file.bytes().substr(summed, end - summed));
    summed = end;
    done_bytes_.store(end, std::memory_order_relaxed);
  };
  batch.begin = batch.end = reader.at();
  while (reader.next() && !loader.has_failed()) {
    if (reader.item().kind == rdb::FileItem::Kind::kLibrary) libraries.emplace_back(reader.item().text.view());
    batch.end = reader.at();
    delay();
    if (batch.end - batch.begin < kBatchBytes && ++items < kBatchItems) continue;
    hand_over(loader, batch);
    sum_up_to(batch.end);
    batch = {.begin = batch.end, .end = batch.end, .database = reader.database()};
    items = 0;
  }
  if (reader.error() || loader.has_failed()) return false;
  hand_over(loader, batch);
  sum_up_to(reader.covered());
  if (checks && reader.checksum() && *reader.checksum() != crc) {
    base::log_warning("Wrong RDB checksum expected: ({:x}) but got ({:x}). Aborting now.", *reader.checksum(), crc);
    return false;
  }
  return add_libraries(libraries);
}

// On the first worker, whose turn it waits for.
bool Loading::add_libraries(const std::vector<std::string>& codes) {
  if (codes.empty()) return true;
  std::optional<bool> good;
  std::function<void()> add = [&] {
    Worker& worker = *server_.workers[0];
    bool all = true;
    const bool held = worker.try_with_all_locks([&] {
      for (const std::string& code : codes) {
        const std::string_view words[] = {"function", "load", code};
        const std::string reply = worker.run_alone(words);
        if (!reply.starts_with('-')) continue;
        base::log_warning("Failed loading a library of the RDB file: {}", reply.substr(1, reply.size() - 3));
        all = false;
      }
    });
    if (!held) return worker.loop().mailbox().post(add);
    const std::lock_guard hold(mutex_);
    good = all;
    libraries_added_.notify_one();
  };
  server_.workers[0]->loop().mailbox().post(add);
  std::unique_lock hold(mutex_);
  libraries_added_.wait(hold, [&] { return good.has_value() || stopping_; });
  return good.value_or(false);
}

void Loading::stop() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
    if (loader_ != nullptr) loader_->abandon();
    libraries_added_.notify_one();
  }
  reader_.reset();
}

void Loading::ended(bool loaded) {
  if (loaded) {
    base::log_notice("Done loading RDB, keys loaded: {}, keys expired: {}.", loaded_.load(), expired_.load());
    base::log_notice("DB loaded from disk: {:.3f} seconds",
                     static_cast<double>(base::Clock().mono().ns - began_.ns) / 1e9);
    server_.saving().count_as_saved();
    server_.restrict(dispatch::Context::kIsLoading, false);
  }
  then_(loaded);
}

}  // namespace server
