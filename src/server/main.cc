// sigrun-server: reads the command line, builds a Server, runs it.
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/version.h"
#include "config/check_file.h"
#include "config/load.h"
#include "server/apply_settings.h"
#include "server/command_table.h"
#include "server/cpus.h"
#include "server/crash_report.h"
#include "server/process.h"
#include "server/server.h"
#include "server/users.h"

namespace server {
namespace {

constexpr const char* kHelp =
    "sigrun-server: an in-memory store that speaks Valkey's and Redis's protocol.\n"
    "\n"
    "Usage: sigrun-server [CONFIG-FILE] [--NAME VALUE...]... [-]\n"
    "       sigrun-server --check-config CONFIG-FILE\n"
    "       sigrun-server -v | --version\n"
    "       sigrun-server -h | --help\n"
    "\n"
    "CONFIG-FILE has one setting a line, as valkey.conf has; `-` reads more of them from standard input. Settings on "
    "the\n"
    "command line have two dashes before their name, and win over those of the file. Without any, the server listens "
    "on\n"
    "port 6379 of all addresses, and in protected mode serves this machine only. CONFIG GET * shows all settings.\n"
    "\n"
    "--check-config tells all that is wrong with a file, and starts nothing.\n"
    "\n"
    "Examples:\n"
    "       sigrun-server --port 7777 --maxmemory 2gb --maxmemory-policy allkeys-lru\n"
    "       sigrun-server /etc/sigrun.conf --loglevel verbose\n"
    "       echo 'maxmemory 75%' | sigrun-server -\n";

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

// All that is wrong with a file; 1 if there is anything.
int check_config_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "Can't open config file '%s'\n", path.c_str());
    return 1;
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  command::Table commands(all_families());
  const acl::Commands ruled(commands);
  const auto complaints = config::check_config(
      text, [&](std::string_view name, std::string_view new_name) { return commands.rename(name, new_name); },
      [&](const config::Directive& user) { return check_user_directive(ruled, user); });
  for (const config::Complaint& one : complaints) {
    std::printf("%s:%d: %s", path.c_str(), one.line, one.message.c_str());
    if (!one.did_you_mean.empty()) std::printf(" (did you mean '%s'?)", one.did_you_mean.c_str());
    std::printf("\n");
  }
  return complaints.empty() ? 0 : 1;
}

