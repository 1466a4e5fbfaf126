// partial_sort: puts those elements in order that will stand at some places, and leaves the others in between.
//
//   partial_sort(std::span(items), {.first = 10, .last = 19}, [](const Item& a, const Item& b) { return -1, 0 or 1; });
//
// std::partial_sort would do, but elements that compare equal must end in the order in which Valkey leaves them: what
// GEOSEARCH's COUNT and SORT's LIMIT answer hangs on it. So every choice here is that of the paper, as Valkey's is.
//
// Shape   a quicksort with three parts: less, equal, greater. Parts without a wanted place are left alone.
// Cost    O(n + m log m) comparisons on the average for m places of n, O(n log n) at most: a part that too many splits
//         lead to, as an order made to that end wants it, is left to std::sort. So the stack is bounded, too.
// Limits  not stable.
// Source  Bentley and McIlroy, "Engineering a Sort Function" (1993): its program 7, cut to a range. The bound: Musser,
//         "Introspective Sorting and Selection Algorithms" (1997). The test's order: McIlroy, "A Killer Adversary for
//         Quicksort" (1999).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <span>
#include <utility>

namespace base {

// Both inclusive.
struct Places {
  size_t first;
  size_t last;
};

// `compare` returns what is below, equal to or above 0.
template <typename T, typename Compare>
class PartialSort {
 public:
  explicit PartialSort(Compare compare) : compare_(compare) {}

  // REQUIRES: places.last < items.size().
  void sort(std::span<T> items, Places places) {
    sort(items, places, kSplitsMax * static_cast<size_t>(std::bit_width(items.size())));
  }

 private:
  static constexpr size_t kInsertionMax = 6;  // up to so many elements are inserted one by one
  static constexpr size_t kMedianMax = 40;    // beyond so many the pivot is a median of medians
  // For each halving that a good pivot would need; no order by chance comes near.
  static constexpr size_t kSplitsMax = 4;

  void sort(std::span<T> items, Places places, size_t splits) {
    for (;; --splits) {
      if (items.size() <= kInsertionMax) return insert_all(items);
      if (splits == 0) {
        return std::sort(items.begin(), items.end(), [this](const T& a, const T& b) { return compare_(a, b) < 0; });
      }
      const Parts parts = split(items);
      if (parts.less > 1 && places.first < parts.less) {
        sort(items.first(parts.less), {places.first, std::min(places.last, parts.less - 1)}, splits - 1);
      }
      const size_t at = items.size() - parts.greater;
      if (parts.greater <= 1 || places.last < at) return;
      items = items.subspan(at);
      places = {std::max(places.first, at) - at, places.last - at};
    }
  }

  // How many elements are less than the pivot, and how many greater: they stand at the two ends.
  struct Parts {
    size_t less;
    size_t greater;
  };

  void insert_all(std::span<T> items) {
    for (size_t at = 1; at < items.size(); ++at) {
      for (size_t to = at; to > 0 && compare_(items[to - 1], items[to]) > 0; --to) std::swap(items[to - 1], items[to]);
    }
  }

  size_t median(std::span<T> items, const std::array<size_t, 3>& of) {
    const auto [a, b, c] = of;
    if (compare_(items[a], items[b]) < 0) {
      if (compare_(items[b], items[c]) < 0) return b;
      return compare_(items[a], items[c]) < 0 ? c : a;
    }
    if (compare_(items[b], items[c]) > 0) return b;
    return compare_(items[a], items[c]) < 0 ? a : c;
  }

  size_t choose_pivot(std::span<T> items) {
    size_t low = 0, middle = items.size() / 2, high = items.size() - 1;
    if (items.size() <= kInsertionMax + 1) return middle;
    if (items.size() > kMedianMax) {
      const size_t step = items.size() / 8;
      low = median(items, {low, low + step, low + 2 * step});
      middle = median(items, {middle - step, middle, middle + step});
      high = median(items, {high - 2 * step, high - step, high});
    }
    return median(items, {low, middle, high});
  }

  Parts split(std::span<T> items) {
    std::swap(items[0], items[choose_pivot(items)]);
    const size_t size = items.size();
    // From the left: equal up to equal_end, then less up to next; from the right, the ends exclusive: equal from
    // equal_at, before it greater from end.
    size_t equal_end = 1, next = 1, end = size, equal_at = size;
    for (;;) {
      for (; next < end; ++next) {
        const int order = compare_(items[next], items[0]);
        if (order > 0) break;
        if (order == 0) std::swap(items[equal_end++], items[next]);
      }
      for (; next < end; --end) {
        const int order = compare_(items[end - 1], items[0]);
        if (order < 0) break;
        if (order == 0) std::swap(items[end - 1], items[--equal_at]);
      }
      if (next >= end) break;
      std::swap(items[next++], items[--end]);
    }
    const size_t less = next - equal_end, greater = equal_at - end;
    const auto from_left = static_cast<ptrdiff_t>(std::min(equal_end, less));
    const auto from_right = static_cast<ptrdiff_t>(std::min(greater, size - equal_at));
    const auto middle = items.begin() + static_cast<ptrdiff_t>(next);
    std::swap_ranges(items.begin(), items.begin() + from_left, middle - from_left);
    std::swap_ranges(middle, middle + from_right, items.end() - from_right);
    return {less, greater};
  }

  Compare compare_;
};

// REQUIRES: places.last < items.size().
template <typename T, typename Compare>
void partial_sort(std::span<T> items, Places places, Compare compare) {
  PartialSort<T, Compare>(compare).sort(items, places);
}

}  // namespace base
