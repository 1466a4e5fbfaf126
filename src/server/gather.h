// gather: asks every worker for something and makes one reply of the answers.
//
//   gather<size_t>(call, [](dispatch::Worker& worker) { return count_of(worker); },
//                  [](resp::Writer& reply, std::vector<size_t>& answers) { reply.integer(sum(answers)); });
//
// With one worker the reply is there at once; with several the call is deferred, and the client waits for the last
// answer.
//
// Threads  `ask` runs on each worker's own thread, `tell` on the caller's. What they capture is copied.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "server/server.h"

namespace server {

// For a call that is deferred: on its worker's thread.
template <typename Answer>
void gather_deferred(dispatch::Worker& own, const dispatch::Worker::Deferral& whose,
                     std::function<Answer(dispatch::Worker&)> ask,
                     std::function<void(resp::Writer&, std::vector<Answer>&)> tell) {
  dispatch::Context& context = own.context();
  const uint32_t count = context.worker_count.load(std::memory_order_acquire);
  struct Round {
    std::function<Answer(dispatch::Worker&)> ask;
    std::function<void(resp::Writer&, std::vector<Answer>&)> tell;
    std::vector<Answer> answers;
    std::atomic<uint32_t> missing;
  };
  auto round = std::make_shared<Round>();
  round->ask = std::move(ask);
  round->tell = std::move(tell);
  round->answers.resize(count);
  round->missing.store(count);
  // The caller's own part is a letter too: its client is deferred by then, and what it wrote before has left.
  for (uint32_t at = 0; at < count; ++at) {
    dispatch::Worker& worker = *context.workers[at];
    worker.loop().mailbox().post([&worker, &own, round, at, whose] {
      round->answers[at] = round->ask(worker);
      if (round->missing.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
      own.loop().mailbox().post([&own, round, whose] {
        own.finish(whose, [&round](resp::Writer& reply) { round->tell(reply, round->answers); });
      });
    });
  }
}

template <typename Answer>
void gather(command::Call& call, std::function<Answer(dispatch::Worker&)> ask,
            std::function<void(resp::Writer&, std::vector<Answer>&)> tell) {
  dispatch::Worker& own = worker_of(call);
  if (own.context().worker_count.load(std::memory_order_acquire) == 1) {
    std::vector<Answer> answers;
    answers.push_back(ask(own));
    return tell(call.reply(), answers);
  }
  call.defer();
  gather_deferred<Answer>(own, own.deferral(), std::move(ask), std::move(tell));
}

}  // namespace server
