// DEBUG RELOAD: the data set is saved, thrown away and loaded again. Writes wait from the cut of the save on.
#include "base/log.h"
#include "server/debug.h"
#include "server/server.h"

namespace server {
namespace {

using Finish = std::function<void(bool good)>;

// On the first worker; again and again until the locks are free.
void empty_and_load(Server& server, const Finish& finish) {
  dispatch::Worker& worker = *server.workers[0];
  const bool emptied = worker.try_with_all_locks([&] {
    server.restrict(dispatch::Context::kIsLoading, true);
    server.epoch.fetch_add(1);  // who was checked before is checked again
    const std::string_view flush[] = {"flushall"};
    const std::string_view forget[] = {"function", "flush"};
    worker.run_alone(flush);
    worker.run_alone(forget);
  });
  if (!emptied) {
    worker.loop().after(1, [&server, finish] { empty_and_load(server, finish); });
    return;
  }
  const bool loads = server.data_load.begin([&server, finish](bool loaded) {
    if (!loaded) {
      base::log_warning("Fatal error loading the DB, check server logs. Exiting.");
      return server.stop(1);
    }
    base::log_notice("DB reloaded by DEBUG RELOAD");
    finish(true);
  });
  if (loads) return;
  server.restrict(dispatch::Context::kIsLoading, false);  // there is no file
  finish(true);
}

}  // namespace

void debug_reload(command::Call& call) {
  bool saves = true;
  for (const std::string_view word : call.words().subspan(2)) {
    if (!command::same_word(word, "nosave")) {
      return call.fail("ERR DEBUG RELOAD only supports the NOSAVE option here.");
    }
    saves = false;
  }
  Server& server = server_of(call);
  if (server.saving().in_progress()) return call.fail("ERR Background save already in progress");
  dispatch::Worker& own = worker_of(call);
  call.defer();
  const Finish finish = [&server, &own, whose = own.deferral()](bool good) {
    server.end_pause();
    own.loop().mailbox().post([&own, whose, good] {
      own.finish(whose, [good](resp::Writer& reply) {
        good ? reply.ok() : reply.error("ERR Error trying to load the RDB dump, check server logs.");
      });
    });
  };
  server.pause_writes();
  const auto load = [&server, finish](bool saved) { saved ? empty_and_load(server, finish) : finish(false); };
  if (saves) return server.saving().begin(own, load);
  runtime::Mailbox& first = server.workers[0]->loop().mailbox();
  if (first.push([load] { load(true); })) own.ring_after_release(first);
}

}  // namespace server
