// Workload: one kind of request, its bytes with the places for keys, and the check of its reply.
//
// Shape    every request of a workload has the same length, so a pipeline is the pattern repeated, and a new
//          request costs only the digits of its keys:
//            key    := "key:" zeros digits            16 bytes by default; `digits` are the last 12
//            value  := "v" digits filler               the key's digits again, so that a wrong value shows
//            value  := "1" digits                      with --integers
// Cost     place() about 5 ns a key; check() one comparison of the reply with what it must be.
// Limits   keys below 10^12; values under 13 bytes carry only the last digits that fit after the "v".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/options.h"
#include "load/random.h"

namespace load {

// What a stretch of received bytes turned out to be.
struct Check {
  enum Verdict { kIncomplete, kGood, kMissing, kWrong };  // kMissing: well formed, but a key was not there
  Verdict verdict = kIncomplete;
  size_t bytes = 0;  // of the reply, if it is complete and right
};

class Workload {
 public:
  // Fails if `name` is none of those in kUsage.
  static base::Result<Workload, base::Failure> make(std::string_view name, const Options& options);
  // The commands of --words. Their replies may be anything but errors.
  static Workload from_words(std::string_view words);

  // One request, with every key 0.
  const std::string& pattern() const { return pattern_; }
  size_t keys_per_request() const { return keys_.size(); }

  // Writes key number `key` into the slot of a request that was copied from pattern(): its name and its value.
  void place(char* request, size_t slot, uint64_t key) const;

  // Writes a random time to live, if this workload has one.
  void place_ttl(char* request, Random& random) const;

  // Whether `received` starts with the right reply to `request`.
  Check check(std::string_view received, const char* request) const;

 private:
  enum class Reply { kFixed, kInteger, kValue, kValues, kAny };

  void add_argument(std::string_view bytes);
  void add_command(const std::vector<std::string>& words);
  void add_key();
  void add_value();
  Check check_value(std::string_view received, const char* request, size_t slot) const;
  Check check_values(std::string_view received, const char* request) const;

  struct Places {
    size_t name;   // where the key's digits are in the request
    size_t value;  // where the value's digits are; 0 if the request carries none
  };

  std::string pattern_;
  std::string key_;          // key 0 as text
  std::string value_;        // the value of key 0
  size_t value_digits_ = 0;  // how many digits of the key are in the value, after its first byte
  std::vector<Places> keys_;
  size_t ttl_ = 0;  // where the five digits of the time to live are; 0 if there are none
  Reply reply_ = Reply::kFixed;
  std::string expected_;  // kFixed: the reply; kValue: the header of one value; kValues: that of the array
  std::string value_header_;
  size_t replies_ = 1;  // kAny: to one request
};

}  // namespace load
