#include "values/geo.h"

#include <algorithm>
#include <cmath>

namespace values {
namespace {

constexpr double kEarthRadius = 6372797.560856;
constexpr double kMercatorMax = 20037726.37;  // half of the equator, in metres
constexpr double kRadian = M_PI / 180;
constexpr int kSteps = 26;
constexpr uint64_t kEven = 0x5555555555555555;

double to_radians(double degrees) { return degrees * kRadian; }
double to_degrees(double radians) { return radians / kRadian; }

// Bits of a number at every second place.
uint64_t spread(uint64_t bits) {
  bits = (bits | (bits << 16)) & 0x0000ffff0000ffff;
  bits = (bits | (bits << 8)) & 0x00ff00ff00ff00ff;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f0f0f0f0f;
  bits = (bits | (bits << 2)) & 0x3333333333333333;
  return (bits | (bits << 1)) & kEven;
}

uint64_t gather(uint64_t bits) {
  bits &= kEven;
  bits = (bits | (bits >> 1)) & 0x3333333333333333;
  bits = (bits | (bits >> 2)) & 0x0f0f0f0f0f0f0f0f;
  bits = (bits | (bits >> 4)) & 0x00ff00ff00ff00ff;
  bits = (bits | (bits >> 8)) & 0x0000ffff0000ffff;
  return (bits | (bits >> 16)) & 0x00000000ffffffff;
}

// `steps` bits of each coordinate, within limits.
uint64_t encode(const GeoPoint& point, double latitude_max, int steps) {
  const double scale = static_cast<double>(uint64_t{1} << steps);
  const double latitude = (point.latitude + latitude_max) / (2 * latitude_max) * scale;
  const double longitude = (point.longitude + kGeoLongitudeMax) / (2 * kGeoLongitudeMax) * scale;
  return spread(static_cast<uint32_t>(latitude)) | (spread(static_cast<uint32_t>(longitude)) << 1);
}

GeoBounds decode(uint64_t hash, int steps) {
  const double scale = static_cast<double>(uint64_t{1} << steps);
  const auto latitude = static_cast<double>(gather(hash)), longitude = static_cast<double>(gather(hash >> 1));
  const auto place = [scale](double at, double most) { return -most + (at / scale) * (2 * most); };
  return {{place(longitude, kGeoLongitudeMax), place(latitude, kGeoLatitudeMax)},
          {place(longitude + 1, kGeoLongitudeMax), place(latitude + 1, kGeoLatitudeMax)}};
}

double latitude_distance(double from, double to) { return kEarthRadius * std::fabs(to_radians(to) - to_radians(from)); }

}  // namespace

uint64_t geo_hash(const GeoPoint& point) { return encode(point, kGeoLatitudeMax, kSteps); }

GeoPoint geo_point(uint64_t hash) {
  const GeoBounds cell = decode(hash, kSteps);
  return {std::clamp((cell.min.longitude + cell.max.longitude) / 2, -kGeoLongitudeMax, kGeoLongitudeMax),
          std::clamp((cell.min.latitude + cell.max.latitude) / 2, -kGeoLatitudeMax, kGeoLatitudeMax)};
}

std::array<char, 11> geo_hash_text(const GeoPoint& point) {
  constexpr char kLetters[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr double kLatitudeMax = 90;  // other than ours
  const uint64_t hash = encode(point, kLatitudeMax, kSteps);
  std::array<char, 11> text{};
  for (size_t i = 0; i < text.size(); ++i) {
    const bool has_bits = i + 1 < text.size();  // 52 bits are ten letters; the last stands for nothing
    text[i] = kLetters[has_bits ? (hash >> (52 - (i + 1) * 5)) & 31 : 0];
  }
  return text;
}

namespace {

// The haversine formula, given the cosine of one latitude.
double distance(const GeoPoint& from, double from_cosine, const GeoPoint& to) {
  const double half_longitude = std::sin((to_radians(to.longitude) - to_radians(from.longitude)) / 2);
  if (half_longitude == 0) return latitude_distance(from.latitude, to.latitude);
  const double to_latitude = to_radians(to.latitude);
  const double half_latitude = std::sin((to_latitude - to_radians(from.latitude)) / 2);
  const double a =
      half_latitude * half_latitude + from_cosine * std::cos(to_latitude) * half_longitude * half_longitude;
  return 2 * kEarthRadius * std::asin(std::sqrt(a));
}

}  // namespace

double geo_distance(const GeoPoint& from, const GeoPoint& to) {
  return distance(from, std::cos(to_radians(from.latitude)), to);
}

// Shapes.

void GeoShape::set_center(const GeoPoint& center) {
  center_ = center;
  center_cosine_ = std::cos(to_radians(center.latitude));
}

double GeoShape::from_center(const GeoPoint& point) const { return distance(center_, center_cosine_, point); }

void GeoShape::bound(double width, double height) {
  const double latitude_delta = to_degrees(height / kEarthRadius);
  const double top = to_degrees(width / kEarthRadius / std::cos(to_radians(center_.latitude + latitude_delta)));
  const double bottom = to_degrees(width / kEarthRadius / std::cos(to_radians(center_.latitude - latitude_delta)));
  const double longitude_delta = center_.latitude < 0 ? bottom : top;
  bounds_ = {{center_.longitude - longitude_delta, center_.latitude - latitude_delta},
             {center_.longitude + longitude_delta, center_.latitude + latitude_delta}};
}

GeoShape GeoShape::circle(const GeoPoint& center, double radius) {
  GeoShape made(Kind::kCircle);
  made.set_center(center);
  made.width_ = made.height_ = made.reach_ = radius;
  made.bound(radius, radius);
  return made;
}

GeoShape GeoShape::box(const GeoPoint& center, double width, double height) {
  GeoShape made(Kind::kBox);
  made.set_center(center);
  made.width_ = width / 2;
  made.height_ = height / 2;
  made.reach_ = std::sqrt(made.width_ * made.width_ + made.height_ * made.height_);
  made.bound(made.width_, made.height_);
  return made;
}

// The center is the mean of the vertices as directions from the middle of the earth; the sum has the same direction.
GeoShape GeoShape::polygon(std::vector<GeoPoint> vertices) {
  GeoShape made(Kind::kPolygon);
  made.bounds_ = {vertices[0], vertices[0]};
  double x = 0, y = 0, z = 0;
  for (const GeoPoint& vertex : vertices) {
    const double latitude = to_radians(vertex.latitude), longitude = to_radians(vertex.longitude);
    x += std::cos(latitude) * std::cos(longitude);
    y += std::cos(latitude) * std::sin(longitude);
    z += std::sin(latitude);
    made.bounds_.min.longitude = std::min(made.bounds_.min.longitude, vertex.longitude);
    made.bounds_.min.latitude = std::min(made.bounds_.min.latitude, vertex.latitude);
    made.bounds_.max.longitude = std::max(made.bounds_.max.longitude, vertex.longitude);
    made.bounds_.max.latitude = std::max(made.bounds_.max.latitude, vertex.latitude);
  }
  made.set_center({to_degrees(std::atan2(y, x)), to_degrees(std::atan2(z, std::sqrt(x * x + y * y)))});
  const GeoPoint& min = made.bounds_.min;
  const GeoPoint& max = made.bounds_.max;
  for (const GeoPoint& corner : {min, max, GeoPoint{min.longitude, max.latitude}, {max.longitude, min.latitude}}) {
    made.reach_ = std::max(made.reach_, made.from_center(corner));
  }
  made.vertices_ = std::move(vertices);
  return made;
}

// By the edges that a ray to the east crosses.
bool GeoShape::has(const GeoPoint& point) const {
  bool inside = false;
  for (size_t i = 0, before = vertices_.size() - 1; i < vertices_.size(); before = i++) {
    const GeoPoint& a = vertices_[i];
    const GeoPoint& b = vertices_[before];
    if ((a.latitude > point.latitude) == (b.latitude > point.latitude)) continue;
    const double crossing =
        (b.longitude - a.longitude) * (point.latitude - a.latitude) / (b.latitude - a.latitude) + a.longitude;
    if (point.longitude < crossing) inside = !inside;
  }
  return inside;
}

std::optional<double> GeoShape::distance_inside(const GeoPoint& point) const {
  switch (kind_) {
    case Kind::kCircle: {
      // No distance is below that of the latitudes; the margin is for what is rounded.
      if (latitude_distance(center_.latitude, point.latitude) > width_ * (1 + 1e-9)) return std::nullopt;
      const double away = from_center(point);
      return away <= width_ ? std::optional(away) : std::nullopt;
    }
    case Kind::kBox:
      if (latitude_distance(point.latitude, center_.latitude) > height_) return std::nullopt;
      if (geo_distance(point, {center_.longitude, point.latitude}) > width_) return std::nullopt;
      return from_center(point);
    case Kind::kPolygon: return has(point) ? std::optional(from_center(point)) : std::nullopt;
  }
  return std::nullopt;
}

// Cells.

namespace {

// So many bits of each coordinate that a cell and its neighbours hold a circle.
int steps_for(double radius, double latitude) {
  if (radius == 0) return kSteps;
  int steps = 1;
  for (; radius < kMercatorMax; radius *= 2) ++steps;
  steps -= 2;  // so that it is inside in most places
  const double from_equator = std::fabs(latitude);
  if (from_equator > 66) --steps;  // cells are narrow near the poles
  if (from_equator > 80) --steps;
  return std::clamp(steps, 1, kSteps);
}

// The cell so many cells away on one axis, around the world. Where nothing is to be moved the coordinate stays what it
// is: the greatest of all is one cell beyond the last, and nothing is found in it.
uint64_t moved(uint64_t at, int by, int steps) {
  if (by == 0) return at;
  return (at + static_cast<uint64_t>(static_cast<int64_t>(by))) & ((uint64_t{1} << steps) - 1);
}

// The hash of the cell so many cells to the east and to the north, each -1, 0 or 1.
uint64_t neighbour(uint64_t hash, int steps, int east, int north) {
  return spread(moved(gather(hash), north, steps)) | (spread(moved(gather(hash >> 1), east, steps)) << 1);
}

// Whether cells of this size around the center's leave out a part of the bounds.
bool too_small(uint64_t hash, int steps, const GeoBounds& bounds) {
  return decode(neighbour(hash, steps, 0, 1), steps).max.latitude < bounds.max.latitude ||
         decode(neighbour(hash, steps, 0, -1), steps).min.latitude > bounds.min.latitude ||
         decode(neighbour(hash, steps, 1, 0), steps).max.longitude < bounds.max.longitude ||
         decode(neighbour(hash, steps, -1, 0), steps).min.longitude > bounds.min.longitude;
}

struct Direction {
  int east;
  int north;
};

constexpr Direction kDirections[] = {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};

// Whether a neighbour holds nothing of the bounds, which end within the center's cell on that side.
bool is_useless(const Direction& direction, const GeoBounds& cell, const GeoBounds& bounds) {
  return (direction.north < 0 && cell.min.latitude < bounds.min.latitude) ||
         (direction.north > 0 && cell.max.latitude > bounds.max.latitude) ||
         (direction.east < 0 && cell.min.longitude < bounds.min.longitude) ||
         (direction.east > 0 && cell.max.longitude > bounds.max.longitude);
}

}  // namespace

std::vector<GeoCell> cells_around(const GeoShape& shape) {
  const GeoPoint& center = shape.center();
  if (!is_geo_point(center)) return {{0, uint64_t{1} << (2 * kSteps)}};
  int steps = steps_for(shape.reach(), center.latitude);
  uint64_t hash = encode(center, kGeoLatitudeMax, steps);
  if (steps > 1 && too_small(hash, steps, shape.bounds())) hash = encode(center, kGeoLatitudeMax, --steps);
  const GeoBounds cell = decode(hash, steps);
  std::vector<GeoCell> cells;
  uint64_t last = 0;
  size_t last_at = 0;
  for (size_t at = 0; at < std::size(kDirections); ++at) {
    const Direction& direction = kDirections[at];
    if (steps >= 2 && is_useless(direction, cell, shape.bounds())) continue;
    const uint64_t bits = neighbour(hash, steps, direction.east, direction.north);
    if (last_at > 0 && bits == last) continue;  // so large that neighbours on both sides are one
    last = bits;
    last_at = at;
    const int shift = 52 - 2 * steps;
    cells.push_back({bits << shift, (bits + 1) << shift});
  }
  return cells;
}

}  // namespace values
