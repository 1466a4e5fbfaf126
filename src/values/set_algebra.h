// Intersection, difference and union of sets. An empty set stands for a key that is not there.
//
// Cost     intersection O(N*M): the smallest set's members, asked of each other set, the smaller first; two intsets
//          side by side. Difference: the first set's members asked of the others (O(N*M), half the weight), or the
//          others' members taken from a copy of it (O(all members)), whichever is less. Union O(all members).
//          Members are asked in batches, whose cache misses overlap.
// Threads  pure over sets that the caller holds locked. Members are valid while the sets do not change.
// Source   valkey-server 9.1.2: in which encoding a stored result ends (tests/transcripts/sets/algebra.transcript)
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "values/set.h"

namespace values {

// Calls visit(member) for the members of all sets; returns how many. Puts the sets in order of size. REQUIRES: there
// are sets.
uint64_t intersect(std::span<Set> sets, const std::function<void(const Set::Member&)>& visit);
// The same, at most `limit`, counted only.
uint64_t count_intersection(std::span<Set> sets, uint64_t limit = UINT64_MAX);
// The same as a set, which is the caller's.
Set store_intersection(std::span<Set> sets, const SetLimits& limits);

// The members of the first set that are in no other. A result of its own is the caller's, and is what is stored; else
// `members` are the first set's.
struct Difference {
  Set own;
  std::vector<Set::Member> members;
};
enum class Keeps : bool { kNo, kYes };
// Puts the sets behind the first in order of size. With kYes the result is always a set of its own.
Difference subtract(std::span<Set> sets, Keeps keeps, const SetLimits& limits);

// The caller's.
Set unite(std::span<const Set> sets, Keeps keeps, const SetLimits& limits);

}  // namespace values
