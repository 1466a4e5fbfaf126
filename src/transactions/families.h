// The commands of transactions: MULTI, EXEC, DISCARD, WATCH, UNWATCH.
#pragma once

#include <span>

#include "command/spec.h"

namespace transactions {

std::span<const command::Spec> transaction_commands();

}  // namespace transactions
