// Loading: the data set at the start, from the file `dbfilename`. Commands that need it are refused meanwhile.
//
// Threads  begin(): the first worker's, before it runs. What INFO reads is for any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "persistence/loader.h"
#include "runtime/background.h"

namespace server {

class Server;

class Loading {
 public:
  // On the first worker; false: the file could not be loaded, and why is on the log.
  using Then = std::function<void(bool loaded)>;

  explicit Loading(Server& server) : server_(server) {}

  // Nothing is there to be loaded: then it calls nothing and returns false.
  bool begin(Then then);
  // No worker runs any more: what is under way ends.
  void stop();

  uint64_t loaded() const { return loaded_.load(); }
  uint64_t expired() const { return expired_.load(); }
  int64_t started_s() const { return started_s_.load(); }
  uint64_t total_bytes() const { return total_bytes_.load(); }
  uint64_t done_bytes() const { return done_bytes_.load(); }

 private:
  struct File;
  void read(const File& file);
  bool read_items(const File& file, rdb::FileReader& reader, persistence::Loader& loader);
  bool is_version_known(const rdb::FileReader& reader) const;
  void hand_over(persistence::Loader& loader, const persistence::Batch& batch);
  void delay();
  bool add_libraries(const std::vector<std::string>& codes);
  void ended(bool loaded);

  Server& server_;
  Then then_;
  base::MonoTime began_;
  uint32_t next_worker_ = 0;
  int64_t undelayed_ = 0;
  std::atomic<uint64_t> loaded_{0};
  std::atomic<uint64_t> expired_{0};
  std::atomic<int64_t> started_s_{0};
  std::atomic<uint64_t> total_bytes_{0};
  std::atomic<uint64_t> done_bytes_{0};
  std::mutex mutex_;  // guards what follows
  std::condition_variable libraries_added_;
  persistence::Loader* loader_ = nullptr;
  bool stopping_ = false;
  std::unique_ptr<runtime::Background> reader_;
};

}  // namespace server
