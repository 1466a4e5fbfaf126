// Fuzzes sequences of calls that a script can make: see unit/lua/calls.h, whose programs the inputs are.
#include "unit/lua/calls.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lua::RandomCalls calls({data, size});
  calls.run();
  return 0;
}
