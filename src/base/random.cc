#include "base/random.h"

#include <sys/random.h>

#include "base/check.h"

namespace base {

void fill_with_entropy(void* bytes, size_t count) {
  auto* at = static_cast<char*>(bytes);
  while (count > 0) {
    const ssize_t got = getrandom(at, count, 0);
    CHECK(got > 0);
    at += got;
    count -= static_cast<size_t>(got);
  }
}

}  // namespace base
