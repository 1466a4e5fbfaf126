#include "structures/quicklist_node.h"

#include <liblzf/lzf.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.h"
#include "structures/block_pool.h"
#include "structures/memory.h"

namespace structures {
namespace {

// Shorter ones are not compressed, nor are those that would shrink by less.
constexpr size_t kCompressBytesMin = 48;
constexpr size_t kCompressGainMin = 8;
// Allocations up to this size are not shrunk.
constexpr size_t kSmallBytes = 256;

uint8_t* allocate_bytes(size_t bytes) { return static_cast<uint8_t*>(allocate_block(bytes)); }

}  // namespace

QuicklistNode* QuicklistNode::make(Listpack list) {
  auto* node = new (allocate(sizeof(QuicklistNode))) QuicklistNode;
  node->put(list);
  return node;
}

QuicklistNode* QuicklistNode::make(const ListpackEntry& entry) {
  QuicklistNode* node = make(Listpack::make());
  node->push_back(entry, 0);
  return node;
}

QuicklistNode* QuicklistNode::make_plain(std::string_view text) {
  auto* node = new (allocate(sizeof(QuicklistNode))) QuicklistNode;
  node->plain_ = true;
  node->count_ = 1;
  node->bytes_ = text.size();
  node->capacity_ = block_size(text.size());
  node->memory_ = allocate_bytes(node->capacity_);
  std::memcpy(node->memory_, text.data(), text.size());
  return node;
}

QuicklistNode* QuicklistNode::copy() const {
  auto* node = new (allocate(sizeof(QuicklistNode))) QuicklistNode(*this);
  node->previous = node->next = nullptr;
  node->memory_ = allocate_bytes(capacity_);
  const size_t used = compressed_ ? capacity_ : start_ + bytes_;
  std::memcpy(node->memory_ + start_, memory_ + start_, used - start_);
  return node;
}

void QuicklistNode::destroy() {
  if (memory_ != nullptr) release_block(memory_, capacity_);
  this->~QuicklistNode();
  release(this, sizeof(QuicklistNode));
}

size_t QuicklistNode::memory_bytes() const { return allocation_size(sizeof(QuicklistNode)) + block_size(capacity_); }

// Both ends.

void QuicklistNode::write_header() {
  const auto total = static_cast<uint32_t>(bytes_);
  std::memcpy(memory_ + start_, &total, sizeof total);
  std::memcpy(memory_ + start_ + sizeof total, &count_, sizeof count_);
}

// New room at one end: as much as there is now, but no more than a full node needs. What is free at the other end
// stays in part, so that pushing at both ends in turn is cheap, too.
void QuicklistNode::grow(End end, size_t need, size_t limit_bytes) {
  const size_t free_front = start_;
  const size_t free_back = capacity_ - start_ - bytes_;
  const size_t other = std::min(end == End::kFront ? free_back : free_front, bytes_ / 2);
  const size_t filled = bytes_ + need;
  const size_t more = limit_bytes > filled ? std::min(bytes_, limit_bytes - filled) : 0;
  const size_t capacity = block_size(filled + more + other);
  uint8_t* memory = allocate_bytes(capacity);
  const size_t start = end == End::kFront ? capacity - other - bytes_ : other;
  std::memcpy(memory + start, memory_ + start_, bytes_);
  replace_memory(memory, capacity);
  start_ = static_cast<uint32_t>(start);
}

void QuicklistNode::push_front(const ListpackEntry& entry, size_t limit_bytes) {
  const size_t need = entry.bytes();
  if (start_ < need) grow(End::kFront, need, limit_bytes);
  start_ -= static_cast<uint32_t>(need);
  bytes_ += need;
  ++count_;
  write_header();
  entry.write(memory_ + start_ + ListpackView::kHeaderBytes);
}

void QuicklistNode::push_back(const ListpackEntry& entry, size_t limit_bytes) {
  const size_t need = entry.bytes();
  if (capacity_ - start_ - bytes_ < need) grow(End::kBack, need, limit_bytes);
  uint8_t* end = entry.write(memory_ + start_ + bytes_ - 1);
  *end = 0xff;
  bytes_ += need;
  ++count_;
  write_header();
}

void QuicklistNode::pop_front() {
  const uint32_t gone = list().entry_bytes(ListpackView::kHeaderBytes);
  start_ += gone;
  bytes_ -= gone;
  --count_;
  write_header();
  shrink();
}

void QuicklistNode::pop_back() {
  const ListpackView::Position last = list().last();
  bytes_ = last + 1;
  memory_[start_ + last] = 0xff;
  --count_;
  write_header();
  shrink();
}

void QuicklistNode::shrink() {
  if (capacity_ > kSmallBytes && bytes_ < capacity_ / 4) tighten();
}

// Changes in between.

void QuicklistNode::replace_memory(uint8_t* memory, size_t capacity) {
  release_block(memory_, capacity_);
  memory_ = memory;
  capacity_ = capacity;
}

Listpack QuicklistNode::tighten() {
  DCHECK(!plain_ && !compressed_);
  const size_t capacity = listpack_capacity(bytes_);
  if (start_ != 0 || capacity != capacity_) {
    uint8_t* memory = allocate_bytes(capacity);
    std::memcpy(memory, data(), bytes_);
    replace_memory(memory, capacity);
    start_ = 0;
  }
  return Listpack::adopt(memory_);
}

void QuicklistNode::put(Listpack list) {
  memory_ = list.pointer();
  bytes_ = list.size_bytes();
  capacity_ = listpack_capacity(bytes_);
  start_ = 0;
  count_ = static_cast<uint16_t>(list.size());
}

void QuicklistNode::trim() {
  if (!plain_ && !compressed_ && capacity_ - listpack_capacity(bytes_) > bytes_ / 8) tighten();
}

Listpack QuicklistNode::take() {
  const Listpack list = tighten();
  memory_ = nullptr;
  return list;
}

// Compression.

void QuicklistNode::compress() {
  if (compressed_ || bytes_ < kCompressBytesMin || bytes_ > UINT32_MAX) return;
  const auto room = static_cast<unsigned>(bytes_ - kCompressGainMin);
  uint8_t* scratch = allocate_bytes(bytes_);
  const unsigned size = lzf_compress(data(), static_cast<unsigned>(bytes_), scratch, room);
  if (size > 0) {
    uint8_t* memory = allocate_bytes(size);
    std::memcpy(memory, scratch, size);
    replace_memory(memory, size);
    start_ = 0;
    compressed_ = true;
  }
  release_block(scratch, bytes_);
}

void QuicklistNode::expand_into(uint8_t* out) const {
  const unsigned size = lzf_decompress(memory_, static_cast<unsigned>(capacity_), out, static_cast<unsigned>(bytes_));
  CHECK(size == bytes_);
}

void QuicklistNode::expand() {
  if (!compressed_) return;
  const size_t capacity = plain_ ? block_size(bytes_) : listpack_capacity(bytes_);
  uint8_t* memory = allocate_bytes(capacity);
  expand_into(memory);
  replace_memory(memory, capacity);
  compressed_ = false;
}

}  // namespace structures
