// sigrun-server: reads the command line, builds a Server, runs it.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "config/load.h"
#include "server/cpus.h"
#include "server/crash_report.h"
#include "server/process.h"
#include "server/server.h"
#include "server/version.h"

namespace server {
namespace {

std::string read_standard_input() {
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

base::SipKey make_seed(const std::string& configured) {
  base::SipKey seed;
  if (configured.empty()) {
    base::fill_with_entropy(&seed, sizeof seed);
  } else {
    seed = {base::siphash_1_3({1, 2}, configured), base::siphash_1_3({3, 4}, configured)};
  }
  return seed;
}

int serve(config::Settings settings, const std::string& config_file, const char* executable) {
  const uint32_t cpus = available_cpus();
  const uint32_t threads = settings.io_threads != 0 ? static_cast<uint32_t>(settings.io_threads) : automatic_io_threads(cpus);
  keyspace::Keyspace::Options options;
  options.shards = settings.shards != 0 ? static_cast<uint32_t>(settings.shards) : default_shards(threads);
  options.databases = static_cast<uint32_t>(settings.databases);
  options.seed = make_seed(settings.hash_seed);
  Server server({std::move(settings), config_file, executable}, threads, options);
  base::log_notice("Running mode=standalone, port={}.", server.settings.current()->port);
  base::log_notice("Server initialized");
  const auto listening = server.listen();
  if (!listening) {
    base::log_warning("{}", listening.error().text());
    return 1;
  }
  return server.run();
}

}  // namespace
}  // namespace server

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && (arguments[0] == "-v" || arguments[0] == "--version")) {
    std::printf("%s\n", server::version_line().c_str());
    return 0;
  }
  base::calibrate_clock();
  auto settings = config::load(arguments, server::read_standard_input);
  if (!settings) {
    std::fprintf(stderr, "%s\n", std::string(settings.error().text()).c_str());
    return 1;
  }
  server::block_signals();
  std::string config_file = settings->config_file;
  return server::serve(std::move(*settings), config_file, argv[0]);
}
