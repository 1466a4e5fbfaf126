// CHECK and DCHECK: assertions about our own code, never about input.
//
// CHECK stays on in every build; DCHECK is on in debug and sanitizer builds and costs nothing otherwise.
// A failed one logs where and what, and aborts, so that the crash report has the stack.
#pragma once

namespace base {

// Writes "file:line: check failed: condition" to stderr and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace base

#define CHECK(condition) \
  (__builtin_expect(static_cast<bool>(condition), 1) ? void() : ::base::check_failed(__FILE__, __LINE__, #condition))

#ifdef SIGRUN_DEBUG_CHECKS
#define DCHECK(condition) CHECK(condition)
#else
#define DCHECK(condition) (true ? void() : void(condition))
#endif
