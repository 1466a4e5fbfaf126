// The number of nodes that a radix tree of 16-byte keys would have, kept up to date beside another index of the ids.
//
// XINFO STREAM tells radix-tree-nodes of the reference's tree, whose shape follows from its keys alone: a leaf for each
// key, a node wherever keys part, a node for each run of bytes between them, and one for an empty tree.
//
// Cost     some lookups in the index for each id that is added or removed: streams do it once a node of entries.
// Source   valkey-server 9.1.2, compared by tests/differential and tests/transcripts/streams.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include "values/stream_id.h"

namespace values {

inline constexpr int kStreamIdBytes = 16;

// Bytes that two different ids, written big endian, have in common at their beginning.
constexpr int common_prefix(StreamId a, StreamId b) {
  if (a.ms != b.ms) return std::countl_zero(a.ms ^ b.ms) / 8;
  return 8 + std::countl_zero(a.sequence ^ b.sequence) / 8;
}

constexpr uint8_t byte_of(StreamId id, int at) {
  return static_cast<uint8_t>(at < 8 ? id.ms >> (56 - 8 * at) : id.sequence >> (120 - 8 * at));
}

// The least and the greatest id that begin with the first `bytes` bytes of `id`.
constexpr std::pair<StreamId, StreamId> ids_with_prefix(StreamId id, int bytes) {
  const uint64_t ms_free = bytes >= 8 ? 0 : UINT64_MAX >> (8 * bytes);
  const uint64_t sequence_free = bytes <= 8 ? UINT64_MAX : bytes == 16 ? 0 : UINT64_MAX >> (8 * (bytes - 8));
  return {{id.ms & ~ms_free, id.sequence & ~sequence_free}, {id.ms | ms_free, id.sequence | sequence_free}};
}

constexpr int run_nodes(int bytes) { return bytes > 0 ? 1 : 0; }

// How many nodes more the tree has with `id` than without it. REQUIRES: the index, a SortedIndex by id, has it.
template <typename Index>
int radix_nodes_of(const Index& index, StreamId id) {
  if (index.size() == 1) return 1;  // an empty tree has one node, this one a run and a leaf
  const auto at = index.lower_bound(id);
  auto before = at;
  before.previous();
  auto after = at;
  after.next();
  // The leaf hangs where the id parts from the neighbour it has most in common with.
  const int parting = std::max(before ? common_prefix(before->id, id) : -1, after ? common_prefix(id, after->id) : -1);
  const int own = 1 + run_nodes(kStreamIdBytes - parting - 1);
  const auto [least, greatest] = ids_with_prefix(id, parting);
  auto first = index.lower_bound(least);
  if (first->id == id) first.next();
  auto last = index.at_or_before(greatest);
  if (last->id == id) last.previous();
  if (byte_of(first->id, parting) != byte_of(last->id, parting)) return own;  // others part here too
  // Else the id splits a run of the others, which reaches from where its group parts from the rest to where it parts
  // in itself.
  auto outer_before = first;
  outer_before.previous();
  if (outer_before && outer_before->id == id) outer_before.previous();
  auto outer_after = last;
  outer_after.next();
  if (outer_after && outer_after->id == id) outer_after.next();
  const int run_begin = 1 + std::max(outer_before ? common_prefix(outer_before->id, first->id) : -1,
                                     outer_after ? common_prefix(last->id, outer_after->id) : -1);
  const int run_end = first == last ? kStreamIdBytes : common_prefix(first->id, last->id);
  return own + 1 + run_nodes(parting - run_begin) + run_nodes(run_end - parting - 1) - 1;
}

}  // namespace values
