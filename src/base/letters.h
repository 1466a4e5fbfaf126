// Small and capital letters of ASCII, whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace base {

constexpr char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

inline std::string lower_case(std::string_view text) {
  std::string small(text);
  for (char& letter : small) letter = lower(letter);
  return small;
}

}  // namespace base
