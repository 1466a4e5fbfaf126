#include "scripting/program.h"

namespace scripting {

int last_return_line(std::string_view text, int first, int last) {
  int line = 1, found = first;
  for (size_t at = 0; line <= last; ++line) {
    const size_t end = text.find('\n', at);
    if (line >= first && text.substr(at, end - at).find("return") != text.npos) found = line;
    if (end == text.npos) break;
    at = end + 1;
  }
  return found;
}

}  // namespace scripting
