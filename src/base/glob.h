// Glob patterns over bytes, as KEYS, SCAN, PSUBSCRIBE and CONFIG GET use them.
//
//   *         any bytes, or none            [abc]   one of these bytes       \x    the byte x itself
//   ?         any one byte                  [a-z]   one byte of the range    [^..] one byte that is not in the set
//
// Quirks kept for compatibility: a set that is never closed ends with the pattern; "]" always closes, even at the
// first place; ends of a range may come in either order and compare as signed bytes; an escaped byte inside a set is
// compared with its case even when `nocase` is set; an empty text matches the empty pattern only, not "*" (the
// commands treat "*" on its own before they ask); more than 1000 stars match nothing.
//
// Cost     O(text + pattern) as a rule, O(text * pattern) at worst, cut by the limit below. No recursion, no memory.
// Limits   2^20 + 64 * text.size() steps; a match that needs more is given up and answered as no match. So the worst
//          pattern costs 7 ms on a text of 40 KB (measured on a shared Xeon core).
// Source   valkey-server 9.1.2: tests/unit/base/glob_test.cc.
#pragma once

#include <string_view>

namespace base {

bool glob_match(std::string_view pattern, std::string_view text, bool nocase = false);

// True if the pattern is plain text: no byte of it has a meaning of its own, so that it matches itself only.
bool glob_is_literal(std::string_view pattern);

}  // namespace base
