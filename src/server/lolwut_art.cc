#include "server/lolwut_art.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace server {
namespace {

// Steps until the point leaves the circle that none comes back from, or `most`.
int steps_to_leave(double x, double y, double real, double imaginary, int most) {
  constexpr double kRadiusSquared = 16;
  for (int step = 0; step < most; ++step) {
    const double x2 = x * x;
    const double y2 = y * y;
    if (!(x2 + y2 < kRadiusSquared)) return step;
    y = 2 * x * y + imaginary;
    x = x2 - y2 + real;
  }
  return most;
}

// Dots, two columns and four rows of them in each character.
class Braille {
 public:
  Braille(int64_t width, int64_t height)
      : columns_((width + 1) / 2), rows_((height + 3) / 4), cells_(static_cast<size_t>(columns_ * rows_)) {}

  void set(int64_t x, int64_t y) {
    // Bits of the Unicode block that begins at U+2800.
    static constexpr uint8_t kBits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    cells_[static_cast<size_t>(y / 4 * columns_ + x / 2)] |= kBits[y % 4][x % 2];
  }

  std::string text() const {
    std::string out;
    out.reserve(cells_.size() * 3 + static_cast<size_t>(rows_));
    for (size_t at = 0; at < cells_.size(); ++at) {
      out += '\xe2';
      out += static_cast<char>(0xa0 | (cells_[at] >> 6));
      out += static_cast<char>(0x80 | (cells_[at] & 0x3f));
      if ((at + 1) % static_cast<size_t>(columns_) == 0) out += '\n';
    }
    return out;
  }

 private:
  int64_t columns_;
  int64_t rows_;
  std::vector<uint8_t> cells_;
};

// Lines of coloured cells; a colour is told only where it changes.
class Painting {
 public:
  void cell(std::string_view colour, char sign) {
    if (colour != colour_) {
      out_.append("\x1b[").append(colour).append("m");
      colour_ = colour;
    }
    out_ += sign;
  }
  void end_line() {
    out_ += "\x1b[0m\n";
    colour_ = {};
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::string_view colour_;
};

}  // namespace

std::string draw_julia_set(int64_t columns, int64_t rows, double real, double imaginary) {
  constexpr std::string_view kShades = " .,;i1tfLG08@";
  constexpr int kMostSteps = 48;
  // A character is twice as high as wide; the whole set lies within 2 of the centre.
  const double step = std::max(3.6 / static_cast<double>(columns), 1.8 / static_cast<double>(rows));
  std::string out;
  for (int64_t row = 0; row < rows; ++row) {
    const double y = (static_cast<double>(2 * row + 1 - rows)) * step;
    for (int64_t column = 0; column < columns; ++column) {
      const double x = (static_cast<double>(2 * column + 1 - columns)) * step / 2;
      const int steps = steps_to_leave(x, y, real, imaginary, kMostSteps);
      // Most points leave within a few steps: the root spreads them over the shades.
      const double share = std::sqrt(static_cast<double>(steps) / kMostSteps);
      out += kShades[static_cast<size_t>(share * static_cast<double>(kShades.size() - 1))];
    }
    out += '\n';
  }
  return out;
}

std::string draw_arcs(int64_t columns, int64_t tiles_a_row, int64_t tiles_a_column, base::Random& random) {
  constexpr int64_t kMostDotsHigh = 2000;
  const int64_t tile = std::max<int64_t>(1, 2 * columns / tiles_a_row);
  const int64_t width = std::max<int64_t>(1, std::min(tile * tiles_a_row, 2 * columns));
  const int64_t height = std::min(tile * tiles_a_column, kMostDotsHigh);
  const double size = static_cast<double>(tile);
  const auto is_near = [&](double x, double y) { return std::abs(std::hypot(x, y) - size / 2) < 0.55; };
  Braille canvas(width, height);
  for (int64_t top = 0; top < height; top += tile) {
    for (int64_t left = 0; left < width; left += tile) {
      const bool is_turned = random.below(2) == 1;
      for (int64_t y = top; y < std::min(top + tile, height); ++y) {
        for (int64_t x = left; x < std::min(left + tile, width); ++x) {
          const double down = static_cast<double>(y - top) + 0.5;
          const double right = static_cast<double>(x - left) + 0.5;
          const double across = is_turned ? size - right : right;
          if (is_near(across, down) || is_near(size - across, size - down)) canvas.set(x, y);
        }
      }
    }
  }
  return canvas.text();
}

std::string draw_moon(int64_t columns, int64_t rows, base::Random& random) {
  constexpr std::string_view kSky = "0;37;40";
  constexpr std::string_view kLight = "0;97;107";
  constexpr std::string_view kSea = "0;34;44";
  constexpr std::string_view kGlitter = "0;96;44";
  const int64_t horizon = (rows * 3 + 4) / 5;
  const uint64_t middle = static_cast<uint64_t>(columns) / 2;
  const uint64_t centre = middle / 2 + random.below(middle + 1);
  const auto centre_x = static_cast<double>(centre);
  const double centre_y = static_cast<double>(horizon) / 3;
  const double radius = static_cast<double>(std::min(horizon / 3, columns / 8)) + 0.5;
  Painting painting;
  for (int64_t y = 0; y < rows; ++y) {
    // The path of light widens towards the viewer.
    const double path = radius * (1 + static_cast<double>(y - horizon) / static_cast<double>(rows));
    for (int64_t x = 0; x < columns; ++x) {
      const double aside = std::abs(static_cast<double>(x) - centre_x);
      const bool chance = random.below(y < horizon ? 40 : 3) == 0;
      if (y >= horizon) {
        const bool glitters = chance && aside < 2 * path;
        painting.cell(glitters ? kGlitter : kSea, glitters ? '~' : ' ');
      } else if (std::hypot(aside / 2, static_cast<double>(y) - centre_y) < radius) {
        painting.cell(kLight, ' ');
      } else {
        painting.cell(kSky, chance ? '.' : ' ');
      }
    }
    painting.end_line();
  }
  return painting.take();
}

}  // namespace server
