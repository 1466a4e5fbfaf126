#include "structures/text_entry.h"

#include "base/random.h"

namespace structures {
namespace {

base::SipKey random_seed() {
  base::SipKey seed;
  base::fill_with_entropy(&seed, sizeof seed);
  return seed;
}

base::SipKey seed = random_seed();

}  // namespace

base::SipKey text_hash_seed() { return seed; }
void set_text_hash_seed(base::SipKey chosen) { seed = chosen; }

}  // namespace structures
