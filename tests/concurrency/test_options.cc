// See test_options.h.
#include "test_options.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

TestOptions parse_options(int count, char** arguments) {
  TestOptions options;
  for (int i = 1; i < count; i += 2) {
    const char* name = arguments[i];
    const char* value = i + 1 < count ? arguments[i + 1] : nullptr;
    if (value && std::strcmp(name, "--port") == 0) {
      options.port = static_cast<uint16_t>(std::atoi(value));
    } else if (value && std::strcmp(name, "--operations") == 0) {
      options.operations = std::strtoull(value, nullptr, 10);
    } else if (value && std::strcmp(name, "--seconds") == 0) {
      options.seconds = std::atof(value);
    } else if (value && std::strcmp(name, "--clients") == 0) {
      options.clients = std::atoi(value);
    } else if (value && std::strcmp(name, "--seed") == 0) {
      options.seed = std::strtoull(value, nullptr, 10);
    } else {
      std::fprintf(stderr, "usage: %s --port N [--operations N] [--seconds N] [--clients N] [--seed N]\n",
                   arguments[0]);
      std::exit(2);
    }
  }
  if (options.seed == 0) options.seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
  return options;
}

int finish(const char* title, bool good) {
  std::printf("%s: %s\n", title, good ? "passed" : "failed");
  return good ? 0 : 1;
}
