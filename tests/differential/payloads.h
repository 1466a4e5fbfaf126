// Payloads of DUMP whose bytes differ though their values are the same.
#pragma once

#include "value.h"

namespace differential {

// Whether two payloads can differ only in the order that a hash table gave their members, or in times.
bool are_reordered(const Value& ours, const Value& reference);

}  // namespace differential