int syslog_facility(config::SyslogFacility facility) {
  constexpr std::array kFacilities{LOG_USER,   LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                   LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
  return kFacilities[static_cast<size_t>(facility)];
}

// What is done to the process itself before there are threads; false, with the reason on the log, if it cannot serve.
bool prepare_process(config::Settings& settings) {
  if (const auto opened = base::set_log_file(settings.logfile); !opened) {
    std::fprintf(stderr, "%sCan't open the log file: %s\n", config::fatal_heading().c_str(),
                 std::string(opened.error().text()).c_str());
    return false;
  }
  apply_log_settings(settings);
  if (settings.syslog_enabled) base::enable_syslog(settings.syslog_ident, syslog_facility(settings.syslog_facility));
  if (chdir(settings.dir.c_str()) != 0) {
    base::log_warning("Can't chdir to '{}'", settings.dir);
    return false;
  }
  const Supervision supervision =
      supervise(settings.supervised == config::Supervised::kSystemd   ? Supervision::kSystemd
                : settings.supervised == config::Supervised::kUpstart ? Supervision::kUpstart
                : settings.supervised == config::Supervised::kAuto    ? Supervision::kAuto
                                                                      : Supervision::kNo);
  if (settings.daemonize && supervision == Supervision::kNo) {
    if (const auto started = daemonize(); !started) {
      base::log_warning("{}", started.error().text());
      return false;
    }
    if (settings.pidfile.empty()) settings.pidfile = kDefaultPidFile;
  }
  base::log_notice("oO0OoO0OoO0Oo Sigrun is starting oO0OoO0OoO0Oo");
  base::log_notice("Sigrun version={}, bits=64, compatible with valkey={}, pid={}, just started", base::kSigrunVersion,
                   base::kValkeyVersion, getpid());
  base::log_notice("Configuration loaded");
  const auto allowed = raise_open_files_limit(static_cast<uint32_t>(settings.maxclients), kReservedDescriptors);
  if (!allowed) {
    base::log_warning("{}", allowed.error().text());
    return false;
  }
  settings.maxclients = *allowed;
  if (settings.disable_thp) disable_transparent_huge_pages();
  apply_crash_log(settings);
  apply_oom_score(settings);
  if (!settings.pidfile.empty()) write_pid_file(settings.pidfile);
  return true;
}

int serve(config::Settings settings, const std::string& config_file, const std::string& executable) {
  if (!prepare_process(settings)) return 1;
  const std::string pid_file = settings.pidfile;
  const uint32_t cpus = available_cpus();
  const uint32_t threads =
      settings.io_threads != 0 ? static_cast<uint32_t>(settings.io_threads) : automatic_io_threads(cpus);
  keyspace::Keyspace::Options options;
  options.shards = settings.shards != 0 ? static_cast<uint32_t>(settings.shards) : default_shards(threads);
  options.databases = static_cast<uint32_t>(settings.databases);
  options.seed = make_seed(settings.hash_seed);
  Server server({std::move(settings), config_file, executable}, threads, options);
  const config::Snapshot in_force = server.settings.current();
  base::log_notice("Running mode=standalone, port={}.", in_force->port != 0 ? in_force->port : in_force->tls_port);
  if (!server.tls.apply(*in_force)) {
    base::log_warning("Failed to configure TLS. Check logs for more info.");
    if (!pid_file.empty()) remove_pid_file(pid_file);
    return 1;
  }
  base::log_notice("Server initialized");
  auto started = check_database_limits(*server.settings.current());
  if (started) started = load_users(server, *server.settings.current());
  if (started) started = server.user_files.start(server, *server.settings.current());
  if (started) started = server.listen();
  if (!started) {
    base::log_warning("{}", started.error().text());
    if (!pid_file.empty()) remove_pid_file(pid_file);
    return 1;
  }
  apply_proc_title(server, *server.settings.current());
  const int exit_code = server.run();
  if (!pid_file.empty()) remove_pid_file(pid_file);
  return exit_code;
}

}  // namespace
}  // namespace server

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && (arguments[0] == "-v" || arguments[0] == "--version")) {
    std::printf("%s\n", base::version_line().c_str());
    return 0;
  }
  if (arguments.size() == 1 && (arguments[0] == "-h" || arguments[0] == "--help")) {
    std::fputs(server::kHelp, stdout);
    return 0;
  }
  if (arguments.size() == 2 && arguments[0] == "--check-config") return server::check_config_file(arguments[1]);
  if (!arguments.empty() && arguments[0] == "--test-memory") {
    std::fprintf(stderr, "There is no memory test here; memtest86+ or memtester test a machine's memory.\n");
    return 1;
  }
  const std::string executable = server::prepare_proc_title(argc, argv);
  base::calibrate_clock();
  auto settings = config::load(arguments, server::read_standard_input);
  if (!settings) {
    std::fprintf(stderr, "%s\n", std::string(settings.error().text()).c_str());
    return 1;
  }
  command::Table commands(server::all_families());
  if (const auto renamed = server::rename_commands(commands, settings->renamed_commands); !renamed) {
    std::fprintf(stderr, "%s\n", std::string(renamed.error().text()).c_str());
    return 1;
  }
  if (const auto checked = server::check_user_directives(acl::Commands(commands), *settings); !checked) {
    std::fprintf(stderr, "%s\n", std::string(checked.error().text()).c_str());
    return 1;
  }
  server::block_signals();
  std::string config_file = settings->config_file;
  return server::serve(std::move(*settings), config_file, executable);
}
