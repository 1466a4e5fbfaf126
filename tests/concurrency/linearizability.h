// Is a history of one key linearizable? The search of Wing and Gong with Lowe's memory of visited configurations.
//
// Shape   A history is a list of completed operations, each with the times just before its command was sent and just
//         after its reply was read. It is linearizable if some order of all operations keeps every "returned before the
//         other was sent", keeps each connection's own order in a pipeline, and gives every reply by the string model.
// Cost    Linear in the history while few operations overlap; a memory of (operations placed, key state) keeps the
//         search from trying again what already failed.
// Source  G. Lowe, "Testing for linearizability", 2017 (the algorithm; no code).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "string_model.h"

struct Observed {
  KeyOperation operation;
  std::string reply;  // raw
  int64_t sent_ns = 0;
  int64_t received_ns = 0;
  int client = 0;
  int follows = -1;  // index of the operation of the same connection that it must come after; -1: none
};

enum class Verdict { kLinearizable, kViolation, kUndecided };

struct SearchResult {
  Verdict verdict = Verdict::kLinearizable;
  uint64_t steps = 0;
  size_t placed_at_most = 0;  // of a violation: the longest order found
};

SearchResult check_history(const std::vector<Observed>& history, const KeyState& start,
                           uint64_t steps_max = 50'000'000);

// The history in the order of sending, one operation a line, for people.
std::string describe(const std::vector<Observed>& history, const KeyState& start);
