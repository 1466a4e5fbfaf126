#include "structures/page_source.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <mutex>

#include "structures/linked_list.h"

namespace structures {
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

// Keeps one region with huge pages ready, filled by a thread of its own. To fill 2 MB takes the kernel 0.2 ms, and 8 to
// 20 ms in a virtual machine whose host must find the memory: nobody who serves requests does that.
//
// The thread runs only while its processor has nothing else to do (SCHED_IDLE): at a low priority it would still run
// for a whole tick of the scheduler, 4 ms, each time. So it must hold nothing that others wait for: the taker maps the
// region, the thread only touches it, and for that the kernel locks no more than the mapping that is touched.
class Keeper {
 public:
  ~Keeper() {
    if (!running_) return;
    wanted_.store(kStop, std::memory_order_release);
    wanted_.notify_one();
    pthread_join(thread_, nullptr);
  }

  // A region that is ready, or null. Makes the next one be prepared, unless one is.
  void* take() {
    // First: who finds nobody filling then finds all that was filled in `ready_`, and leaves it empty.
    const bool busy = filling_.exchange(true, std::memory_order_acquire);
    void* const ready = ready_.exchange(nullptr, std::memory_order_acquire);
    if (busy) return ready;
    std::call_once(started_, [this] { start(); });
    if (!running_) return ready;  // and it stays busy
    wanted_.store(reinterpret_cast<uintptr_t>(map_region(kRegionBytes, true)), std::memory_order_release);
    wanted_.notify_one();
    return ready;
  }

 private:
  static constexpr uintptr_t kIdle = 0, kStop = 1;  // else the address of a region to fill

  // Where there can be no thread, each region is filled by who uses it.
  void start() {
    const auto body = [](void* keeper) -> void* {
      static_cast<Keeper*>(keeper)->run();
      return nullptr;
    };
    running_ = pthread_create(&thread_, nullptr, body, this) == 0;
  }

  void run() {
    const sched_param none{};
    if (sched_setscheduler(0, SCHED_IDLE, &none) != 0) setpriority(PRIO_PROCESS, 0, 19);  // of this thread alone
    for (;;) {
      wanted_.wait(kIdle, std::memory_order_acquire);
      const uintptr_t wanted = wanted_.exchange(kIdle, std::memory_order_acquire);
      if (wanted == kStop) return;
      auto* const region = reinterpret_cast<char*>(wanted);
      std::atomic_ref(*region).store(0, std::memory_order_relaxed);
      ready_.store(region, std::memory_order_release);
      filling_.store(false, std::memory_order_release);
    }
  }

  std::atomic<void*> ready_{nullptr};
  std::atomic<bool> filling_{false};  // from a taker's wish until `ready_` has it
  std::atomic<uintptr_t> wanted_{kIdle};
  std::once_flag started_;
  bool running_ = false;  // set by `started_`
  pthread_t thread_ = {};
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

}  // namespace structures
