#include "values/stream_group.h"

#include <cstring>

#include "structures/memory.h"

namespace values {

namespace {

// Memory for a `T` and its name behind it.
template <typename T>
void* allocate_with_name(std::string_view name) {
  void* memory = structures::allocate(sizeof(T) + name.size());
  if (!name.empty()) std::memcpy(static_cast<char*>(memory) + sizeof(T), name.data(), name.size());
  return memory;
}

}  // namespace

Consumer::Consumer(std::string_view name) : name_bytes_(name.size()) {}

Consumer* Consumer::make(std::string_view name) { return new (allocate_with_name<Consumer>(name)) Consumer(name); }

void Consumer::destroy() {
  const size_t bytes = sizeof(Consumer) + name_bytes_;
  this->~Consumer();
  structures::release(this, bytes);
}

ConsumerGroup::ConsumerGroup(std::string_view name) : name_bytes_(name.size()) {}

ConsumerGroup* ConsumerGroup::make(std::string_view name) {
  return new (allocate_with_name<ConsumerGroup>(name)) ConsumerGroup(name);
}

void ConsumerGroup::destroy() {
  for (auto at = consumers_.first(); at; at.next()) (*at)->destroy();
  const size_t bytes = sizeof(ConsumerGroup) + name_bytes_;
  this->~ConsumerGroup();
  structures::release(this, bytes);
}

ConsumerGroup* ConsumerGroup::copy() const {
  ConsumerGroup* out = make(name());
  out->last_id = last_id;
  out->entries_read = entries_read;
  for (auto at = consumers_.first(); at; at.next()) {
    const Consumer& from = **at;
    Consumer& to = out->add_consumer(from.name(), from.seen_ms);
    to.active_ms = from.active_ms;
    for (auto id = from.pending_.first(); id; id.next()) to.pending_.insert(*id);
  }
  for (auto at = pending_.first(); at; at.next()) {
    PendingEntry entry = *at;
    entry.consumer = out->consumer(entry.consumer->name());
    out->pending_.insert(entry);
  }
  return out;
}

size_t ConsumerGroup::memory_bytes() const {
  return sizeof(ConsumerGroup) + name_bytes_ + pending_.memory_bytes() + consumers_.memory_bytes() +
         sampled_memory(consumers_);
}

uint64_t ConsumerGroup::free_cost() const {
  // The consumers' own nodes are no more than the group's, but for partly filled ones.
  return 1 + 2 * pending_.node_count() + consumers_.node_count() + 2 * consumers_.size();
}

Consumer* ConsumerGroup::consumer(std::string_view name) const {
  Consumer** found = consumers_.find(name);
  return found == nullptr ? nullptr : *found;
}

Consumer& ConsumerGroup::add_consumer(std::string_view name, int64_t now_ms) {
  Consumer* made = Consumer::make(name);
  made->seen_ms = now_ms;
  consumers_.insert(made);
  return *made;
}

void ConsumerGroup::erase_consumer(Consumer& consumer) {
  for (auto at = consumer.pending_.first(); at; at.next()) pending_.erase(at->id);
  consumers_.erase(consumer.name());
  consumer.destroy();
}

PendingEntry* ConsumerGroup::assign(StreamId id, Consumer& consumer) {
  const auto [entry, is_new] = pending_.insert({id, 0, 0, &consumer});
  if (entry->consumer != &consumer) {
    entry->consumer->pending_.erase(id);
    entry->consumer = &consumer;
    consumer.pending_.insert({id});
  } else if (is_new) {
    consumer.pending_.insert({id});
  }
  return entry;
}

bool ConsumerGroup::acknowledge(StreamId id) {
  const auto at = pending_.lower_bound(id);
  if (!at || at->id != id) return false;
  acknowledge(at);
  return true;
}

ConsumerGroup::Pending::Cursor ConsumerGroup::acknowledge(Pending::Cursor at) {
  at->consumer->pending_.erase(at->id);
  return pending_.erase(at);
}

}  // namespace values
