// Libraries as FUNCTION DUMP and RDB files have them.
//
//   dump := (245 code:text)* version:16 crc64:64     texts as RDB has them; the code begins with the library's head
//
// Source   tests/transcripts/scripting/functions_dump.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scripting/engine.h"

namespace scripting {

std::string dump_libraries(const Libraries& libraries);
// Loads them all, for Engine::add_libraries(). Failure: the error's text, and the engine has forgotten them.
base::Result<std::vector<Library>, base::Failure> load_dump(command::Call& call, Engine& engine, std::string_view dump);

}  // namespace scripting
