#include "values/lcs.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <new>

#include "base/check.h"
#include "base/numbers.h"

namespace values {
namespace {

constexpr size_t kWordBits = 64;

constexpr size_t words_for(size_t bits) { return (bits + kWordBits - 1) / kWordBits; }

// For each byte that occurs in `a`, the places in `b` that equal it, as bits.
class Occurrences {
 public:
  Occurrences(std::string_view a, std::string_view b) : words_(words_for(b.size())) {
    slot_.fill(kAbsent);
    size_t slots = 0;
    for (const char c : a) {
      uint16_t& slot = slot_[static_cast<uint8_t>(c)];
      if (slot == kAbsent) slot = static_cast<uint16_t>(slots++);
    }
    places_.resize(slots * words_);
    for (size_t j = 0; j < b.size(); ++j) {
      const uint16_t slot = slot_[static_cast<uint8_t>(b[j])];
      if (slot != kAbsent) places_[slot * words_ + j / kWordBits] |= uint64_t{1} << j % kWordBits;
    }
  }

  // REQUIRES: c occurs in a
  const uint64_t* of(char c) const { return places_.data() + slot_[static_cast<uint8_t>(c)] * words_; }

 private:
  static constexpr uint16_t kAbsent = 256;

  size_t words_;
  std::array<uint16_t, 256> slot_;
  std::vector<uint64_t> places_;
};

// One byte of `a` more: from a row to the next, which may be the same memory.
void advance(const uint64_t* row, const uint64_t* places, uint64_t* next, size_t words) {
  unsigned carry = 0;
  for (size_t w = 0; w < words; ++w) {
    const uint64_t before = row[w];
    const uint64_t hits = before & places[w];
    uint64_t sum;
    const bool over = __builtin_add_overflow(before, hits, &sum);
    const bool over_again = __builtin_add_overflow(sum, uint64_t{carry}, &sum);
    carry = static_cast<unsigned>(over) | static_cast<unsigned>(over_again);
    next[w] = sum | (before & ~hits);
  }
}

// Rows 1 to |a|, in one block.
class Rows {
 public:
  // False if there is no memory for them.
  [[nodiscard]] bool fill(std::string_view a, std::string_view b) {
    words_ = words_for(b.size());
    size_t total = 0;
    if (__builtin_mul_overflow(words_, a.size(), &total)) return false;
    if (total > SIZE_MAX / sizeof(uint64_t) / 2) return false;
    bits_.reset(new (std::nothrow) uint64_t[total]);
    if (bits_ == nullptr) return false;

    const Occurrences occurrences(a, b);
    const std::vector<uint64_t> row_zero(words_, ~uint64_t{0});
    const uint64_t* row = row_zero.data();
    for (size_t i = 0; i < a.size(); ++i) {
      uint64_t* next = bits_.get() + i * words_;
      advance(row, occurrences.of(a[i]), next, words_);
      row = next;
    }
    return true;
  }

  // Whether byte j - 1 of b adds to the LCS of a[0, i) and b[0, j). REQUIRES: 1 <= i <= |a|, 1 <= j <= |b|
  bool grows(size_t i, size_t j) const {
    const uint64_t word = bits_[(i - 1) * words_ + (j - 1) / kWordBits];
    return (word >> (j - 1) % kWordBits & 1) == 0;
  }

 private:
  size_t words_ = 0;
  std::unique_ptr<uint64_t[]> bits_;
};

// Calls pair(i, j) for each a[i] that is paired with b[j], the last ones first.
template <typename Pair>
void walk_back(const Rows& rows, std::string_view a, std::string_view b, Pair pair) {
  size_t i = a.size();
  size_t j = b.size();
  while (i > 0 && j > 0) {
    if (a[i - 1] == b[j - 1]) {
      pair(--i, --j);
    } else if (rows.grows(i, j)) {
      // The bytes differ, so what b[j - 1] adds was there without a[i - 1] already: dropping that loses nothing.
      --i;
    } else {
      --j;
    }
  }
}

}  // namespace

std::optional<uint64_t> lcs_table_bytes(uint64_t a_bytes, uint64_t b_bytes) {
  const std::optional<uint64_t> rows = base::checked_add<uint64_t>(a_bytes, 1);
  const std::optional<uint64_t> columns = base::checked_add<uint64_t>(b_bytes, 1);
  if (!rows || !columns) return std::nullopt;
  const std::optional<uint64_t> cells = base::checked_multiply(*rows, *columns);
  return cells ? base::checked_multiply<uint64_t>(*cells, sizeof(uint32_t)) : std::nullopt;
}

size_t lcs_length(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);  // the length is the same, and the row is shorter
  const size_t words = words_for(b.size());
  const Occurrences occurrences(a, b);
  std::vector<uint64_t> row(words, ~uint64_t{0});
  for (const char c : a) advance(row.data(), occurrences.of(c), row.data(), words);
  // Bits past the end of b match nothing, but a carry may pass through them.
  size_t length = 0;
  for (size_t w = 0; w < words; ++w) {
    const size_t used = std::min(kWordBits, b.size() - w * kWordBits);
    length += static_cast<size_t>(std::popcount(~row[w] << (kWordBits - used)));
  }
  return length;
}

std::optional<std::string> lcs_text(std::string_view a, std::string_view b) {
  Rows rows;
  if (!rows.fill(a, b)) return std::nullopt;
  std::string text;
  walk_back(rows, a, b, [&](size_t i, size_t) { text += a[i]; });
  std::reverse(text.begin(), text.end());
  return text;
}

std::optional<LcsMatches> lcs_matches(std::string_view a, std::string_view b, size_t length_min) {
  Rows rows;
  if (!rows.fill(a, b)) return std::nullopt;
  LcsMatches found;
  LcsMatch run;  // begins where the last pair was
  const auto finish = [&] {
    if (!run.a.empty() && run.a.size() >= length_min) found.matches.push_back(run);
  };
  walk_back(rows, a, b, [&](size_t i, size_t j) {
    ++found.length;
    const bool adjacent = !run.a.empty() && run.a.begin == i + 1 && run.b.begin == j + 1;
    if (!adjacent) {
      finish();
      run = {{i + 1, i + 1}, {j + 1, j + 1}};
    }
    run.a.begin = i;
    run.b.begin = j;
  });
  finish();
  DCHECK(found.length <= std::min(a.size(), b.size()));
  return found;
}

}  // namespace values
