#include "values/bits.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "values/popcount.h"

namespace values {
namespace {

constexpr size_t kWordBytes = sizeof(uint64_t);

uint64_t load(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, kWordBytes);
  return word;
}

// The word whose highest bit is the first bit of the bytes.
uint64_t load_in_order(const char* bytes) {
  const uint64_t word = load(bytes);
  return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

uint8_t byte_at(std::string_view bytes, size_t index) { return static_cast<uint8_t>(bytes[index]); }

// The bits from `from` (of 8) on, and those before `to`, the highest bit being number 0.
constexpr uint8_t bits_from(size_t from) { return static_cast<uint8_t>(0xFF >> from); }
constexpr uint8_t bits_before(size_t to) { return static_cast<uint8_t>(0xFF00 >> to); }

// --- Combining ---

// What two operands make of each other, for words and bytes alike.
struct And {
  template <typename T>
  constexpr T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <typename T>
  constexpr T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};
struct Xor {
  template <typename T>
  constexpr T operator()(T a, T b) const {
    return static_cast<T>(a ^ b);
  }
};
struct AndNot {
  template <typename T>
  constexpr T operator()(T a, T b) const {
    return static_cast<T>(a & ~b);
  }
};

// out = apply(out, in). The word loop is plain enough for the compiler to turn into vectors.
template <typename Apply>
void fold(char* out, const char* in, size_t size, Apply apply) {
  size_t i = 0;
  for (; i + kWordBytes <= size; i += kWordBytes) {
    const uint64_t word = apply(load(out + i), load(in + i));
    std::memcpy(out + i, &word, kWordBytes);
  }
  for (; i < size; ++i) out[i] = apply(out[i], in[i]);
}

void invert(char* out, size_t size) {
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(~out[i]);
}

// Combining goes block by block, so that the result stays in the first-level cache while the sources stream past.
constexpr size_t kBlockBytes = 4096;

// The bytes of one source that fall in a block; fewer than the block has if the source ends.
std::string_view slice(std::string_view source, size_t begin, size_t size) {
  return begin >= source.size() ? std::string_view() : source.substr(begin, size);
}

void copy_padded(char* out, std::string_view in, size_t size) {
  if (!in.empty()) std::memcpy(out, in.data(), in.size());
  std::memset(out + in.size(), 0, size - in.size());
}

// The union of all sources after the first.
void unite_rest(std::span<const std::string_view> sources, size_t begin, char* out, size_t size) {
  std::memset(out, 0, size);
  for (const std::string_view source : sources.subspan(1)) {
    const std::string_view in = slice(source, begin, size);
    fold(out, in.data(), in.size(), Or());
  }
}

// Bits that were seen once so far are in `out`, those seen more often in `repeated`.
void keep_single(std::span<const std::string_view> sources, size_t begin, char* out, size_t size) {
  char repeated[kBlockBytes];
  char again[kBlockBytes];
  std::memset(repeated, 0, size);
  copy_padded(out, slice(sources[0], begin, size), size);
  for (const std::string_view source : sources.subspan(1)) {
    const std::string_view in = slice(source, begin, size);
    if (in.empty()) continue;
    std::memcpy(again, in.data(), in.size());
    fold(again, out, in.size(), And());
    fold(repeated, again, in.size(), Or());
    fold(out, in.data(), in.size(), Or());
    fold(out, repeated, in.size(), AndNot());
  }
}

void combine_block(BitOperation operation, std::span<const std::string_view> sources, size_t begin, char* out,
                   size_t size) {
  const std::string_view first = slice(sources[0], begin, size);
  switch (operation) {
    case BitOperation::kOne: return keep_single(sources, begin, out, size);
    case BitOperation::kDiff:
      unite_rest(sources, begin, out, size);
      invert(out, size);
      fold(out, first.data(), first.size(), And());
      std::memset(out + first.size(), 0, size - first.size());
      return;
    case BitOperation::kDiff1:
      unite_rest(sources, begin, out, size);
      return fold(out, first.data(), first.size(), AndNot());
    case BitOperation::kAndOr:
      unite_rest(sources, begin, out, size);
      fold(out, first.data(), first.size(), And());
      std::memset(out + first.size(), 0, size - first.size());
      return;
    case BitOperation::kNot: copy_padded(out, first, size); return invert(out, size);
    case BitOperation::kAnd:
    case BitOperation::kOr:
    case BitOperation::kXor: break;
  }
  copy_padded(out, first, size);
  for (const std::string_view source : sources.subspan(1)) {
    const std::string_view in = slice(source, begin, size);
    if (operation == BitOperation::kOr) {
      fold(out, in.data(), in.size(), Or());
    } else if (operation == BitOperation::kXor) {
      fold(out, in.data(), in.size(), Xor());
    } else {
      fold(out, in.data(), in.size(), And());
      std::memset(out + in.size(), 0, size - in.size());
    }
  }
}

}  // namespace

size_t count_bits(std::string_view bytes) {
  const size_t words = bytes.size() / kWordBytes;
  const size_t total = words == 0 ? 0 : count_words(bytes.data(), words);
  uint64_t rest = 0;
  const size_t tail = bytes.size() % kWordBytes;
  if (tail != 0) std::memcpy(&rest, bytes.data() + words * kWordBytes, tail);
  return total + static_cast<size_t>(__builtin_popcountll(rest));
}

size_t count_bits(std::string_view bytes, Range range) {
  DCHECK(range.end <= 8 * bytes.size());
  if (range.begin >= range.end) return 0;
  const size_t first = range.begin / 8;
  const size_t last = (range.end - 1) / 8;
  // All bytes that the range touches, less the bits of the outer two that lie outside.
  const auto before = static_cast<uint8_t>(byte_at(bytes, first) & ~bits_from(range.begin % 8));
  const auto after = static_cast<uint8_t>(byte_at(bytes, last) & ~bits_before((range.end - 1) % 8 + 1));
  return count_bits(bytes.substr(first, last - first + 1)) - static_cast<size_t>(std::popcount(before)) -
         static_cast<size_t>(std::popcount(after));
}

std::optional<size_t> find_bit(std::string_view bytes, bool bit, Range range) {
  DCHECK(range.end <= 8 * bytes.size());
  if (range.begin >= range.end) return std::nullopt;
  const uint64_t flip = bit ? 0 : ~uint64_t{0};  // so that a one is sought in either case
  const auto within = [&](size_t found) { return found < range.end ? std::optional<size_t>(found) : std::nullopt; };

  size_t at = range.begin / 8;
  const size_t end = (range.end + 7) / 8;
  const auto head = static_cast<uint8_t>((byte_at(bytes, at) ^ flip) & bits_from(range.begin % 8));
  if (head != 0) return within(8 * at + static_cast<size_t>(std::countl_zero(head)));
  ++at;
  // Four words a turn while nothing is found; then the word; then the byte.
  for (; at + 4 * kWordBytes <= end; at += 4 * kWordBytes) {
    const char* block = bytes.data() + at;
    const uint64_t differ =
        (load(block) ^ flip) | (load(block + 8) ^ flip) | (load(block + 16) ^ flip) | (load(block + 24) ^ flip);
    if (differ != 0) break;
  }
  for (; at + kWordBytes <= end; at += kWordBytes) {
    const uint64_t word = load_in_order(bytes.data() + at) ^ flip;
    if (word != 0) return within(8 * at + static_cast<size_t>(std::countl_zero(word)));
  }
  for (; at < end; ++at) {
    const auto byte = static_cast<uint8_t>(byte_at(bytes, at) ^ flip);
    if (byte != 0) return within(8 * at + static_cast<size_t>(std::countl_zero(byte)));
  }
  return std::nullopt;
}

bool get_bit(std::string_view bytes, size_t index) {
  return index / 8 < bytes.size() && (byte_at(bytes, index / 8) >> (7 - index % 8) & 1) != 0;
}

bool set_bit(std::span<char> bytes, size_t index, bool bit) {
  DCHECK(index / 8 < bytes.size());
  char& byte = bytes[index / 8];
  const auto mask = static_cast<uint8_t>(0x80 >> index % 8);
  const auto old = static_cast<uint8_t>(byte);
  byte = static_cast<char>(bit ? old | mask : old & ~mask);
  return (old & mask) != 0;
}

void combine(BitOperation operation, std::span<const std::string_view> sources, std::span<char> out) {
  CHECK(!sources.empty());
  CHECK(operation != BitOperation::kNot || sources.size() == 1);
  for (const std::string_view source : sources) CHECK(source.size() <= out.size());
  for (size_t begin = 0; begin < out.size(); begin += kBlockBytes) {
    combine_block(operation, sources, begin, out.data() + begin, std::min(kBlockBytes, out.size() - begin));
  }
}

}  // namespace values
