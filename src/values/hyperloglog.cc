#include "values/hyperloglog.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "base/numbers.h"
#include "values/hyperloglog_runs.h"

namespace values {
namespace {

constexpr int kIndexBits = 14;
constexpr int kRankBits = 64 - kIndexBits;
constexpr uint32_t kRegisters = HyperLogLog::kRegisters;
constexpr char kMagic[] = {'H', 'Y', 'L', 'L'};
constexpr size_t kCountAt = 8;
constexpr char kVoid = '\x80';  // in the last byte of the count

static_assert(std::endian::native == std::endian::little);

uint64_t load(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// MurmurHash64A, by Austin Appleby, who gave it to the public domain.
uint64_t hash_of(std::string_view element) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995, kSeed = 0xadc83b19;
  const auto scramble = [](uint64_t word) {
    word *= kFactor;
    word ^= word >> 47;
    return word * kFactor;
  };
  uint64_t hash = kSeed ^ (element.size() * kFactor);
  for (; element.size() >= sizeof hash; element.remove_prefix(sizeof hash)) {
    hash = (hash ^ scramble(load(element.data()))) * kFactor;
  }
  if (!element.empty()) {
    uint64_t rest = 0;
    std::memcpy(&rest, element.data(), element.size());
    hash = (hash ^ rest) * kFactor;
  }
  hash = (hash ^ (hash >> 47)) * kFactor;
  return hash ^ (hash >> 47);
}

// Eight registers of six bits, as eight bytes, and back.
uint64_t spread(uint64_t packed) {
  packed = (packed & 0xFFFFFF) | (packed & 0xFFFFFF000000) << 8;
  packed = (packed & 0x00000FFF00000FFF) | (packed & 0x00FFF00000FFF000) << 4;
  return (packed & 0x003F003F003F003F) | (packed & 0x0FC00FC00FC00FC0) << 2;
}
uint64_t pack(uint64_t bytes) {
  bytes = (bytes & 0x003F003F003F003F) | (bytes & 0x3F003F003F003F00) >> 2;
  bytes = (bytes & 0x00000FFF00000FFF) | (bytes & 0x0FFF00000FFF0000) >> 4;
  return (bytes & 0xFFFFFF) | (bytes & 0x00FFFFFF00000000) >> 8;
}

constexpr size_t kGroupBytes = 6;  // of eight registers

void unpack(const char* dense, HyperLogLog::Registers& out) {
  const char* at = dense + HyperLogLog::kHeaderBytes;
  for (uint32_t i = 0; i < kRegisters; i += 8, at += kGroupBytes) {
    uint64_t group = 0;
    std::memcpy(&group, at, kGroupBytes);
    group = spread(group);
    std::memcpy(&out[i], &group, sizeof group);
  }
}

// Where a register lies in a dense one: its four's three bytes, and its place among their bits.
struct DensePlace {
  size_t at;
  int shift;
};
DensePlace place_of(uint32_t index) {
  return {HyperLogLog::kHeaderBytes + size_t{index / 4} * 3, static_cast<int>(index % 4) * 6};
}
uint32_t load_four(const char* bytes) {
  uint32_t four = 0;
  std::memcpy(&four, bytes, 3);
  return four;
}

// How many registers have each value.
using Histogram = std::array<uint32_t, 64>;

Histogram histogram_of(const HyperLogLog::Registers& registers) {
  Histogram parts[4] = {};  // equal neighbours would wait for each other in one
  for (uint32_t i = 0; i < kRegisters; i += 4) {
    for (uint32_t part = 0; part < 4; ++part) ++parts[part][registers[i + part] & 63];
  }
  for (size_t value = 0; value < parts[0].size(); ++value) {
    parts[0][value] += parts[1][value] + parts[2][value] + parts[3][value];
  }
  return parts[0];
}

// The two series of Ertl's estimator, summed until they stand still.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double sum = x;
  for (double factor = 1, before = -1; sum != before; factor += factor) {
    x *= x;
    before = sum;
    sum += x * factor;
  }
  return sum;
}
double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double sum = 1 - x;
  for (double factor = 0.5, before = -1; sum != before; factor *= 0.5) {
    x = std::sqrt(x);
    before = sum;
    sum -= (1 - x) * (1 - x) * factor;
  }
  return sum / 3;
}

uint64_t estimate(const Histogram& histogram) {
  constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  constexpr double kCount = kRegisters;
  double sum = kCount * tau((kCount - histogram[kRankBits + 1]) / kCount);
  for (size_t rank = kRankBits; rank >= 1; --rank) sum = (sum + histogram[rank]) * 0.5;
  sum += kCount * sigma(histogram[0] / kCount);
  return static_cast<uint64_t>(std::llround(kAlpha * kCount * kCount / sum));
}

}  // namespace

