#include "rdb/read_value.h"

#include <algorithm>
#include <vector>

#include "rdb/read_parts.h"
#include "rdb/ziplist.h"
#include "structures/text_entry.h"

namespace rdb {

using structures::Element;
using structures::Listpack;
using structures::ListpackView;

ReadValue read_value(Input& input, uint16_t version, const Limits& limits) {
  const auto type = static_cast<ValueType>(input.byte());
  if (input.failed()) return kDamaged;
  return read_value(input, type, version, limits);
}

ReadValue read_value(Input& input, ValueType type, uint16_t version, const Limits& limits) {
  switch (type) {
    case ValueType::kString: {
      Text text = input.text();
      if (input.failed()) return kDamaged;
      return Value(std::move(text));
    }
    case ValueType::kList:
    case ValueType::kListZiplist:
    case ValueType::kListQuicklist:
    case ValueType::kListQuicklist2: return read_list(input, type, limits);
    case ValueType::kSet:
    case ValueType::kSetIntset:
    case ValueType::kSetListpack: return read_set(input, type, limits);
    case ValueType::kSortedSetText:
    case ValueType::kSortedSet:
    case ValueType::kSortedSetZiplist:
    case ValueType::kSortedSetListpack: return read_sorted_set(input, type, limits);
    case ValueType::kHash:
    case ValueType::kHashZipmap:
    case ValueType::kHashZiplist:
    case ValueType::kHashListpack: return read_hash(input, type, limits);
    case ValueType::kHashExpiring:
      // Redis gave the number to a form that no release has written.
      return version < kVersion ? kUnknownType : read_hash(input, type, limits);
    case ValueType::kHashExpiringRedis:
    case ValueType::kHashListpackExpiringRedis:
      return version >= kVersion ? kUnknownType : read_hash(input, type, limits);
    case ValueType::kStream1:
    case ValueType::kStream2:
    case ValueType::kStream3: return read_stream(input, type);
    case ValueType::kModule1:
    case ValueType::kModule2: return kModuleValue;
  }
  return kUnknownType;
}

std::optional<Owned<Listpack>> read_listpack(Input& input) {
  const Text text = input.text();
  if (!input.failed() && ListpackView::validate(text.bytes(), true)) {
    return Owned(Listpack::from_bytes(text.view()));
  }
  input.fail();
  return std::nullopt;
}

std::optional<Owned<Listpack>> read_ziplist(Input& input) {
  const Text text = input.text();
  ZiplistReader reader(text.bytes());
  Owned<Listpack> pack(Listpack::make());
  for (Element element(0); reader.next(element);) {
    Element::Buffer buffer;
    element.is_integer() ? pack->append(element.integer()) : pack->append(element.text(buffer));
  }
  if (!input.failed() && reader.valid()) return pack;
  input.fail();
  return std::nullopt;
}

// Two texts that have the same keyed hash of 64 bits are taken for equal.
bool are_distinct(ListpackView pack, uint32_t stride) {
  std::vector<uint64_t> hashes;
  hashes.reserve(pack.size() / stride);
  for (auto at = pack.first(); at != pack.kNone; at = pack.skip(at, stride)) {
    Element::Buffer buffer;
    hashes.push_back(structures::text_hash(pack.get(at).text(buffer)));
  }
  std::sort(hashes.begin(), hashes.end());
  return std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end();
}

}  // namespace rdb
