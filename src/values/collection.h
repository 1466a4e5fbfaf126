// Collection: what every type of value but the string has in common, by its type.
//
// A collection is a handle of 8 bytes, its *word*: a pointer whose low three bits say the encoding. The entry of its
// key keeps the word; who changes the collection stores the word back. A type's row here is made of its class, which
// has
//
//   static T make();  static T from_word(uint64_t);  uint64_t word() const;  void destroy();  T copy() const;
//   uint64_t size() const;  std::string_view encoding() const;  size_t memory_bytes() const;  uint64_t free_cost()
//   const; static constexpr Type kType
//
// and, if its elements are found by their text, void prefetch(uint64_t text_hash, Warm) const.
//
// Threads  whoever owns the value; destroy() may run on another thread than what made it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace values {

enum class Type : uint8_t { kString, kList, kSet, kSortedSet, kHash, kStream };
constexpr size_t kTypes = 6;

// What to ask of the memory ahead of a search for an element: where it is noted, and then the element itself.
enum class Warm : uint8_t { kIndex, kElement };

struct CollectionRow {
  void (*destroy)(uint64_t word) = nullptr;
  uint64_t (*copy)(uint64_t word) = nullptr;  // the copy's word
  uint64_t (*size)(uint64_t word) = nullptr;  // elements
  std::string_view (*encoding)(uint64_t word) = nullptr;
  size_t (*memory_bytes)(uint64_t word) = nullptr;
  uint64_t (*free_cost)(uint64_t word) = nullptr;  // about how many allocations destroy() releases
  // Of a text with this structures::text_hash(). Null: elements are not found by their text.
  void (*prefetch)(uint64_t word, uint64_t text_hash, Warm what) = nullptr;
};

template <typename T>
constexpr auto prefetch_of() -> decltype(CollectionRow::prefetch) {
  if constexpr (requires { T().prefetch(uint64_t{}, Warm::kIndex); }) {
    return [](uint64_t word, uint64_t text_hash, Warm what) { T::from_word(word).prefetch(text_hash, what); };
  }
  return nullptr;
}

template <typename T>
constexpr CollectionRow collection_row_of() {
  return {.destroy = [](uint64_t word) { T::from_word(word).destroy(); },
          .copy = [](uint64_t word) { return T::from_word(word).copy().word(); },
          .size = [](uint64_t word) { return static_cast<uint64_t>(T::from_word(word).size()); },
          .encoding = [](uint64_t word) { return T::from_word(word).encoding(); },
          .memory_bytes = [](uint64_t word) { return static_cast<size_t>(T::from_word(word).memory_bytes()); },
          .free_cost = [](uint64_t word) { return static_cast<uint64_t>(T::from_word(word).free_cost()); },
          .prefetch = prefetch_of<T>()};
}

// REQUIRES: type != Type::kString, and a class of that type exists.
const CollectionRow& collection_row(Type type);

// A collection that has left its entry.
struct Collection {
  Type type = Type::kString;
  uint64_t word = 0;

  const CollectionRow& row() const { return collection_row(type); }
  void destroy() const { row().destroy(word); }
  uint64_t free_cost() const { return row().free_cost(word); }
};

}  // namespace values
