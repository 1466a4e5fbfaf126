// Places within a shape: GEOSEARCH, GEOSEARCHSTORE, and GEORADIUS in its four forms.
#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/partial_sort.h"
#include "commands/families.h"
#include "commands/geo.h"
#include "commands/sorted_sets.h"

namespace commands {
namespace {

using command::Args;
using command::Call;
using command::Group;
using command::Spec;
using keyspace::Key;
using keyspace::LockClass;
using values::GeoPoint;
using values::GeoShape;
using values::SortedSet;
using enum command::Flags;
using enum command::KeyFlags;

enum class Shape : uint8_t { kNone, kCircle, kBox, kPolygon };
enum class Order : uint8_t { kNone, kNearest, kFarthest };

// What a command fixes: what it reads before its options, and which of those it knows.
struct Form {
  bool radius = false;     // GEORADIUS: a circle around a place
  bool member = false;     // GEORADIUSBYMEMBER: around a member
  bool may_store = false;  // they know STORE and STOREDIST
  bool stores = false;     // GEOSEARCHSTORE

  bool searches() const { return !radius && !member; }
};

struct Search {
  Shape shape = Shape::kNone;
  bool from_member = false;
  bool from_point = false;
  GeoPoint center{};
  double width = 0;  // or the radius
  double height = 0;
  double unit = 1;  // in metres
  std::vector<GeoPoint> vertices{};
  bool with_distance = false;
  bool with_hash = false;
  bool with_point = false;
  Order order = Order::kNone;
  int64_t count = 0;
  bool any = false;
  const Key* target = nullptr;
  bool store_distance = false;
};

struct Place {
  std::string member;
  double score;
  double distance;
};

// Reads a command's words; each part returns false when something is wrong, and the reply or the words know what.
class SearchReader {
 public:
  SearchReader(Call& call, const Form& form, const std::optional<SortedSet>& set)
      : call_(call), form_(form), set_(set), args_(call.words(), form.stores ? 3 : 2) {}

  // False after the reply said what is wrong.
  bool read(Search& search) {
    const bool read = read_start(search) && read_options(search) && check(search);
    if (args_.failed()) call_.fail(args_.error());
    return read && !args_.failed();
  }

 private:
  bool fail(std::string_view text) {
    args_.fail(base::Error(text));
    return false;
  }

  double length(std::string_view otherwise) {
    const auto value = base::parse_double(args_.text());
    if (!value) fail(otherwise);
    return value.value_or(0);
  }

  bool read_circle(Search& search) {
    search.shape = Shape::kCircle;
    search.width = length("ERR need numeric radius");
    if (search.width < 0) fail("ERR radius cannot be negative");
    search.unit = args_.failed() ? 1 : read_geo_unit(args_);
    return !args_.failed();
  }

  bool read_box(Search& search) {
    search.shape = Shape::kBox;
    search.width = length("ERR need numeric width");
    search.height = length("ERR need numeric height");
    if (search.width < 0 || search.height < 0) fail("ERR height or width cannot be negative");
    search.unit = args_.failed() ? 1 : read_geo_unit(args_);
    return !args_.failed();
  }

  bool read_polygon(Search& search) {
    search.shape = Shape::kPolygon;
    const int64_t count = args_.integer(INT32_MIN, INT32_MAX, base::Error("ERR invalid number of vertices"));
    if (args_.failed()) return false;
    if (count < 3 || static_cast<uint64_t>(count) > args_.left() / 2) {
      return fail("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices");
    }
    search.vertices.clear();
    for (int64_t i = 0; i < count; ++i) {
      const auto vertex = read_geo_point(call_, args_);
      if (!vertex) return false;
      search.vertices.push_back(*vertex);
    }
    return true;
  }

  bool read_point(Search& search) {
    search.from_point = true;
    const auto point = read_geo_point(call_, args_);
    search.center = point.value_or(GeoPoint{});
    return point.has_value();
  }

  // Without a key nobody looks which member it is.
  bool read_member(Search& search) {
    search.from_member = true;
    const std::string_view member = args_.text();
    if (!set_) return true;
    const std::optional<double> score = set_->score(member);
    if (!score) {
      call_.fail("ERR member " + std::string(command::repeated(member)) + " does not exist");
      return false;
    }
    search.center = values::geo_point(values::geo_hash_of_score(*score));
    return true;
  }

  bool read_start(Search& search) {
    if (form_.radius) return read_point(search) && read_circle(search);
    if (!form_.member) return true;
    if (set_) return read_member(search) && read_circle(search);
    args_.skip(3);
    return true;
  }

  // The key that find_target() found: if there are several, the last counts.
  bool read_target(Search& search) {
    search.target = &call_.key(1);
    args_.skip();
    return true;
  }

