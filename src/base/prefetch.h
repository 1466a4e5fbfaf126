// prefetch: asks the memory for the cache line of an address that will be read soon. Any address is allowed.
//
// Why      GCC 12 takes a function that does nothing but __builtin_prefetch for one without effects, and drops those
//          calls of it that it does not inline. The empty statement, which is no instruction, is an effect.
#pragma once

namespace base {

inline void prefetch(const void* address) {
  __builtin_prefetch(address);
  asm volatile("");
}

}  // namespace base
