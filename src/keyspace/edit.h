// Edit: a collection at a key, to be changed by a handler.
//
//   auto list = call.edit<values::List>(call.key(0), keyspace::Missing::kCreate);
//   if (!list) return call.fail(list.error());                     // the key holds another type
//   list->value().push_front(text, limits);
//   list->changed(1, keyspace::kListEvent, "lpush");
//
// When it ends, the collection's word is back in its entry; one that has become empty takes its key with it (and tells
// "del"). A collection that was made for it appears in the table with the first changed(), if it is not empty.
//
// Limits   one Edit a key at a time; what the handler reads of the same key it reads through the Edit. Collections that
//          may be empty (streams) say `static constexpr bool kMayBeEmpty = true`.
// Threads  the unit's own, under the key's shard.
#pragma once

#include <bit>
#include <cstdlib>
#include <limits>
#include <utility>

#include "keyspace/database.h"

namespace keyspace {

enum class Missing : uint8_t { kNone, kCreate };

template <typename T>
constexpr bool may_be_empty() {
  if constexpr (requires { T::kMayBeEmpty; }) {
    return T::kMayBeEmpty;
  } else {
    return false;
  }
}

template <typename T>
class Edit {
 public:
  // `entry` holds a T, or is null.
  Edit(const Database& database, const Key& key, Entry* entry, Missing missing)
      : database_(database), key_(key), entry_(entry), open_(entry != nullptr || missing == Missing::kCreate) {
    if (entry != nullptr) {
      database_.before_change(key, *entry);
      value_ = T::from_word(entry->word());
      begin_size();
      noted_ms_ = due_ms();
    } else if (open_) {
      value_ = T::make();
    }
  }
  Edit(Edit&& other) noexcept
      : database_(other.database_),
        key_(other.key_),
        entry_(other.entry_),
        value_(other.value_),
        size_(other.size_),
        noted_ms_(other.noted_ms_),
        open_(std::exchange(other.open_, false)) {}
  Edit& operator=(Edit&&) = delete;
  ~Edit() { close(); }

  // False: there is no such key, and none is to be made.
  bool exists() const { return open_; }
  bool is_new() const { return entry_ == nullptr; }
  // REQUIRES: exists().
  T& value() { return value_; }
  T* operator->() { return &value_; }
  const Key& key() const { return key_; }

  // `count` changes were made, of which the event tells. Call it after them, once for each event.
  void changed(uint64_t count, Event event, std::string_view name) {
    store();
    database_.count_changes(count);
    database_.key_changed(key_);
    database_.notify(event, name, key_);
  }
  // The same without an event.
  void changed(uint64_t count) {
    store();
    database_.count_changes(count);
    database_.key_changed(key_);
  }

  // The same where only less is left, which serves nobody who waits for the key.
  void shrunk(uint64_t count, Event event, std::string_view name) {
    store();
    database_.count_changes(count);
    database_.key_changed_quietly(key_);
    database_.notify(event, name, key_);
  }

  // Ends the edit before its destructor does.
  void close() {
    if (!std::exchange(open_, false)) return;
    if (!value_.empty() || may_be_empty<T>()) {
      open_ = true;
      store();
      open_ = false;
      if (entry_ != nullptr) note_size();
    } else if (entry_ == nullptr) {
      value_.destroy();
    } else {
      store_word();
      note_size();
      database_.erase_emptied(key_);
    }
  }

 private:
  // What tells, at the end, whether the collection is to be measured.
  struct SizeBefore {
    uint64_t elements = 0;
    uint64_t bytes = 0;     // of a collection that is always measured
    int64_t allocated = 0;  // by the thread
  };

  static bool is_measured_seldom(uint64_t elements) { return elements >= LargeKeys::kMeasuredSeldom; }

  void begin_size() {
    size_.elements = value_.size();
    if (is_measured_seldom(size_.elements)) {
      size_.allocated = structures::unflushed_bytes();
    } else {
      size_.bytes = value_.memory_bytes();
    }
  }

  // It changed by a sixteenth or so, or by so many bytes that it is its turn.
  bool is_to_be_measured(uint64_t elements) {
    const int low_bits = std::max(0, static_cast<int>(std::bit_width(size_.elements)) - 5);
    if (((elements ^ size_.elements) >> low_bits) != 0) return true;
    uint64_t& debt = database_.unit().size_debt;
    debt += static_cast<uint64_t>(std::abs(structures::unflushed_bytes() - size_.allocated));
    if (debt < LargeKeys::kMostDebt) return false;
    debt = 0;
    return true;
  }

  void note_size() {
    const uint64_t elements = value_.size();
    if (is_measured_seldom(size_.elements)) {
      if (!is_to_be_measured(elements)) return;
      // The table of large keys has what was noted; an emptied one is still in it, too.
      return database_.size_changed(key_, database_.noted_large(key_, *entry_), size_of(*entry_));
    }
    const uint64_t bytes = value_.memory_bytes();
    if (bytes == size_.bytes && elements == size_.elements) return;
    const Size after = size_of(*entry_);
    Size before = after;
    before.bytes = after.bytes - bytes + size_.bytes;
    before.elements = size_.elements;
    database_.size_changed(key_, before, after);
  }

  static constexpr int64_t kNotDue = std::numeric_limits<int64_t>::max();
  static constexpr bool kMayExpire = requires(const T& value) { value.next_due_ms(); };  // parts of the value

  void store_word() {
    if constexpr (kMayExpire) {
      const int had = int{entry_->has_expiring_fields()};
      entry_->set_word(value_.word());
      const int change = int{entry_->has_expiring_fields()} - had;
      if (change != 0) database_.count_expiring_hashes(key_, change);
    } else {
      entry_->set_word(value_.word());
    }
  }

  void store() {
    if (entry_ != nullptr) {
      store_word();
    } else if (!value_.empty() || may_be_empty<T>()) {
      entry_ = database_.add_collection(key_, {T::kType, value_.word()});
      begin_size();
      noted_ms_ = due_ms();
    }
    if (entry_ == nullptr || due_ms() >= noted_ms_) return;
    noted_ms_ = due_ms();
    database_.note_expiring_fields(key_, noted_ms_);
  }

  // When the first part of the value expires, for the time index.
  int64_t due_ms() const {
    if constexpr (kMayExpire) {
      const int64_t due = value_.next_due_ms();
      return due == T::kNoExpiry ? kNotDue : due;
    } else {
      return kNotDue;
    }
  }

  Database database_;
  Key key_;
  Entry* entry_;
  T value_;
  SizeBefore size_;
  int64_t noted_ms_ = kNotDue;  // what the time index knows of
  bool open_;
};

}  // namespace keyspace
