// Strict serializability of transactions that append to lists and read them.
//
// Shape   Every appended element is unique, so a read shows which transactions came before it, in which order. From
//         that follow edges between transactions: who appended before whom (ww), whose append a read saw (wr), whose
//         append a read did not see yet (rw), and who had ended before another began. A cycle of edges is a history
//         that no serial order explains.
// Source  Kingsbury and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations" (2020).
// Cost    linear in the history's size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct ListRead {
  std::string key;
  std::vector<uint64_t> elements;
};
struct ListAppend {
  std::string key;
  uint64_t element;
};

struct TransactionRecord {
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  bool committed = false;  // else nobody may have seen its appends
  std::vector<ListAppend> appends;
  std::vector<ListRead> reads;  // each as it was before or among the transaction's own appends
};

// Empty if the history is strictly serializable, else what is wrong.
std::string check_serializability(const std::vector<TransactionRecord>& history);
