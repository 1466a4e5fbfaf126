// One line of configuration, read into Settings. Includes are the file reader's affair (load.cc).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/row.h"
#include "config/settings.h"

namespace config {

// The words of a line; empty for an empty line or a comment. Failure: quotes that do not close.
base::Result<std::vector<std::string>, base::Failure> line_words(std::string_view line);

// True for `include <pattern>`.
bool is_include(const std::vector<std::string>& words);

// Reads a line that has words and is no include. On failure nothing has changed but, maybe, save_was_given.
Outcome read_directive(Settings& settings, const Directive& directive);

// `line` without the blanks around it, as error texts show it.
std::string_view trim(std::string_view line);

}  // namespace config
