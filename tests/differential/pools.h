// The values that generated arguments are drawn from: small pools, so that commands meet on the same keys and values,
// and the borders of every number type.
//
// Times are never short: a key that dies between two servers' clocks would be a difference of time, not of behaviour.
// Relative times are all different within a stream, because EXPIRE GT with an equal time hangs on one tick.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "grammar.h"

namespace differential {

class Pools {
 public:
  explicit Pools(uint64_t seed) : random_(seed) {}

  uint64_t below(uint64_t bound) { return random_() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }

  std::string key();
  std::string text();
  std::string integer();
  // Near each other mostly; `most` is that of longitudes or latitudes.
  std::string coordinate(double most);
  // Of a shape, in any unit.
  std::string extent();
  std::string boundary();  // Never a small positive number, so that it may stand for a time.
  std::string floating();
  std::string pattern();
  std::string database();
  std::string offset(bool bitfield);
  std::string bitfield_encoding();
  std::string relative_time(bool milliseconds);
  std::string absolute_time(bool milliseconds);
  std::string future_time(bool milliseconds);
  // A token of some command, or another word that often has a meaning.
  std::string stray_word();

 private:
  std::mt19937_64 random_;
  uint64_t times_drawn_ = 0;
};

}  // namespace differential
