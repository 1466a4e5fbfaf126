#include "keyspace/page_source.h"

#include <sys/resource.h>

#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "keyspace/linked_list.h"

namespace keyspace {
namespace {

constexpr uint32_t kRegionPages = kRegionBytes / kPageBytes;
constexpr uint64_t kSmallRegions = 4;  // so many regions have no huge pages: a small server stays small

struct FreePage {
  FreePage* next;
};

struct Region {
  char* start = nullptr;
  Region* next = nullptr;  // in the list of regions with free pages
  Region* previous = nullptr;
  FreePage* free = nullptr;
  uint32_t free_count = kRegionPages;
  uint32_t fresh = 0;  // pages from here on were never used: they need no memory yet
};

// Keeps one region with huge pages ready, filled by a thread of its own. To fill 2 MB takes the kernel long, above all
// in a virtual machine whose host must find the memory (10 to 20 ms were seen): nobody who serves requests does that.
class Keeper {
 public:
  ~Keeper() {
    if (!thread_.joinable()) return;
    wanted_.store(kStop, std::memory_order_release);
    wanted_.notify_one();
    thread_.join();
  }

  // A region that is ready, or null. Makes the next one be prepared.
  void* take() {
    void* const ready = ready_.exchange(nullptr, std::memory_order_acquire);
    wanted_.store(kWanted, std::memory_order_release);
    std::call_once(started_, [this] { thread_ = std::thread([this] { run(); }); });
    wanted_.notify_one();
    return ready;
  }

 private:
  static constexpr uint32_t kIdle = 0, kWanted = 1, kStop = 2;

  void run() {
    setpriority(PRIO_PROCESS, 0, 19);  // on Linux of this thread alone
    for (;;) {
      wanted_.wait(kIdle, std::memory_order_acquire);
      uint32_t seen = kWanted;
      if (!wanted_.compare_exchange_strong(seen, kIdle, std::memory_order_acquire)) return;
      if (ready_.load(std::memory_order_relaxed) != nullptr) continue;
      auto* const region = static_cast<char*>(map_region(kRegionBytes, true));
      std::atomic_ref(*region).store(0, std::memory_order_relaxed);
      ready_.store(region, std::memory_order_release);
    }
  }

  std::atomic<void*> ready_{nullptr};
  std::atomic<uint32_t> wanted_{kIdle};
  std::once_flag started_;
  std::thread thread_;
};

class Source {
 public:
  void* take();
  void give_back(void* page);

 private:
  void* take_from_list();
  void add_region(void* mapped);
  Region* put_back(void* page);

  std::mutex mutex_;
  LinkedList<Region> with_free_;
  uint64_t regions_ = 0;
  uint64_t free_pages_ = 0;
};

// Never destroyed: pages come back until the end. Of the table by place in the window only what is used takes memory.
constinit Source source;
constinit std::array<Region*, kWindowBytes / kRegionBytes> region_at{};

// Ends its thread when the process ends.
Keeper& keeper() {
  static Keeper made;
  return made;
}

Region*& region_of(const void* page) { return region_at[page_number(page) / kRegionPages]; }

void Source::add_region(void* mapped) {
  auto* region = new Region{.start = static_cast<char*>(mapped)};
  region_of(mapped) = region;
  with_free_.link(region);
  ++regions_;
  free_pages_ += kRegionPages;
}

// Null when no region has a free page.
void* Source::take_from_list() {
  Region* region = with_free_.first();
  if (region == nullptr) return nullptr;
  void* page = region->free;
  if (page != nullptr) {
    region->free = region->free->next;
  } else {
    page = region->start + (region->fresh++) * kPageBytes;
  }
  --free_pages_;
  if (--region->free_count == 0) with_free_.unlink(region);
  return page;
}

// The page's region if it is to be unmapped now, after the lock; else null.
Region* Source::put_back(void* page) {
  Region* region = region_of(page);
  auto* freed = static_cast<FreePage*>(page);
  freed->next = region->free;
  region->free = freed;
  ++free_pages_;
  if (++region->free_count == 1) with_free_.link(region);
  // The last region stays, so that one page more or less does not map and unmap.
  if (region->free_count < kRegionPages || free_pages_ < 2 * kRegionPages) return nullptr;
  with_free_.unlink(region);
  region_of(page) = nullptr;
  --regions_;
  free_pages_ -= kRegionPages;
  return region;
}

void* Source::take() {
  for (;;) {
    bool large = false;
    {
      const std::lock_guard hold(mutex_);
      if (void* page = take_from_list(); page != nullptr) return page;
      large = regions_ >= kSmallRegions;
    }
    void* mapped = large ? keeper().take() : nullptr;  // outside the lock
    if (mapped == nullptr) mapped = map_region(kRegionBytes, false);
    const std::lock_guard hold(mutex_);
    add_region(mapped);
  }
}

void Source::give_back(void* page) {
  Region* empty = nullptr;
  {
    const std::lock_guard hold(mutex_);
    empty = put_back(page);
  }
  if (empty == nullptr) return;
  unmap_region(empty->start, kRegionBytes);
  delete empty;
}

}  // namespace

void* take_page() { return source.take(); }
void give_page_back(void* page) { source.give_back(page); }

}  // namespace keyspace
