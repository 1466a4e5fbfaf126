// Fuzzes the reader of RDB values by itself, many times faster than fuzz_restore.cc: whatever it accepts can be walked,
// copied, written in each version, and read again to the same value.
//
// Input    a byte that chooses the RDB version and the limits, then a value as RDB has it.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/words.h"
#include "fuzz/payload_mutator.h"
#include "rdb/read_value.h"
#include "rdb/write_value.h"
#include "values/stream.h"

namespace {

constexpr std::array<uint16_t, 4> kVersions{80, 12, 11, 9};
constexpr rdb::Limits kLimits{.list = {-2, 0}, .set = {512, 128, 64}, .sorted_set = {128, 64}, .hash = {512, 64}};
constexpr rdb::Limits kLowLimits{.list = {2, 1}, .set = {1, 1, 2}, .sorted_set = {1, 2}, .hash = {1, 2}};

// Not compressed: LZF does not make the same bytes of a text each time.
std::string write(const values::Collection& collection, uint16_t version) {
  std::string out;
  rdb::write_collection(out, collection, {.version = version, .compress = false});
  return out;
}

// A hash table's order is none.
std::string sorted(std::string bytes) {
  std::sort(bytes.begin(), bytes.end());
  return bytes;
}

void fail(const std::string& first, const std::string& second) {
  std::fprintf(stderr, "%s\n%s\n", base::quote_word(first).c_str(), base::quote_word(second).c_str());
  std::abort();
}

// A value as written is read with as many elements. It may get a smaller encoding then; but what is written of that
// does not change any more.
void check_read_again(const values::Collection& collection, uint16_t version, const rdb::Limits& limits) {
  const std::string first = write(collection, version);
  rdb::Input input(first);
  const auto again = rdb::read_value(input, version, limits);
  if (!again || input.left() != 0 ||
      again->collection().row().size(again->collection().word) != collection.row().size(collection.word)) {
    return fail(first, "");
  }
  const std::string second = write(again->collection(), rdb::kVersion);
  rdb::Input second_input(second);
  const auto last = rdb::read_value(second_input, rdb::kVersion, limits);
  if (!last || sorted(write(last->collection(), rdb::kVersion)) != sorted(second)) fail(first, second);
}

// Each consumer goes with its entries, then each group.
void end_groups(values::Stream stream) {
  while (auto group = stream.groups().first()) {
    while (auto consumer = (*group)->consumers().first()) (*group)->erase_consumer(**consumer);
    CHECK((*group)->pending().size() == 0);
    stream.erase_group((*group)->name());
  }
}

void change(rdb::Value& value) {
  const values::Collection collection = value.collection();
  const uint64_t copied = collection.row().copy(collection.word);
  CHECK(collection.row().size(copied) == collection.row().size(collection.word));
  CHECK(collection.row().memory_bytes(copied) > 0);
  if (collection.type == values::Type::kStream) {
    auto stream = values::Stream::from_word(copied);
    end_groups(stream);
    stream.trim({.by = values::StreamTrim::By::kLength, .max_length = stream.size() / 2});
    const std::string_view pair[] = {"f", "v"};
    if (const auto id = stream.counters().last_id.next()) stream.append(*id, pair, {.node_max_entries = 4});
  }
  values::Collection{collection.type, copied}.destroy();
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  base::Random random(seed);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string changed(1, size > 0 && random.below(16) != 0 ? input[0] : static_cast<char>(random.below(256)));
  changed += fuzz::mutate_value(input.substr(std::min<size_t>(size, 1)), random);
  if (changed.size() > max_size) changed.resize(max_size);
  std::copy(changed.begin(), changed.end(), data);
  return changed.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const rdb::Limits& limits = (data[0] & 4) != 0 ? kLowLimits : kLimits;
  rdb::Input input(bytes);
  auto value = rdb::read_value(input, kVersions[data[0] % kVersions.size()], limits);
  if (!value || value->is_text()) return 0;
  for (const uint16_t version : {uint16_t{9}, uint16_t{10}, uint16_t{11}, rdb::kVersion}) {
    if (version < rdb::needed_version(value->collection())) continue;
    check_read_again(value->collection(), version, limits);
  }
  change(*value);
  return 0;
}