HyperLogLog::Mark HyperLogLog::mark_of(std::string_view element) {
  const uint64_t hash = hash_of(element);
  const uint64_t rest = hash >> kIndexBits | uint64_t{1} << kRankBits;
  return {static_cast<uint32_t>(hash % kRegisters), static_cast<uint8_t>(std::countr_zero(rest) + 1)};
}

std::string_view HyperLogLog::empty() {
  return {"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", kHeaderBytes + 2};  // one run of 16384 zeros
}

std::optional<HyperLogLog> HyperLogLog::of(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0) return std::nullopt;
  const auto encoding = static_cast<uint8_t>(bytes[4]);
  if (encoding > 1 || (encoding == 0 && bytes.size() != kDenseBytes)) return std::nullopt;
  return HyperLogLog(bytes);
}

std::optional<uint64_t> HyperLogLog::cached_count() const {
  if ((bytes_[kHeaderBytes - 1] & kVoid) != 0) return std::nullopt;
  return load(bytes_.data() + kCountAt);
}

std::optional<uint64_t> HyperLogLog::count() const {
  if (dense()) {
    Registers registers;
    unpack(bytes_.data(), registers);
    return count_registers(registers);
  }
  Histogram histogram{};
  RunReader reader(bytes_.substr(kHeaderBytes));
  for (Run run{}; reader.next(run);) histogram[run.value] += run.length;
  if (!reader.complete()) return std::nullopt;
  return estimate(histogram);
}

bool HyperLogLog::raise(Registers& registers) const {
  if (dense()) {
    Registers own;
    unpack(bytes_.data(), own);
    for (uint32_t i = 0; i < kRegisters; ++i) registers[i] = own[i] > registers[i] ? own[i] : registers[i];
    return true;
  }
  RunReader reader(bytes_.substr(kHeaderBytes));
  for (Run run{}; reader.next(run);) {
    if (run.value == 0) continue;
    for (uint32_t i = run.first; i < run.first + run.length; ++i) {
      if (run.value > registers[i]) registers[i] = run.value;
    }
  }
  return reader.complete();
}

uint8_t HyperLogLog::dense_register(uint32_t index) const {
  const DensePlace place = place_of(index);
  return load_four(bytes_.data() + place.at) >> place.shift & 63;
}

std::string HyperLogLog::runs_text() const {
  std::string text;
  RunReader reader(bytes_.substr(kHeaderBytes));
  for (Run run{}; reader.next_unchecked(run);) {
    if (!text.empty()) text += ' ';
    text += run.value != 0 ? "v:" : run.bytes == 2 ? "Z:" : "z:";
    if (run.value != 0) text.append(std::to_string(run.value)).push_back(',');
    text += std::to_string(run.length);
  }
  return text;
}

uint64_t count_registers(const HyperLogLog::Registers& registers) { return estimate(histogram_of(registers)); }

void void_count(std::span<char> bytes) { bytes[HyperLogLog::kHeaderBytes - 1] |= kVoid; }

void cache_count(std::span<char> bytes, uint64_t count) { std::memcpy(bytes.data() + kCountAt, &count, sizeof count); }

bool raise_dense_register(std::span<char> bytes, HyperLogLog::Mark mark) {
  const DensePlace place = place_of(mark.index);
  const uint32_t four = load_four(bytes.data() + place.at);
  const uint32_t old = four >> place.shift & 63;
  if (old >= mark.rank) return false;
  const uint32_t changed = four ^ (old ^ mark.rank) << place.shift;
  std::memcpy(bytes.data() + place.at, &changed, 3);
  void_count(bytes);
  return true;
}

void set_dense_registers(std::span<char> bytes, const HyperLogLog::Registers& registers) {
  DCHECK(bytes.size() == HyperLogLog::kDenseBytes);
  char* at = bytes.data() + HyperLogLog::kHeaderBytes;
  for (uint32_t i = 0; i < kRegisters; i += 8, at += kGroupBytes) {
    uint64_t group;
    std::memcpy(&group, &registers[i], sizeof group);
    group = pack(group);
    std::memcpy(at, &group, kGroupBytes);
  }
  void_count(bytes);
}

bool make_dense(std::string& bytes) {
  const HyperLogLog sparse = *HyperLogLog::of(bytes);
  if (sparse.dense()) return true;
  HyperLogLog::Registers registers{};
  if (!sparse.raise(registers)) return false;
  std::string dense(HyperLogLog::kDenseBytes, '\0');
  set_dense_registers(dense, registers);
  std::memcpy(dense.data(), bytes.data(), HyperLogLog::kHeaderBytes);  // with the count, which is still right
  dense[4] = 0;
  bytes = std::move(dense);
  return true;
}

}  // namespace values
