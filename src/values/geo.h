// Geo: places on the sphere as 52 bits that a sorted set can hold, distances, and what lies within a shape.
//
// Shape    hash := bits of latitude and longitude in turns, 26 each, the latitude's lowest. What is near shares a
//          prefix: so the points around a place lie in few ranges of hashes.
// Cost     a distance: five calls of trigonometric functions; cells_around(): some hundred instructions.
// Threads  all is pure.
// Source   the haversine formula; the digits are those of valkey-server 9.1.2 (tests/transcripts/geo).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace values {

struct GeoPoint {
  double longitude = 0;
  double latitude = 0;
};

constexpr double kGeoLongitudeMax = 180, kGeoLatitudeMax = 85.05112878;

constexpr bool is_geo_point(const GeoPoint& point) {
  return point.longitude >= -kGeoLongitudeMax && point.longitude <= kGeoLongitudeMax &&
         point.latitude >= -kGeoLatitudeMax && point.latitude <= kGeoLatitudeMax;
}

// REQUIRES: is_geo_point().
uint64_t geo_hash(const GeoPoint& point);
// The hash that a score stands for. Scores that no GEOADD wrote become what the reference's compiler makes of them: a
// part below one is cut off, negative ones wrap around, and what 64 bits cannot hold is their highest bit or nothing.
inline uint64_t geo_hash_of_score(double score) {
  constexpr double kHalf = 9223372036854775808.0;  // 2^63
  if (score >= kHalf) return score < 2 * kHalf ? static_cast<uint64_t>(score) : 0;
  return score >= -kHalf ? static_cast<uint64_t>(static_cast<int64_t>(score)) : uint64_t{1} << 63;
}
// The middle of the cell of 52 bits.
GeoPoint geo_point(uint64_t hash);
// The eleven letters of geohash.org.
std::array<char, 11> geo_hash_text(const GeoPoint& point);
// In metres.
double geo_distance(const GeoPoint& from, const GeoPoint& to);

struct GeoBounds {
  GeoPoint min;
  GeoPoint max;
};

class GeoShape {
 public:
  // In metres.
  static GeoShape circle(const GeoPoint& center, double radius);
  static GeoShape box(const GeoPoint& center, double width, double height);
  // REQUIRES: at least three vertices.
  static GeoShape polygon(std::vector<GeoPoint> vertices);

  // The distance from the center, of a point inside.
  std::optional<double> distance_inside(const GeoPoint& point) const;

  const GeoPoint& center() const { return center_; }
  const GeoBounds& bounds() const { return bounds_; }
  // Of a circle that it lies in.
  double reach() const { return reach_; }

 private:
  enum class Kind : uint8_t { kCircle, kBox, kPolygon };

  explicit GeoShape(Kind kind) : kind_(kind) {}
  void set_center(const GeoPoint& center);
  void bound(double width, double height);
  bool has(const GeoPoint& point) const;
  double from_center(const GeoPoint& point) const;

  Kind kind_;
  GeoPoint center_;
  double center_cosine_ = 0;  // of its latitude
  double width_ = 0;          // half of it; a circle's radius
  double height_ = 0;
  double reach_ = 0;
  GeoBounds bounds_;
  std::vector<GeoPoint> vertices_;
};

// Hashes from `begin` up to, but without, `end`.
struct GeoCell {
  uint64_t begin;
  uint64_t end;
};

// The cells, at most nine, that hold all points of the shape: the center's first, then those around it. The whole map
// if the center has no hash, as that of a polygon around a pole.
std::vector<GeoCell> cells_around(const GeoShape& shape);

}  // namespace values
