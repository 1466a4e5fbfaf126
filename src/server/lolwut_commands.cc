// LOLWUT: a picture, and who answers. The versions that had pictures in the reference have pictures of our own here.
//
// Errors   those of the reference, for the arguments of its versions 5, 6 and 9.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "base/numbers.h"
#include "base/random.h"
#include "base/version.h"
#include "command/call.h"
#include "server/command_table.h"
#include "server/lolwut_art.h"

namespace server {
namespace {

using command::Args;
using command::Call;
using command::Error;
using command::Spec;

constexpr Error kUsage{"ERR Syntax error. Use: LOLWUT [columns rows] [real imaginary]"};

std::string who_answers(Call& call, std::string_view before_number) {
  const bool as_redis = call.settings().extended_redis_compatibility;
  return fmt::format("{} ver.{}{}\n", as_redis ? "Redis" : "Valkey", before_number,
                     as_redis ? base::kRedisVersion : base::kValkeyVersion);
}

void reply_with(Call& call, std::string picture, std::string_view caption) {
  picture.append(caption).append(" ").append(who_answers(call, " "));
  call.reply().verbatim("txt", picture);
}

// The next word as a number within the bounds, or what stands for a missing one.
int64_t number_or(Args& args, int64_t otherwise, int64_t most) {
  if (!args.more()) return otherwise;
  return std::clamp<int64_t>(args.integer(), 1, most);
}

void arcs(Call& call, Args args) {
  const int64_t columns = number_or(args, 66, 1000);
  const int64_t tiles_a_row = number_or(args, 8, 200);
  const int64_t tiles_a_column = number_or(args, 12, 200);
  if (args.failed()) return call.fail(args.error());
  base::Random random = base::Random::from_entropy();
  reply_with(call, draw_arcs(columns, tiles_a_row, tiles_a_column, random),
             "\nSquare tiles with two arcs each, turned by chance, after Truchet and Smith.");
}

void moon(Call& call, Args args) {
  const int64_t columns = number_or(args, 80, 1000);
  const int64_t rows = number_or(args, 20, 1000);
  if (args.failed()) return call.fail(args.error());
  base::Random random = base::Random::from_entropy();
  reply_with(call, draw_moon(columns, rows, random), "Good night. All keys sleep well.");
}

// A float of the width that the reference keeps: 1e300 is infinite.
std::optional<double> constant_of(std::string_view word) {
  const auto value = base::parse_long_double(word);
  if (!value) return std::nullopt;
  return static_cast<double>(static_cast<float>(*value));
}

void julia_set(Call& call, Args args) {
  const size_t count = args.left();
  if (count != 0 && count != 2 && count != 4) return call.fail(kUsage);
  const int64_t columns = number_or(args, 80, 160);
  const int64_t rows = number_or(args, 40, 80);
  if (args.failed()) return call.fail(args.error());
  base::Random random = base::Random::from_entropy();
  const auto chance = [&] { return static_cast<double>(random.below(200)) / 100 - 1; };
  std::optional<double> real = chance();
  std::optional<double> imaginary = chance();
  if (args.more()) {
    real = constant_of(args.text());
    imaginary = constant_of(args.text());
    if (!real || !imaginary) return call.fail(command::kNotAFloat);
  }
  reply_with(call, draw_julia_set(columns, rows, *real, *imaginary),
             fmt::format("The filled Julia set of z*z + ({:.2f} {} {:.2f}i).", *real,
                         std::signbit(*imaginary) ? '-' : '+', std::abs(*imaginary)));
}

void lolwut(Call& call) {
  Args args = call.args();
  if (!args.next_is("VERSION") || args.left() < 2) return julia_set(call, args);
  args.skip();
  // The reference keeps 32 bits of it, and looks at the first digit for 9, its current one.
  const std::string version = fmt::format("{}", static_cast<uint32_t>(args.integer()));
  if (args.failed()) return call.fail(args.error());
  if (version == "5") return arcs(call, args);
  if (version == "6") return moon(call, args);
  if (version[0] == '9') return julia_set(call, args);
  call.reply().verbatim("txt", who_answers(call, ""));
}

constexpr Spec kLolwut[] = {
    {.name = "lolwut",
     .arity = -1,
     .flags = command::kReadOnly | command::kFast,
     .locks = keyspace::LockClass::kNone,
     .handler = lolwut,
     .group = command::Group::kServer,
     .since = "5.0.0",
     .summary = "Draws a picture and tells the version.",
     .syntax = "VERSION=version:i?"},
};
static_assert(command::well_formed(kLolwut));

}  // namespace

std::span<const Spec> lolwut_commands() { return kLolwut; }

}  // namespace server
