// --check-config: every bad line of a file at once, where starting would stop at the first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace config {

struct Complaint {
  int line;                  // from 1
  std::string message;       // what starting with this file would say
  std::string did_you_mean;  // the name nearest to an unknown one, or empty
};

std::vector<Complaint> check_config(std::string_view text);

}  // namespace config
