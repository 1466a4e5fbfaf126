#include "base/grisu2.h"

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/check.h"

namespace base {
namespace {

// significand * 2^exponent; normalised when the top bit of the significand is set.
struct Extended {
  uint64_t significand;
  int exponent;
};

constexpr int kFractionBits = 52;
constexpr uint64_t kHiddenBit = uint64_t{1} << kFractionBits;

Extended decompose(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  const auto biased = static_cast<int>(bits >> kFractionBits);  // the sign is known to be 0
  const uint64_t fraction = bits & (kHiddenBit - 1);
  constexpr int kBias = 1075;  // 1023 + 52: the fraction counts as a whole number
  return biased == 0 ? Extended{fraction, 1 - kBias} : Extended{fraction | kHiddenBit, biased - kBias};
}

Extended normalise(Extended value) {
  const int shift = std::countl_zero(value.significand);
  return {value.significand << shift, value.exponent - shift};
}

// Product rounded to 64 bits, half up.
Extended multiply(Extended a, Extended b) {
  const auto product = static_cast<unsigned __int128>(a.significand) * b.significand + (uint64_t{1} << 63);
  return {static_cast<uint64_t>(product >> 64), a.exponent + b.exponent + 64};
}

// Powers of ten from 10^-348 on, every eighth: the top 64 bits, rounded to nearest.
constexpr int kFirstPower = -348;
constexpr int kPowerStep = 8;
constexpr uint64_t kPowers[] = {
    0xfa8fd5a0081c0288, 0xbaaee17fa23ebf76, 0x8b16fb203055ac76, 0xcf42894a5dce35ea, 0x9a6bb0aa55653b2d,
    0xe61acf033d1a45df, 0xab70fe17c79ac6ca, 0xff77b1fcbebcdc4f, 0xbe5691ef416bd60c, 0x8dd01fad907ffc3c,
    0xd3515c2831559a83, 0x9d71ac8fada6c9b5, 0xea9c227723ee8bcb, 0xaecc49914078536d, 0x823c12795db6ce57,
    0xc21094364dfb5637, 0x9096ea6f3848984f, 0xd77485cb25823ac7, 0xa086cfcd97bf97f4, 0xef340a98172aace5,
    0xb23867fb2a35b28e, 0x84c8d4dfd2c63f3b, 0xc5dd44271ad3cdba, 0x936b9fcebb25c996, 0xdbac6c247d62a584,
    0xa3ab66580d5fdaf6, 0xf3e2f893dec3f126, 0xb5b5ada8aaff80b8, 0x87625f056c7c4a8b, 0xc9bcff6034c13053,
    0x964e858c91ba2655, 0xdff9772470297ebd, 0xa6dfbd9fb8e5b88f, 0xf8a95fcf88747d94, 0xb94470938fa89bcf,
    0x8a08f0f8bf0f156b, 0xcdb02555653131b6, 0x993fe2c6d07b7fac, 0xe45c10c42a2b3b06, 0xaa242499697392d3,
    0xfd87b5f28300ca0e, 0xbce5086492111aeb, 0x8cbccc096f5088cc, 0xd1b71758e219652c, 0x9c40000000000000,
    0xe8d4a51000000000, 0xad78ebc5ac620000, 0x813f3978f8940984, 0xc097ce7bc90715b3, 0x8f7e32ce7bea5c70,
    0xd5d238a4abe98068, 0x9f4f2726179a2245, 0xed63a231d4c4fb27, 0xb0de65388cc8ada8, 0x83c7088e1aab65db,
    0xc45d1df942711d9a, 0x924d692ca61be758, 0xda01ee641a708dea, 0xa26da3999aef774a, 0xf209787bb47d6b85,
    0xb454e4a179dd1877, 0x865b86925b9bc5c2, 0xc83553c5c8965d3d, 0x952ab45cfa97a0b3, 0xde469fbd99a05fe3,
    0xa59bc234db398c25, 0xf6c69a72a3989f5c, 0xb7dcbf5354e9bece, 0x88fcf317f22241e2, 0xcc20ce9bd35c78a5,
    0x98165af37b2153df, 0xe2a0b5dc971f303a, 0xa8d9d1535ce3b396, 0xfb9b7cd9a4a7443c, 0xbb764c4ca7a44410,
    0x8bab8eefb6409c1a, 0xd01fef10a657842c, 0x9b10a4e5e9913129, 0xe7109bfba19c0c9d, 0xac2820d9623bf429,
    0x80444b5e7aa7cf85, 0xbf21e44003acdd2d, 0x8e679c2f5e44ff8f, 0xd433179d9c8cb841, 0x9e19db92b4e31ba9,
    0xeb96bf6ebadf77d9, 0xaf87023b9bf0ee6b,
};
constexpr int kPowerCount = static_cast<int>(sizeof kPowers / sizeof kPowers[0]);

// floor(power * log2(10)) - 63: the exponent that goes with the entry. 217706 / 2^16 is log2(10) to 6 digits, which is
// exact for all powers in the table.
constexpr int power_exponent(int power) { return ((power * 217706) >> 16) - 63; }

// A power of ten that brings a number with this binary exponent to one in [-60, -32], so that its whole part has at
// most 32 bits. Where two of the table do, the digits depend on which one; the estimate picks the reference's.
int pick_power(int exponent) {
  constexpr double kLog10Of2 = 0.30102999566398114;
  const int estimate = static_cast<int>(-(exponent + kPowerCount) * kLog10Of2);
  int index = (estimate - kFirstPower) / kPowerStep;
  while (true) {
    DCHECK(index >= 0 && index < kPowerCount);
    const int result = exponent + power_exponent(kFirstPower + index * kPowerStep) + 64;
    if (result < -60) {
      ++index;
    } else if (result > -32) {
      --index;
    } else {
      return index;
    }
  }
}

// The interval that reads back as the value, and what is left of it while digits are made from its upper end.
struct Interval {
  uint64_t width;     // upper - lower
  uint64_t distance;  // upper - value
};

// Lowers the last digit while that brings the digits nearer to the value and keeps them inside the interval.
// `rest` is upper minus the digits so far; `unit` is what one of the last digit is worth.
void round_last(Decimal& out, Interval interval, uint64_t rest, uint64_t unit) {
  while (rest < interval.distance && interval.width - rest >= unit &&
         (rest + unit < interval.distance || interval.distance - rest > rest + unit - interval.distance)) {
    --out.digits[out.count - 1];
    rest += unit;
  }
}

void append_digit(Decimal& out, uint64_t digit) {
  if (digit != 0 || out.count != 0) out.digits[out.count++] = static_cast<char>('0' + digit);
}

// Makes digits of `upper` until what remains lies inside the interval. Returns the power of ten of the last digit.
int make_digits(Decimal& out, Extended upper, Interval interval) {
  const int shift = -upper.exponent;
  const uint64_t one = uint64_t{1} << shift;
  uint64_t whole = upper.significand >> shift;
  uint64_t fraction = upper.significand & (one - 1);

  int power = 10;
  for (uint64_t divisor = 1'000'000'000; divisor > 0; divisor /= 10) {
    append_digit(out, whole / divisor);
    whole %= divisor;
    --power;
    const uint64_t rest = (whole << shift) + fraction;
    if (rest <= interval.width) {
      round_last(out, interval, rest, divisor << shift);
      return power;
    }
  }
  while (true) {
    // Everything is scaled by ten instead of the unit being divided, so nothing is lost.
    fraction *= 10;
    interval.width *= 10;
    interval.distance *= 10;
    append_digit(out, fraction >> shift);
    fraction &= one - 1;
    --power;
    if (fraction < interval.width) {
      round_last(out, interval, fraction, one);
      return power;
    }
  }
}

}  // namespace

Decimal grisu2(double value) {
  const Extended exact = decompose(value);
  DCHECK(exact.significand != 0);
  // Half way to the neighbours. Below a power of two the lower one is twice as near.
  const Extended upper = normalise({2 * exact.significand + 1, exact.exponent - 1});
  const int lower_shift = exact.significand == kHiddenBit ? 2 : 1;
  const int lower_exponent = exact.exponent - lower_shift;
  const uint64_t half_below = (exact.significand << lower_shift) - 1;
  const Extended lower = {half_below << (lower_exponent - upper.exponent), upper.exponent};

  const int index = pick_power(upper.exponent);
  const int power = kFirstPower + index * kPowerStep;
  const Extended ten = {kPowers[index], power_exponent(power)};
  const Extended scaled = multiply(normalise(exact), ten);
  Extended high = multiply(upper, ten);
  Extended low = multiply(lower, ten);
  // The products are off by less than one, so the interval shrinks by one at each end to stay safe.
  --high.significand;
  ++low.significand;

  Decimal out{};
  const Interval interval = {high.significand - low.significand, high.significand - scaled.significand};
  const int last = make_digits(out, high, interval) - power;
  out.exponent = last + out.count - 1;
  return out;
}

}  // namespace base
