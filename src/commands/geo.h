// What the commands about places share.
#pragma once

#include <optional>
#include <string_view>

#include "command/call.h"
#include "values/geo.h"

namespace commands {

// Metres in a unit by its word, m km ft mi in any case; an error latches for another.
double read_geo_unit(command::Args& args);

// Longitude and latitude. None after the reply said what is wrong.
std::optional<values::GeoPoint> read_geo_point(command::Call& call, command::Args& args);

// Four decimals.
void reply_geo_distance(command::Call& call, double distance);
// Longitude and latitude.
void reply_geo_point(command::Call& call, const values::GeoPoint& point);

}  // namespace commands
