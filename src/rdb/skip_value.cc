#include "rdb/skip_value.h"

namespace rdb {
namespace {

constexpr uint64_t kIdBytes = 16;
constexpr uint64_t kTimeBytes = 8;

void skip_texts(Input& input, uint64_t times) {
  for (; times > 0 && !input.failed(); --times) input.skip_text();
}

// So many elements of at least one byte, each skipped by skip().
template <typename Skip>
void skip_each(Input& input, Skip skip) {
  for (uint64_t left = input.count(); left > 0 && !input.failed(); --left) skip();
}

void skip_group(Input& input, ValueType type) {
  input.skip_text();
  input.length_pair();
  if (type != ValueType::kStream1) input.length();
  skip_each(input, [&input] {
    input.take(kIdBytes + kTimeBytes);
    input.length();
  });
  skip_each(input, [&input, type] {
    input.skip_text();
    input.take(type == ValueType::kStream3 ? 2 * kTimeBytes : kTimeBytes);
    skip_each(input, [&input] { input.take(kIdBytes); });
  });
}

void skip_stream(Input& input, ValueType type) {
  skip_each(input, [&input] { skip_texts(input, 2); });
  input.length();
  const int pairs = type == ValueType::kStream1 ? 1 : 3;
  for (int i = 0; i < pairs; ++i) input.length_pair();
  if (type != ValueType::kStream1) input.length();
  skip_each(input, [&] { skip_group(input, type); });
}

}  // namespace

bool skip_value(Input& input, ValueType type) {
  switch (type) {
    case ValueType::kString:
    case ValueType::kHashZipmap:
    case ValueType::kListZiplist:
    case ValueType::kSetIntset:
    case ValueType::kSortedSetZiplist:
    case ValueType::kHashZiplist:
    case ValueType::kHashListpack:
    case ValueType::kSortedSetListpack:
    case ValueType::kSetListpack: input.skip_text(); return true;
    case ValueType::kList:
    case ValueType::kSet:
    case ValueType::kListQuicklist: skip_each(input, [&input] { input.skip_text(); }); return true;
    case ValueType::kHash: skip_each(input, [&input] { skip_texts(input, 2); }); return true;
    case ValueType::kSortedSetText:
      skip_each(input, [&input] {
        input.skip_text();
        input.text_score();
      });
      return true;
    case ValueType::kSortedSet:
      skip_each(input, [&input] {
        input.skip_text();
        input.take(sizeof(double));
      });
      return true;
    case ValueType::kListQuicklist2:
      skip_each(input, [&input] {
        input.length();
        input.skip_text();
      });
      return true;
    case ValueType::kHashExpiring:
      skip_each(input, [&input] {
        skip_texts(input, 2);
        input.take(kTimeBytes);
      });
      return true;
    case ValueType::kHashExpiringRedis:
      input.take(kTimeBytes);
      skip_each(input, [&input] {
        input.length();
        skip_texts(input, 2);
      });
      return true;
    case ValueType::kHashListpackExpiringRedis:
      input.take(kTimeBytes);
      input.skip_text();
      return true;
    case ValueType::kStream1:
    case ValueType::kStream2:
    case ValueType::kStream3: skip_stream(input, type); return true;
    case ValueType::kModule1:
    case ValueType::kModule2: return false;
  }
  return false;
}

}  // namespace rdb