  bool takes_shape(const Search& search, Shape shape) const {
    return form_.searches() && (search.shape == Shape::kNone || search.shape == shape);
  }

  bool read_shape(Search& search) {
    if (args_.left() >= 3 && takes_shape(search, Shape::kCircle) && args_.accept("BYRADIUS")) {
      return read_circle(search);
    }
    if (args_.left() >= 4 && takes_shape(search, Shape::kBox) && args_.accept("BYBOX")) return read_box(search);
    const bool from = search.from_member || search.from_point;
    if (args_.left() >= 2 && !from && takes_shape(search, Shape::kPolygon) && args_.accept("BYPOLYGON")) {
      return read_polygon(search);
    }
    return fail(command::kSyntaxError.text());
  }

  bool read_place(Search& search) {
    const bool may = form_.searches() && search.shape != Shape::kPolygon;
    if (may && args_.left() >= 2 && !search.from_point && args_.accept("FROMMEMBER")) return read_member(search);
    if (may && args_.left() >= 3 && !search.from_member && args_.accept("FROMLONLAT")) return read_point(search);
    return read_shape(search);
  }

  bool read_store(Search& search) {
    if (form_.stores && args_.accept("STOREDIST")) {
      search.store_distance = true;
      return true;
    }
    if (form_.may_store && args_.left() >= 2 && args_.accept("STORE")) {
      search.store_distance = false;
      return read_target(search);
    }
    if (form_.may_store && args_.left() >= 2 && args_.accept("STOREDIST")) {
      search.store_distance = true;
      return read_target(search);
    }
    return read_place(search);
  }

  bool read_options(Search& search) {
    while (args_.more()) {
      if (args_.accept("WITHDIST")) {
        search.with_distance = true;
      } else if (args_.accept("WITHHASH")) {
        search.with_hash = true;
      } else if (args_.accept("WITHCOORD")) {
        search.with_point = true;
      } else if (args_.accept("ANY")) {
        search.any = true;
      } else if (args_.accept("ASC")) {
        search.order = Order::kNearest;
      } else if (args_.accept("DESC")) {
        search.order = Order::kFarthest;
      } else if (args_.left() >= 2 && args_.accept("COUNT")) {
        search.count = args_.integer();
        if (!args_.failed() && search.count <= 0) fail("ERR COUNT must be > 0");
      } else if (!read_store(search)) {
        return false;
      }
    }
    return !args_.failed();
  }

