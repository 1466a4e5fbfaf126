// Commands about single places in a sorted set: GEOADD, GEODIST, GEOHASH, GEOPOS. A member's score is the 52 bits of
// its place.
#include "commands/geo.h"

#include <array>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "commands/families.h"
#include "commands/sorted_sets.h"

namespace commands {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::LockClass;
using values::GeoPoint;
using values::SortedSet;
using enum command::Flags;
using enum command::KeyFlags;

double read_geo_unit(Args& args) {
  if (args.accept("M")) return 1;
  if (args.accept("KM")) return 1000;
  if (args.accept("FT")) return 0.3048;
  if (args.accept("MI")) return 1609.34;
  args.fail(base::Error("ERR unsupported unit provided. please use M, KM, FT, MI"));
  return 1;
}

std::optional<GeoPoint> read_geo_point(Call& call, Args& args) {
  const auto longitude = base::parse_double(args.text());
  const auto latitude = longitude ? base::parse_double(args.text()) : std::nullopt;
  if (!longitude || !latitude) {
    call.fail(command::kNotAFloat);
    return std::nullopt;
  }
  const GeoPoint point{*longitude, *latitude};
  if (values::is_geo_point(point)) return point;
  call.fail(fmt::format("ERR invalid longitude,latitude pair {:f},{:f}", point.longitude, point.latitude));
  return std::nullopt;
}

void reply_geo_distance(Call& call, double distance) {
  constexpr double kPart = 10'000;
  const auto parts = static_cast<uint64_t>(std::llrint(distance * kPart));
  std::array<char, 32> text;
  const char* end = fmt::format_to_n(text.data(), text.size(), "{}.{:04}", parts / 10'000, parts % 10'000).out;
  call.reply().bulk({text.data(), static_cast<size_t>(end - text.data())});
}

void reply_geo_point(Call& call, const GeoPoint& point) {
  call.reply().array(2);
  call.reply().real(base::format_long_double(point.longitude));
  call.reply().real(base::format_long_double(point.latitude));
}

namespace {

void geoadd(Call& call) {
  Args args(call.words(), 2);
  const AddOptions options = read_add_options(args, false);
  if (args.left() == 0 || args.left() % 3 != 0 || (options.rule.only_new && options.rule.only_present)) {
    return call.fail(command::kSyntaxError);
  }
  std::vector<ScoredMember> members;
  members.reserve(args.left() / 3);
  while (args.more()) {
    const auto point = read_geo_point(call, args);
    if (!point) return;
    members.push_back({static_cast<double>(values::geo_hash(*point)), args.text()});
  }
  add_members(call, options, members);
}

std::optional<GeoPoint> find_point(const std::optional<SortedSet>& set, std::string_view member) {
  const std::optional<double> score = set ? set->score(member) : std::nullopt;
  return score ? std::optional(values::geo_point(values::geo_hash_of_score(*score))) : std::nullopt;
}

void geodist(Call& call) {
  Args args(call.words(), 4);
  if (call.count() > 5) return call.fail(command::kSyntaxError);
  const double unit = args.more() ? read_geo_unit(args) : 1;
  if (args.failed()) return call.fail(args.error());
  const auto found = call.read<SortedSet>(call.key(0));
  if (!found) return call.fail(found.error());
  const auto from = find_point(*found, call.word(2)), to = find_point(*found, call.word(3));
  if (!from || !to) return call.reply().null();
  reply_geo_distance(call, values::geo_distance(*from, *to) / unit);
}

void geohash(Call& call) {
  const auto found = call.read<SortedSet>(call.key(0));
  if (!found) return call.fail(found.error());
  call.reply().array(call.count() - 2);
  for (size_t at = 2; at < call.count(); ++at) {
    if (const auto point = find_point(*found, call.word(at))) {
      const auto text = values::geo_hash_text(*point);
      call.reply().bulk({text.data(), text.size()});
    } else {
      call.reply().null();
    }
  }
}

void geopos(Call& call) {
  const auto found = call.read<SortedSet>(call.key(0));
  if (!found) return call.fail(found.error());
  call.reply().array(call.count() - 2);
  for (size_t at = 2; at < call.count(); ++at) {
    if (const auto point = find_point(*found, call.word(at))) {
      reply_geo_point(call, *point);
    } else {
      call.reply().null_array();
    }
  }
}

constexpr Spec kGeo[] = {
    {.name = "geoadd",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .keys = {command::key_at(1, kRW | kUpdate)},
     .locks = LockClass::kKeys,
     .handler = geoadd,
     .group = Group::kGeo,
     .since = "3.2.0",
     .summary = "Adds places with names to a sorted set, or moves them.",
     .complexity = "O(log(N)) a place, for N places.",
     .history = "6.2.0 Knows `CH`, `NX` and `XX`.",
     .syntax = "key:k0 condition(NX|XX)@6.2.0? CH/change@6.2.0? data[longitude:d latitude:d member]*"},
    {.name = "geodist",
     .arity = -4,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = geodist,
     .group = Group::kGeo,
     .since = "3.2.0",
     .summary = "Tells how far two places are from each other.",
     .complexity = "O(1)",
     .syntax = "key:k0 member1 member2 unit(M|KM|FT|MI)?"},
    {.name = "geohash",
     .arity = -2,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = geohash,
     .group = Group::kGeo,
     .since = "3.2.0",
     .summary = "Returns the geohash texts of places.",
     .complexity = "O(1) a place.",
     .syntax = "key:k0 member?*"},
    {.name = "geopos",
     .arity = -2,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = geopos,
     .group = Group::kGeo,
     .since = "3.2.0",
     .summary = "Returns longitude and latitude of places.",
     .complexity = "O(1) a place.",
     .syntax = "key:k0 member?*"},
};
static_assert(command::well_formed(kGeo));

}  // namespace

std::span<const Spec> geo_commands() { return kGeo; }

}  // namespace commands
