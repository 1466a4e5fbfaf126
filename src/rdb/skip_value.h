// Finds where a value ends without making it: so one thread reads a file and others make its values.
//
// Cost     a few instructions an element; texts are stepped over.
// Threads  none of its own.
#pragma once

#include "rdb/input.h"

namespace rdb {

// False if there is no such type, or it is a module's: nobody knows where that ends. What is wrong otherwise may be
// found only by who makes the value, or in input.failed().
bool skip_value(Input& input, ValueType type);

}  // namespace rdb
