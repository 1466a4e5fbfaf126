// Tls: the TLS context in force, and how another one takes its place: by CONFIG SET, or since its files have changed.
//
// Shape    files are read on the thread for that (Server::disk()). CONFIG SET of a TLS setting runs twice: the first
//          time it lets the context be built, and the second time, under all locks, it puts it in force.
//          With tls-auto-reload-interval the files are looked at every so many seconds; what is new and sound takes
//          over.
// Threads  current() from any. prepare() and drop() on the worker of the client; take() to done() under all locks, or
//          before there are workers.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "config/row.h"
#include "config/settings.h"
#include "dispatch/worker.h"
#include "runtime/background.h"
#include "tls/context.h"

namespace server {

class Tls {
 public:
  using Snapshot = std::shared_ptr<const tls::Context>;  // shared: connections are made from it on every worker

  // In force, or null.
  Snapshot current() const;

  // Puts what the settings say in force. Nothing happens where nobody uses TLS. The failure is CONFIG SET's; the reason
  // is on the log, and nothing has changed.
  config::Outcome apply(const config::Settings& settings);
  // The same if it is not in force already.
  config::Outcome ensure(const config::Settings& settings);
  void put(Snapshot next);

  // For the client's CONFIG SET, whose command runs again when the context is there.
  void prepare(dispatch::Worker& worker, uint64_t client_id, const config::Settings& settings,
               runtime::Background& disk);
  // True if what was prepared for the client is what these settings want; apply() uses it then, until done().
  bool take(uint64_t client_id, const config::Settings& settings);
  void done() { taken_.reset(); }
  // The client's command will not run again.
  void drop(uint64_t client_id);

  // Once a second, by one thread.
  void check_files(const config::Settings& settings, int64_t now_s, runtime::Background& disk);

 private:
  using Built = base::Result<Snapshot, base::Failure>;
  struct Prepared {
    tls::Options options;
    std::shared_ptr<const Built> built;  // null: not yet; shared with the job that builds it
  };

  void reload(const Snapshot& old, const tls::Options& options);

  mutable std::mutex mutex_;
  Snapshot current_;                       // guarded by mutex_, as are the next two
  std::map<uint64_t, Prepared> prepared_;  // by client
  bool reloading_ = false;

  std::unique_ptr<Prepared> taken_;  // of who holds all locks
  int64_t checked_s_ = 0;            // check_files()'s
  std::string refused_signature_;    // the disk thread's: of files that were no good, told of once
};

// Whether anybody uses TLS, so that its settings have to be right.
bool uses_tls(const config::Settings& settings);
// Whether a setting is part of what a context is made from.
bool is_tls_material(std::string_view name);

}  // namespace server
