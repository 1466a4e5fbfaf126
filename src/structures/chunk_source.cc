#include "structures/chunk_source.h"

#include <mutex>
#include <unordered_map>

#include "structures/linked_list.h"
#include "structures/memory.h"
#include "structures/page_source.h"

namespace structures {
namespace {

constexpr uint32_t kPageChunks = kPageBytes / sizeof(Chunk);

struct FreeChunk {
  FreeChunk* next;
  FreeChunk* previous;
};

class Source {
 public:
  Chunk* take();
  void give_back(Chunk* chunk);

 private:
  std::mutex mutex_;
  LinkedList<FreeChunk> free_;
  std::unordered_map<uint64_t, uint32_t> free_in_page_;  // of the pages that have a free chunk
};

// Never destroyed: tables end when they like.
Source& source() {
  static auto* const made = new Source;
  return *made;
}

Chunk* Source::take() {
  for (;;) {
    {
      const std::lock_guard hold(mutex_);
      if (FreeChunk* chunk = free_.first(); chunk != nullptr) {
        free_.unlink(chunk);
        const auto page = free_in_page_.find(page_number(chunk));
        if (--page->second == 0) free_in_page_.erase(page);
        return reinterpret_cast<Chunk*>(chunk);
      }
    }
    auto* const page = static_cast<Chunk*>(take_page());
    const std::lock_guard hold(mutex_);
    for (uint32_t at = kPageChunks; at-- > 0;) free_.link(reinterpret_cast<FreeChunk*>(page + at));
    free_in_page_[page_number(page)] = kPageChunks;
  }
}

void Source::give_back(Chunk* chunk) {
  void* page = nullptr;
  {
    const std::lock_guard hold(mutex_);
    free_.link(reinterpret_cast<FreeChunk*>(chunk));
    uint32_t& free = free_in_page_[page_number(chunk)];
    if (++free < kPageChunks) return;
    free_in_page_.erase(page_number(chunk));
    page = reinterpret_cast<void*>(reinterpret_cast<uint64_t>(chunk) & ~(uint64_t{kPageBytes} - 1));
    for (uint32_t at = 0; at < kPageChunks; ++at)
      free_.unlink(reinterpret_cast<FreeChunk*>(static_cast<Chunk*>(page) + at));
  }
  give_page_back(page);
}

}  // namespace

Chunk* take_chunk() {
  count_memory(sizeof(Chunk));
  return source().take();
}

void give_chunk_back(Chunk* chunk) {
  count_memory(-static_cast<int64_t>(sizeof(Chunk)));
  source().give_back(chunk);
}

}  // namespace structures
