#include "dispatch/hot_keys.h"

#include <array>

#include "dispatch/worker.h"

namespace dispatch {

void Worker::add_hot_keys(const command::Call& call, int64_t ns, size_t bytes) {
  std::array<metrics::HotKeys::Use, metrics::HotKeys::kMostKeys> uses;
  size_t count = 0;
  if (!call.spec().name.starts_with("object|")) {  // who asks about a key does not use it
    for (const keyspace::Key& key : call.keys()) {
      if (count == uses.size()) break;
      uses[count++] = {key.hash, key.text};
    }
  }
  hot_keys_.add(hot_keys_options(call.settings()), random_, loop_.clock().mono().ns / 1'000'000'000,
                context_.keyspace.times_emptied(), call.session().database, std::span(uses).first(count),
                static_cast<uint64_t>(ns), bytes);
}

}  // namespace dispatch
