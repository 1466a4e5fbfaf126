// Zipf ranks by the alias method: the table is built once, then each draw costs one look-up.
#include "load/random.h"

#include <cmath>

#include "base/check.h"

namespace load {

Zipf::Zipf(uint64_t count, double theta) : keep_(count), alias_(count) {
  CHECK(count > 0 && count < UINT32_MAX);
  double sum = 0;
  for (uint64_t rank = 0; rank < count; ++rank) {
    keep_[rank] = std::pow(static_cast<double>(rank + 1), -theta);
    sum += keep_[rank];
  }
  // Scaled so that the mean column is 1, small columns are topped up from large ones until all are full.
  std::vector<uint32_t> small;
  std::vector<uint32_t> large;
  for (uint64_t rank = 0; rank < count; ++rank) {
    keep_[rank] *= static_cast<double>(count) / sum;
    alias_[rank] = static_cast<uint32_t>(rank);
    (keep_[rank] < 1 ? small : large).push_back(static_cast<uint32_t>(rank));
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t needy = small.back();
    const uint32_t donor = large.back();
    small.pop_back();
    alias_[needy] = donor;
    keep_[donor] -= 1 - keep_[needy];
    if (keep_[donor] < 1) {
      large.pop_back();
      small.push_back(donor);
    }
  }
  // What rounding left over is full up to that rounding.
  for (const uint32_t rank : small) keep_[rank] = 1;
  for (const uint32_t rank : large) keep_[rank] = 1;
}

uint64_t Zipf::next(Random& random) const {
  const uint64_t column = random.below(keep_.size());
  return random.fraction() < keep_[column] ? column : alias_[column];
}

}  // namespace load