  bool check(Search& search) {
    if (form_.stores) search.target = &call_.key(0);
    if (search.target != nullptr && (search.with_distance || search.with_hash || search.with_point)) {
      return fail(form_.stores ? "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
                               : "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and "
                                 "WITHCOORD options");
    }
    if (form_.searches() && !search.from_member && !search.from_point && search.shape != Shape::kPolygon) {
      call_.fail("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + called());
      return false;
    }
    if (form_.searches() && search.shape == Shape::kNone) {
      call_.fail("ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for " + called());
      return false;
    }
    if (search.any && search.count == 0) return fail("ERR the ANY argument requires COUNT argument");
    return true;
  }

  std::string called() const { return std::string(command::repeated(call_.word(0))); }

  Call& call_;
  const Form& form_;
  const std::optional<SortedSet>& set_;
  Args args_;
};

GeoShape shape_of(Search& search) {
  switch (search.shape) {
    case Shape::kBox: return GeoShape::box(search.center, search.width * search.unit, search.height * search.unit);
    case Shape::kPolygon: return GeoShape::polygon(std::move(search.vertices));
    default: return GeoShape::circle(search.center, search.width * search.unit);
  }
}

std::vector<Place> find_places(const SortedSet& set, const GeoShape& shape, uint64_t most) {
  std::vector<Place> places;
  for (const values::GeoCell& cell : values::cells_around(shape)) {
    const values::RankSlice slice = set.slice(values::ScoreRange{
        .min = static_cast<double>(cell.begin), .max = static_cast<double>(cell.end), .max_exclusive = true});
    if (slice.count == 0) continue;
    SortedSet::Walk walk = set.at(slice.begin);
    for (uint64_t i = 0; i < slice.count && places.size() < most; ++i, walk.next()) {
      const double score = walk.score();
      const auto distance = shape.distance_inside(values::geo_point(values::geo_hash_of_score(score)));
      if (distance) places.push_back({std::string(walk.text()), score, *distance});
    }
  }
  return places;
}

// Ties of the nearest few come in the order of partial_sort, all others in that of the search, as in the reference.
void sort_places(std::vector<Place>& places, const Search& search) {
  // Whoever wants some, but not any, wants the nearest.
  const bool some = search.count > 0 && !search.any;
  const Order order = some && search.order == Order::kNone ? Order::kNearest : search.order;
  const size_t most = search.count > 0 ? static_cast<size_t>(search.count) : places.size();
  const auto compare = [order](const Place& a, const Place& b) {
    const int rising = a.distance > b.distance ? 1 : a.distance == b.distance ? 0 : -1;
    return order == Order::kFarthest ? -rising : rising;
  };
  if (most < places.size()) {
    if (order != Order::kNone) base::partial_sort(std::span(places), {.first = 0, .last = most - 1}, compare);
    places.resize(most);
  } else if (order != Order::kNone) {
    std::stable_sort(places.begin(), places.end(),
                     [&compare](const Place& a, const Place& b) { return compare(a, b) < 0; });
  }
}

void reply_places(Call& call, const std::vector<Place>& places, const Search& search) {
  const size_t extra = (search.with_distance ? 1 : 0) + (search.with_hash ? 1 : 0) + (search.with_point ? 1 : 0);
  call.reply().array(places.size());
  for (const Place& place : places) {
    if (extra > 0) call.reply().array(1 + extra);
    call.reply().bulk(place.member);
    if (search.with_distance) reply_geo_distance(call, place.distance / search.unit);
    const uint64_t hash = values::geo_hash_of_score(place.score);
    if (search.with_hash) call.reply().integer(static_cast<int64_t>(hash));
    if (search.with_point) reply_geo_point(call, values::geo_point(hash));
  }
}

void store_places(Call& call, const std::vector<Place>& places, const Search& search, std::string_view event) {
  std::vector<ScoredMember> members;
  members.reserve(places.size());
  size_t longest = 0;
  for (const Place& place : places) {
    members.push_back({search.store_distance ? place.distance / search.unit : place.score, place.member});
    longest = std::max(longest, place.member.size());
  }
  std::sort(members.begin(), members.end(), [](const ScoredMember& a, const ScoredMember& b) {
    return a.score != b.score ? a.score < b.score : a.member < b.member;
  });
  SortedSet made = SortedSet::make_for(members.size(), longest, sorted_set_limits(call));
  for (const ScoredMember& member : members) made.append(member.member, member.score);
  store_sorted_set(call, *search.target, made, event);
}

void search_places(Call& call, const Form& form) {
  const auto found = call.read<SortedSet>(call.key(form.stores ? 1 : 0));
  if (!found) return call.fail(found.error());
  Search search;
  if (!SearchReader(call, form, *found).read(search)) return;
  std::vector<Place> places;
  if (*found) {
    const uint64_t most = search.any ? static_cast<uint64_t>(search.count) : UINT64_MAX;
    places = find_places(**found, shape_of(search), most);
    sort_places(places, search);
  }
  if (search.target == nullptr) return reply_places(call, places, search);
  store_places(call, places, search, form.stores ? "geosearchstore" : "georadiusstore");
}

void geosearch(Call& call) { search_places(call, {}); }
void geosearchstore(Call& call) { search_places(call, {.stores = true}); }
void georadius(Call& call) { search_places(call, {.radius = true, .may_store = true}); }
void georadius_ro(Call& call) { search_places(call, {.radius = true}); }
void georadiusbymember(Call& call) { search_places(call, {.member = true, .may_store = true}); }
void georadiusbymember_ro(Call& call) { search_places(call, {.member = true}); }

template <size_t kOptions>
size_t find_target(std::span<const std::string_view> words) {
  size_t found = 0;
  for (size_t i = kOptions; i + 1 < words.size(); ++i) {
    if (command::same_word(words[i], "STORE") || command::same_word(words[i], "STOREDIST")) found = ++i;
  }
  return found;
}

constexpr command::KeySpec stored_behind(std::string_view keyword, int8_t from) {
  return {.flags = kOW | kUpdate | kVariableFlags,
          .find = command::KeySpec::Find::kRange,
          .index = from,
          .keyword = keyword};
}

constexpr command::KeySpecs keys_of_radius(int8_t options) {
  return {command::key_at(1, kRO | kAccess), stored_behind("STORE", options), stored_behind("STOREDIST", options)};
}

constexpr Spec kGeoSearch[] = {
    {.name = "georadius",
     .arity = -6,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .keys = keys_of_radius(6),
     .further_key = find_target<5>,
     .locks = LockClass::kKeys,
     .handler = georadius,
     .group = Group::kGeo,
     .since = "3.2.0",
     .summary = "Returns or stores the places within a circle.",
     .complexity = "O(N+M*log(M)) for N places in the cells around the shape, of which M are in it.",
     .history = "6.2.0 Knows `ANY` behind `COUNT`.\n"
                "7.0.0 Takes units in capital letters.",
     .syntax = "key:k0 longitude:d latitude:d radius:d unit(M|KM|FT|MI) WITHCOORD? WITHDIST? WITHHASH? "
               "count-block[COUNT=count:i ANY@6.2.0?]? order(ASC|DESC)? "
               "store(STORE=storekey/key:k1|STOREDIST=storedistkey/key:k2)?"},
    {.name = "georadius_ro",
     .arity = -6,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = georadius_ro,
     .group = Group::kGeo,
     .since = "3.2.10",
     .summary = "Returns the places within a circle.",
     .complexity = "O(N+M*log(M)) for N places in the cells around the shape, of which M are in it.",
     .history = "6.2.0 Knows `ANY` behind `COUNT`.\n"
                "7.0.0 Takes units in capital letters.",
     .syntax = "key:k0 longitude:d latitude:d radius:d unit(M|KM|FT|MI) WITHCOORD? WITHDIST? WITHHASH? "
               "count-block[COUNT=count:i ANY@6.2.0?]? order(ASC|DESC)?"},
    {.name = "georadiusbymember",
     .arity = -5,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .keys = keys_of_radius(5),
     .further_key = find_target<5>,
     .locks = LockClass::kKeys,
     .handler = georadiusbymember,
     .group = Group::kGeo,
     .since = "3.2.0",
     .summary = "Returns or stores the places within a circle around one of them.",
     .complexity = "O(N+M*log(M)) for N places in the cells around the shape, of which M are in it.",
     .history = "6.2.0 Knows `ANY` behind `COUNT`.\n"
                "7.0.0 Takes units in capital letters.",
     .syntax = "key:k0 member radius:d unit(M|KM|FT|MI) WITHCOORD? WITHDIST? WITHHASH? "
               "count-block[COUNT=count:i ANY?]? order(ASC|DESC)? "
               "store(STORE=storekey/key:k1|STOREDIST=storedistkey/key:k2)?"},
    {.name = "georadiusbymember_ro",
     .arity = -5,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = georadiusbymember_ro,
     .group = Group::kGeo,
     .since = "3.2.10",
     .summary = "Returns the places within a circle around one of them.",
     .complexity = "O(N+M*log(M)) for N places in the cells around the shape, of which M are in it.",
     .history = "6.2.0 Knows `ANY` behind `COUNT`.\n"
                "7.0.0 Takes units in capital letters.",
     .syntax = "key:k0 member radius:d unit(M|KM|FT|MI) WITHCOORD? WITHDIST? WITHHASH? "
               "count-block[COUNT=count:i ANY?]? order(ASC|DESC)?"},
    {.name = "geosearch",
     .arity = -7,
     .flags = kReadOnly,
     .keys = {command::key_at(1, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = geosearch,
     .group = Group::kGeo,
     .since = "6.2.0",
     .summary = "Returns the places within a circle, a box or a polygon.",
     .complexity = "O(N+M*log(M)) for N places in the cells around the shape, of which M are in it.",
     .history = "7.0.0 Takes units in capital letters.\n"
                "9.0.0 Knows `BYPOLYGON`.",
     .syntax = "key:k0 from(FROMMEMBER=member|FROMLONLAT=fromlonlat[longitude:d latitude:d])? "
               "by(circle[BYRADIUS=radius:d unit(M|KM|FT|MI)]|box[BYBOX=width:d height:d "
               "unit(M|KM|FT|MI)]|polygon[BYPOLYGON=num-vertices:i vertices[longitude:d latitude:d]*]@9.0.0) "
               "order(ASC|DESC)? count-block[COUNT=count:i ANY?]? WITHCOORD? WITHDIST? WITHHASH?"},
    {.name = "geosearchstore",
     .arity = -8,
     .flags = kWrite | kDenyOom,
     .keys = {command::key_at(1, kOW | kUpdate), command::key_at(2, kRO | kAccess)},
     .locks = LockClass::kKeys,
     .handler = geosearchstore,
     .group = Group::kGeo,
     .since = "6.2.0",
     .summary = "Stores the places within a circle, a box or a polygon.",
     .complexity = "O(N+M*log(M)) for N places in the cells around the shape, of which M are in it.",
     .history = "7.0.0 Takes units in capital letters.\n"
                "9.0.0 Knows `BYPOLYGON`.",
     .syntax = "destination:k0 source:k1 from(FROMMEMBER=member|FROMLONLAT=fromlonlat[longitude:d latitude:d])? "
               "by(circle[BYRADIUS=radius:d unit(M|KM|FT|MI)]|box[BYBOX=width:d height:d "
               "unit(M|KM|FT|MI)]|polygon[BYPOLYGON=num-vertices:i vertices[longitude:d latitude:d]*]@9.0.0) "
               "order(ASC|DESC)? count-block[COUNT=count:i ANY?]? STOREDIST?"},
};
static_assert(command::well_formed(kGeoSearch));

}  // namespace

std::span<const Spec> geo_search_commands() { return kGeoSearch; }

}  // namespace commands
