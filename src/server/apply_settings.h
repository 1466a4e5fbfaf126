// Puts changed settings into effect: the log, memory limits, threads, sockets, the process's title, folder and limits.
#pragma once

#include "config/change.h"
#include "server/server.h"

namespace server {

// Applies and publishes a change of `before`, all of it or nothing; the failure is the reply of CONFIG SET.
// REQUIRES: all locks are held.
config::Outcome apply_change(Server& server, const config::Settings& before, config::Change change);

// What the log's settings say, at start and after a change.
void apply_log_settings(const config::Settings& settings);
// The process's title as proc-title-template has it, if set-proc-title is on.
void apply_proc_title(const Server& server, const config::Settings& settings);
// crash-log-enabled.
void apply_crash_log(const config::Settings& settings);
bool apply_oom_score(const config::Settings& settings);
// How many workers io-threads asks for.
uint32_t wanted_workers(const config::Settings& settings);

// Whether db-maxmemory speaks of databases that there are. The failure is a line for the log.
config::Outcome check_database_limits(const config::Settings& settings);

// Descriptors that are no clients: sockets, logs, loops. The reference keeps as many.
constexpr uint32_t kReservedDescriptors = 32;

}  // namespace server
