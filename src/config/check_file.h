// --check-config: every bad line of a file at once, where starting would stop at the first.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/row.h"

namespace config {

struct Complaint {
  int line;                  // from 1
  std::string message;       // what starting with this file would say
  std::string did_you_mean;  // the name nearest to an unknown one, or empty
};

// Whether a command may be called otherwise: the server's affair.
using Rename = std::function<base::Result<base::Done>(std::string_view name, std::string_view new_name)>;

// What is wrong with the rules of a `user` line, which only who knows the commands can tell.
using CheckUser = std::function<Outcome(const Directive& user)>;

std::vector<Complaint> check_config(std::string_view text, const Rename& rename = {}, const CheckUser& check_user = {});

}  // namespace config
