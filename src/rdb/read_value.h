// Reads one value as RDB has it, of any version since Redis 2.6 and of both families: its type, then its content.
//
//   Input input(bytes);
//   auto value = read_value(input, limits);
//   if (!value) ...                          // refused, with the reason; nothing is left of it
//   if (value->is_text()) use(value->text()); else use(value->release());
//
// Whatever is accepted is a value as commands could have made it: what is held in pairs is complete, members and fields
// are distinct, sorted sets and intsets in order, no score is NaN, no collection but a stream is empty, each pending
// entry of a stream has one consumer, ids ascend, counts are right. The encoding is chosen by the limits that are
// passed, as the reference does.
//
// Cost     O(n log n) of the elements. Memory in proportion to the bytes that were read.
// Limits   values of modules are refused.
// Threads  none of its own.
#pragma once

#include "base/result.h"
#include "rdb/input.h"
#include "values/hash.h"
#include "values/list.h"
#include "values/set.h"
#include "values/sorted_set.h"

namespace rdb {

struct Limits {
  values::ListLimits list;
  values::SetLimits set;
  values::SortedSetLimits sorted_set;
  values::HashLimits hash;
  int64_t now_ms = 0;  // for the fields of hashes that expire
};

// A value that was read; it goes with this, unless it is released.
class Value {
 public:
  explicit Value(Text text) : text_(std::move(text)) {}
  template <typename T>
  static Value of(T collection) {
    return Value(values::Collection{T::kType, collection.word()});
  }
  Value(Value&& other) noexcept
      : text_(std::move(other.text_)), collection_(std::exchange(other.collection_, values::Collection{})) {}
  Value& operator=(Value&&) = delete;
  ~Value() {
    if (!is_text()) collection_.destroy();
  }

  bool is_text() const { return collection_.type == values::Type::kString; }
  std::string_view text() const { return text_.view(); }  // REQUIRES: is_text()
  const values::Collection& collection() const { return collection_; }
  // The caller's from then on. REQUIRES: !is_text()
  values::Collection release() { return std::exchange(collection_, values::Collection{}); }

 private:
  explicit Value(values::Collection collection) : collection_(collection) {}

  Text text_;
  values::Collection collection_;
};

using ReadValue = base::Result<Value>;

constexpr base::Error kDamaged{"the value is damaged"};
constexpr base::Error kEmpty{"a collection without elements"};
constexpr base::Error kModuleValue{"a value of a module, and modules are not supported"};
constexpr base::Error kUnknownType{"a value of an unknown type"};

// `version` is that of the payload or file: the families give some numbers different meanings.
ReadValue read_value(Input& input, uint16_t version, const Limits& limits);
// The same of what follows the type.
ReadValue read_value(Input& input, ValueType type, uint16_t version, const Limits& limits);

}  // namespace rdb
