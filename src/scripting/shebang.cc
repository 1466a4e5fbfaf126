#include "scripting/shebang.h"

#include <algorithm>

#include "base/words.h"
#include "command/args.h"

namespace scripting {
namespace {

// Takes the next word up to `separator`; runs of it count as one.
std::string_view take_word(std::string_view& rest, char separator) {
  while (!rest.empty() && rest.front() == separator) rest.remove_prefix(1);
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

}  // namespace

uint32_t script_flag(std::string_view name) {
  for (const auto& known : kScriptFlags) {
    if (known.name == name) return known.flag;
  }
  return 0;
}

base::Result<Shebang, base::Failure> read_shebang(std::string_view text) {
  Shebang shebang;
  if (!text.starts_with("#!")) return shebang;
  shebang.present = true;
  shebang.end = text.find('\n');
  if (shebang.end == text.npos) return base::Failure("ERR Invalid script shebang");
  std::string_view rest = text.substr(2, shebang.end - 2);
  const std::string_view engine = rest.starts_with(' ') ? std::string_view() : take_word(rest, ' ');
  constexpr std::string_view kFlagsOption = "flags=";
  for (std::string_view option = take_word(rest, ' '); !option.empty(); option = take_word(rest, ' ')) {
    if (!option.starts_with(kFlagsOption)) {
      return base::Failure("ERR Unknown lua shebang option: " + std::string(option));
    }
    option.remove_prefix(kFlagsOption.size());
    for (std::string_view name = take_word(option, ','); !name.empty(); name = take_word(option, ',')) {
      const uint32_t flag = script_flag(name);
      if (flag == 0) return base::Failure("ERR Unexpected flag in script shebang: " + std::string(name));
      shebang.flags |= flag;
    }
  }
  if (!command::same_word(engine, "lua")) {
    return base::Failure("ERR Could not find scripting engine '" + std::string(engine) + "'");
  }
  return shebang;
}

bool is_library_word(std::string_view name) {
  const auto fits = [](char sign) {
    return (sign >= 'a' && sign <= 'z') || (sign >= 'A' && sign <= 'Z') || (sign >= '0' && sign <= '9') || sign == '_';
  };
  return !name.empty() && std::ranges::all_of(name, fits);
}

base::Result<LibraryHead, base::Failure> read_library_head(std::string_view code) {
  if (!code.starts_with("#!")) return base::Failure("ERR Missing library metadata");
  LibraryHead head;
  head.end = code.find('\n');
  const auto words = head.end == code.npos ? std::nullopt : base::split_words(code.substr(0, head.end));
  if (!words || words->empty()) return base::Failure("ERR Invalid library metadata");
  constexpr std::string_view kName = "name=";
  bool named = false;
  for (size_t at = 1; at < words->size(); ++at) {
    const std::string& word = (*words)[at];
    if (!command::same_word(word.substr(0, kName.size()), kName)) {
      return base::Failure("ERR Invalid metadata value given: " + word);
    }
    if (named) return base::Failure("ERR Invalid metadata value, name argument was given multiple times");
    named = true;
    head.name = word.substr(kName.size());
  }
  if (!named) return base::Failure("ERR Library name was not given");
  if (!is_library_word(head.name)) return base::Failure("ERR Library" + std::string(kLibraryWords));
  const std::string engine = words->front().substr(2);
  if (!command::same_word(engine, "lua")) return base::Failure("ERR Engine '" + engine + "' not found");
  return head;
}

}  // namespace scripting
