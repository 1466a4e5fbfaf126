// Goal: hashes keep a place to within its cell, and the cells around a shape leave out nothing that is inside it.
// Method: random places and shapes against the plain definitions: every place is looked at, a polygon's too.
// What the digits are, the transcripts pin (tests/transcripts/geo).
#include "values/geo.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string_view>

#include <gtest/gtest.h>

#include "../seed.h"

namespace values {
namespace {

class Geo : public testing::Test {
 protected:
  double between(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }

  std::mt19937_64 random_{test_seed()};
};

TEST_F(Geo, HashKeepsAPlace) {
  for (int i = 0; i < 100'000; ++i) {
    const GeoPoint point{between(-180, 180), between(-kGeoLatitudeMax, kGeoLatitudeMax)};
    const GeoPoint kept = geo_point(geo_hash(point));
    EXPECT_NEAR(kept.longitude, point.longitude, 360.0 / (1 << 26));
    EXPECT_NEAR(kept.latitude, point.latitude, 180.0 / (1 << 26));
    EXPECT_EQ(geo_hash(kept), geo_hash(point));
  }
}

TEST_F(Geo, ScoresThatAreNoHashesAreStillRead) {
  EXPECT_EQ(geo_hash_of_score(7.9), 7U);
  EXPECT_EQ(geo_hash_of_score(-1.5), ~uint64_t{0});
  EXPECT_EQ(geo_hash_of_score(-1e300), uint64_t{1} << 63);
  EXPECT_EQ(geo_hash_of_score(9223372036854775808.0), uint64_t{1} << 63);
  EXPECT_EQ(geo_hash_of_score(1e300), 0U);
  EXPECT_EQ(geo_hash_of_score(std::numeric_limits<double>::infinity()), 0U);
}

TEST_F(Geo, TextIsThatOfGeohashOrg) {
  const auto text = geo_hash_text({-5.60302734375, 42.60498046875});
  EXPECT_EQ(std::string_view(text.data(), 5), "ezs42");
}

// Far from the poles and from where the map ends; there the reference, and so ours, leaves places out.
TEST_F(Geo, CellsHoldWhatIsInside) {
  size_t inside = 0;
  for (int round = 0; round < 2000; ++round) {
    const GeoPoint center{between(-120, 120), between(-60, 60)};
    const double size = std::pow(10, between(0, 5.7));
    const double degrees = size / 111'000;
    const auto near = [&] {
      return GeoPoint{center.longitude + between(-2, 2) * degrees, center.latitude + between(-1, 1) * degrees};
    };
    const GeoShape shape = round % 3 == 0   ? GeoShape::circle(center, size)
                           : round % 3 == 1 ? GeoShape::box(center, size, size * between(0.1, 2))
                                            : GeoShape::polygon({near(), near(), near(), near()});
    const std::vector<GeoCell> cells = cells_around(shape);
    EXPECT_LE(cells.size(), 9U);
    for (int i = 0; i < 100; ++i) {
      const GeoPoint point = geo_point(geo_hash(near()));
      if (!shape.distance_inside(point)) continue;
      ++inside;
      const uint64_t hash = geo_hash(point);
      const bool found = std::any_of(cells.begin(), cells.end(),
                                     [hash](const GeoCell& cell) { return hash >= cell.begin && hash < cell.end; });
      EXPECT_TRUE(found) << center.longitude << " " << center.latitude << " " << size << " kind " << round % 3;
    }
  }
  EXPECT_GT(inside, 20'000U);
}

// The mean of these vertices is at 85.15 degrees, beyond the map.
TEST_F(Geo, APolygonAroundAPoleIsSearchedEverywhere) {
  const GeoShape shape = GeoShape::polygon({{14.72, 84.931129},
                                            {42.86052, 84.921129},
                                            {15.26, 15.44},
                                            {158.39568, 84.741129},
                                            {179.96, 84.901129},
                                            {179.77, 13.36}});
  const GeoPoint point = geo_point(geo_hash({179.73, 16.06}));
  EXPECT_TRUE(shape.distance_inside(point));
  const std::vector<GeoCell> cells = cells_around(shape);
  ASSERT_EQ(cells.size(), 1U);
  EXPECT_EQ(cells[0].begin, 0U);
  EXPECT_EQ(cells[0].end, uint64_t{1} << 52);
}

TEST_F(Geo, DistanceOfACircleIsThatOfItsCenter) {
  for (int i = 0; i < 20'000; ++i) {
    const GeoPoint center{between(-180, 180), between(-85, 85)}, point{between(-180, 180), between(-85, 85)};
    const double radius = std::pow(10, between(0, 7.4)), distance = geo_distance(center, point);
    const std::optional<double> inside = GeoShape::circle(center, radius).distance_inside(point);
    EXPECT_EQ(inside.has_value(), distance <= radius);
    EXPECT_EQ(inside.value_or(distance), distance);
  }
}

TEST_F(Geo, PolygonsTakeWhatARayCrossesOddly) {
  // A square with a square hole, as one line.
  const GeoShape shape =
      GeoShape::polygon({{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}, {3, 3}, {7, 3}, {7, 7}, {3, 7}, {3, 3}});
  for (int i = 0; i < 20'000; ++i) {
    const GeoPoint point{between(-2, 12), between(-2, 12)};
    const auto within = [&](double low, double high) {
      return point.longitude > low && point.longitude < high && point.latitude > low && point.latitude < high;
    };
    EXPECT_EQ(shape.distance_inside(point).has_value(), within(0, 10) && !within(3, 7));
  }
}

}  // namespace
}  // namespace values
