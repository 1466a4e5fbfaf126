// Pictures that LOLWUT draws: lines of text, each ended by a newline.
//
// Cost     at most 4 million dots or a million cells; what is asked for beyond that is left out.
// Threads  all of it is pure, but for the generator that is passed in.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"

namespace server {

// The filled Julia set of z*z + constant, in signs that grow darker towards the set.
std::string draw_julia_set(int64_t columns, int64_t rows, double real, double imaginary);

// Square tiles, each with two quarter circles around opposite corners; which corners is left to chance. The lines that
// come about are Sebastien Truchet's (1704), with Cyril Stanley Smith's arcs (1987). Drawn in Braille dots.
std::string draw_arcs(int64_t columns, int64_t tiles_a_row, int64_t tiles_a_column, base::Random& random);

// A moon above the sea, in a terminal's colours.
std::string draw_moon(int64_t columns, int64_t rows, base::Random& random);

}  // namespace server
