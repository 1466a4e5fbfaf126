// Passwords are kept as the SHA-256 of their bytes, 64 lower-case hexadecimal digits, and compared in a time that says
// nothing about how much was right.
#pragma once

#include <string>
#include <string_view>

namespace acl {

std::string password_hash(std::string_view password);
// Whether a text has the form of such a hash.
bool is_password_hash(std::string_view text);
// REQUIRES: both are hashes.
bool same_hash(std::string_view a, std::string_view b);

}  // namespace acl
