// Settings from the command line: `sigrun-server [file.conf] [--name value ...] [-]`.
//
// The words behind the file are turned into lines and read after it, so what comes later wins: file, standard input
// (`-`), options. An option takes all words up to the next one that begins with `--`.
//
// Errors   the text to print, whole, as the reference prints it (*** FATAL CONFIG FILE ERROR ...).
// Source   valkey-server 9.1.2, probed; tests/unit/config/load_test.cc.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/settings.h"

namespace config {

// Reads all of standard input; called only if `-` was given.
using ReadInput = std::function<std::string()>;

// `arguments` without the program's own name. Options like --version and --help are the caller's.
base::Result<Settings, base::Failure> load(const std::vector<std::string>& arguments, const ReadInput& read_input);

// The settings of a text, as `load` reads a file's. For tests and tools.
base::Result<Settings, base::Failure> load_text(std::string_view text);

// The reference's text for a bad line, and its first lines; also for what only the server can find wrong (a user's
// rules, a renamed command that does not exist).
std::string fatal_heading();
base::Failure fatal_at(int number, std::string_view line, std::string_view message);

}  // namespace config
