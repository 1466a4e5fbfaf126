#include "server/apply_settings.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstring>

#include "base/log.h"
#include "base/version.h"
#include "server/cpus.h"
#include "server/crash_report.h"
#include "server/process.h"
#include "server/users.h"

namespace server {
namespace {

using config::Outcome;
using config::Settings;

Outcome failed(std::string text) { return base::Failure(std::move(text)); }

Outcome apply_log(Server&, const Settings&, const Settings& next) {
  apply_log_settings(next);
  return base::Done{};
}

Outcome apply_maxclients(Server&, const Settings& before, const Settings& next) {
  if (next.maxclients <= before.maxclients) return base::Done{};
  const auto wanted = static_cast<uint32_t>(next.maxclients);
  const auto allowed = raise_open_files_limit(wanted, kReservedDescriptors);
  if (allowed && *allowed >= wanted) return base::Done{};
  return failed(fmt::format("The operating system is not able to handle the specified number of clients, try with {}",
                            allowed ? *allowed : 0));
}

Outcome apply_port(Server& server, const Settings&, const Settings& next) {
  if (server.relisten(next)) return base::Done{};
  return failed("Unable to listen on this port. Check server logs.");
}

Outcome apply_bind(Server& server, const Settings&, const Settings& next) {
  if (server.relisten(next)) return base::Done{};
  return failed("Failed to bind to specified addresses.");
}

Outcome apply_io_threads(Server& server, const Settings&, const Settings& next) {
  const uint32_t wanted = wanted_workers(next);
  const uint32_t active = server.active_workers.load();
  if (wanted == active) return base::Done{};
  base::log_notice("Changing number of IO threads from {} to {}.", active, wanted);
  if (wanted > server.workers.size()) {
    if (!server.grow_workers(wanted)) return failed("Unable to create so many threads.");
  } else {
    server.active_workers.store(wanted);
  }
  return base::Done{};
}

Outcome apply_dir(Server&, const Settings&, const Settings& next) {
  if (::chdir(next.dir.c_str()) == 0) return base::Done{};
  return failed(std::strerror(errno));
}

Outcome apply_oom(Server&, const Settings&, const Settings& next) {
  if (apply_oom_score(next)) return base::Done{};
  return failed("Failed to set current oom_score_adj. Check server logs.");
}

Outcome apply_title(Server& server, const Settings&, const Settings& next) {
  apply_proc_title(server, next);
  return base::Done{};
}

Outcome apply_crash(Server&, const Settings&, const Settings& next) {
  apply_crash_log(next);
  return base::Done{};
}

Outcome apply_maxmemory(Server& server, const Settings&, const Settings& next) {
  server.resolve_memory_limits(next);
  const int64_t limit = server.maxmemory.load();
  if (limit != 0 && limit < server.used_memory()) {
    base::log_warning(
        "WARNING: the new maxmemory value set via CONFIG SET ({}) is smaller than the current memory usage ({}). This "
        "will "
        "result in key eviction and/or the inability to accept new write commands depending on the maxmemory-policy.",
        limit, server.used_memory());
  }
  return base::Done{};
}

// Only a new password: what ACL SETUSER made of the default user stays else.
Outcome apply_requirepass(Server& server, const Settings& before, const Settings& next) {
  if (before.requirepass == next.requirepass) return base::Done{};
  if (!next.requirepass_file.empty()) return failed("requirepass-file says what the passwords are");
  set_default_password(server, next.requirepass);
  return base::Done{};
}

Outcome apply_locale(Server&, const Settings&, const Settings& next) {
  if (std::setlocale(LC_COLLATE, next.locale_collate.c_str()) != nullptr) return base::Done{};
  return failed("Invalid locale name");
}

Outcome apply_tls(Server& server, const Settings&, const Settings& next) { return server.tls.apply(next); }

Outcome apply_tls_port(Server& server, const Settings& before, const Settings& next) {
  if (Outcome ready = server.tls.ensure(next); !ready) return ready;
  return apply_port(server, before, next);
}

Outcome apply_append_only(Server&, const Settings&, const Settings& next) {
  if (next.appendonly) base::log_warning("appendonly is on, but this version does not yet write an append-only file.");
  return base::Done{};
}

using Apply = Outcome (*)(Server&, const Settings&, const Settings&);
struct Effect {
  std::string_view name;
  Apply apply;
};

// What has an effect beyond the snapshot that everybody reads anew.
constexpr Effect kEffects[] = {
    {"loglevel", apply_log},
    {"log-format", apply_log},
    {"log-timestamp-format", apply_log},
    {"maxclients", apply_maxclients},
    {"port", apply_port},
    {"bind", apply_bind},
    {"io-threads", apply_io_threads},
    {"dir", apply_dir},
    {"oom-score-adj", apply_oom},
    {"oom-score-adj-values", apply_oom},
    {"proc-title-template", apply_title},
    {"crash-log-enabled", apply_crash},
    {"maxmemory", apply_maxmemory},
    {"locale-collate", apply_locale},
    {"requirepass", apply_requirepass},
    {"tls-port", apply_tls_port},
    {"appendonly", apply_append_only},
};

// Null: the snapshot is all.
Apply effect_of(std::string_view name) {
  if (is_tls_material(name)) return apply_tls;
  const auto* effect =
      std::find_if(std::begin(kEffects), std::end(kEffects), [&](const Effect& one) { return one.name == name; });
  return effect == std::end(kEffects) ? nullptr : effect->apply;
}

}  // namespace

Outcome check_database_limits(const Settings& settings) {
  for (const config::DatabaseLimit& limit : settings.db_maxmemory) {
    if (limit.database < static_cast<uint64_t>(settings.databases)) continue;
    return failed("db-maxmemory speaks of database " + std::to_string(limit.database) + ", and there are " +
                  std::to_string(settings.databases));
  }
  return base::Done{};
}

uint32_t wanted_workers(const Settings& settings) {
  if (settings.io_threads != 0) return static_cast<uint32_t>(settings.io_threads);
  return automatic_io_threads(available_cpus());
}

void apply_log_settings(const Settings& settings) {
  base::set_log_level(static_cast<base::LogLevel>(settings.loglevel));
  base::set_log_format(static_cast<base::LogFormat>(settings.log_format));
  base::set_log_timestamp(static_cast<base::LogTimestamp>(settings.log_timestamp_format));
}

void apply_proc_title(const Server& server, const Settings& settings) {
  if (!settings.set_proc_title) return;
  std::string listens = "unixsocket:" + settings.unixsocket;
  if (settings.port != 0 || settings.tls_port != 0) {
    const std::string address = settings.bind.empty() ? "*" : settings.bind[0];
    listens = fmt::format("{}:{}", address, settings.port != 0 ? settings.port : settings.tls_port);
  }
  const std::string port = std::to_string(settings.port);
  const std::string tls_port = std::to_string(settings.tls_port);
  const auto title = expand_title(settings.proc_title_template, {.title = server.executable(),
                                                                 .listen_addr = listens,
                                                                 .server_mode = "",
                                                                 .port = port,
                                                                 .tls_port = tls_port,
                                                                 .unixsocket = settings.unixsocket,
                                                                 .config_file = settings.config_file});
  if (title) set_proc_title(*title);
}

void apply_crash_log(const Settings& settings) {
  if (!settings.crash_log_enabled) return remove_crash_report();
  static const std::string version = base::version_line();
  install_crash_report({.version = version, .build = __DATE__});
}

bool apply_oom_score(const Settings& settings) {
  OomScorePolicy policy = OomScorePolicy::kNo;
  if (settings.oom_score_adj == config::OomScoreAdj::kAbsolute) policy = OomScorePolicy::kAbsolute;
  if (settings.oom_score_adj == config::OomScoreAdj::kYes || settings.oom_score_adj == config::OomScoreAdj::kRelative) {
    policy = OomScorePolicy::kRelative;
  }
  return set_oom_score(policy, settings.oom_score_adj_values[0]);
}

config::Outcome apply_change(Server& server, const Settings& before, config::Change change) {
  const Tls::Snapshot tls_before = server.tls.current();
  std::vector<Apply> done;
  for (const config::Row* row : change.touched) {
    const Apply apply = effect_of(row->name);
    if (apply == nullptr || std::find(done.begin(), done.end(), apply) != done.end()) continue;
    const Outcome outcome = apply(server, before, change.settings);
    if (outcome) {
      done.push_back(apply);
      continue;
    }
    base::log_warning(
        "Failed applying new configuration. Possibly related to new {} setting. Restoring previous settings.",
        row->name);
    server.tls.put(tls_before);
    for (const Apply undo : done) {
      if (undo == apply_tls) continue;  // its files may no longer be what they were
      if (const Outcome undone = undo(server, change.settings, before); !undone) {
        base::log_warning("Failed applying restored failed CONFIG SET command: {}", undone.error().text());
      }
    }
    return config::refused(row->name, outcome.error().text());
  }
  const bool title_changes = before.port != change.settings.port || before.bind != change.settings.bind ||
                             before.tls_port != change.settings.tls_port;
  if (title_changes) apply_proc_title(server, change.settings);
  server.settings.publish(std::move(change.settings));
  server.epoch.fetch_add(1);
  for (const auto& worker : server.workers) worker->ask_to_evict();  // maxmemory-clients may be less
  return base::Done{};
}

}  // namespace server
