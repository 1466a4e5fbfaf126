#include "server/shutdown.h"

#include <limits>
#include <utility>

#include "base/log.h"
#include "server/server.h"

namespace server {

using dispatch::PauseMode;
using dispatch::Worker;

void Shutdown::ask(ShutdownWish wish, std::function<void()> failed) {
  server_.workers[0]->loop().mailbox().post([this, wish, failed = std::move(failed)] {
    if (failed) waiting_.push_back(failed);
    if (!in_progress_.exchange(true)) begin(wish);
  });
}

void Shutdown::begin(ShutdownWish wish) {
  aborted_.store(false);
  using Save = ShutdownWish::Save;
  const bool saves =
      wish.save == Save::kYes || (wish.save == Save::kAsConfigured && !server_.settings.current()->save.empty());
  const bool has_data = !server_.is_loading();
  base::log_notice("User requested shutdown...");
  if (server_.saving().in_progress()) {
    base::log_warning("A snapshot is being saved. Cancelling it.");
    server_.saving().cancel();
  }
  if (!saves || !has_data) return server_.stop(0);
  base::log_notice("Saving the final RDB snapshot before exiting.");
  save(wish);
}

// Again and again until nothing else is saved and the locks are free.
void Shutdown::save(ShutdownWish wish) {
  if (aborted_.load()) return give_up();
  Worker& worker = *server_.workers[0];
  const auto then = [this, wish](bool saved) {
    if (saved || wish.force) return server_.stop(0);
    base::log_warning("Error trying to save the DB, can't exit.");
    give_up();
  };
  const bool begun = !server_.saving().in_progress() && worker.try_with_all_locks([&] {
    server_.pause_writes();
    server_.saving().begin(worker, then);
  });
  if (!begun) worker.loop().after(1, [this, wish] { save(wish); });
}

void Shutdown::give_up() {
  server_.end_pause();
  in_progress_.store(false);
  for (const auto& failed : std::exchange(waiting_, {})) failed();
}

bool Shutdown::abort() {
  if (!in_progress_.load()) return false;
  aborted_.store(true);
  server_.saving().cancel();
  return true;
}

}  // namespace server
