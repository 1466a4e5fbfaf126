// The list of modules, as HELLO and MODULE LIST show it.
#pragma once

#include "resp/writer.h"

namespace server {

void write_modules(resp::Writer& reply);

}  // namespace server
