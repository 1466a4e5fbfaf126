#include "pubsub/hub.h"

#include <algorithm>

#include "base/check.h"
#include "base/glob.h"

namespace pubsub {

Hub::OfLoop& Hub::of_loop(uint32_t loop) {
  while (loops_.size() <= loop) loops_.emplace_back();
  return loops_[loop];
}

Audience& Hub::audience_of(Topic& topic, uint32_t loop) {
  for (const auto& audience : topic.audiences) {
    if (audience->loop == loop) return *audience;
  }
  topic.audiences.push_back(std::make_unique<Audience>(Audience{.topic = &topic, .loop = loop}));
  return *topic.audiences.back();
}

bool Hub::add(Listener& listener, Kind kind, const keyspace::Key& name) {
  const std::lock_guard hold(mutex_);
  Topics& topics = topics_[static_cast<size_t>(kind)];
  Topic* topic = topics.find(name);
  if (topic == nullptr) {
    topic = &topics.add(kind, name);
    if (kind == Kind::kPattern) {
      const std::unique_lock alone(patterns_mutex_);
      patterns_.add(*topic);
      patterns_changes_.fetch_add(1);
      has_patterns_.store(true);
    }
  }
  Audience& audience = audience_of(*topic, listener.loop);
  auto& places = listener.audiences[static_cast<size_t>(kind)];
  if (!places.try_emplace(&audience, audience.members.size()).second) return false;
  audience.members.push_back({&listener, published_ + 1});
  audience.dropped += listener.dropped ? 1 : 0;
  return true;
}

// Takes a member out; an audience without members retires, for the loop's queue may name it.
void Hub::leave(Audience& audience, size_t place, Listener& listener) {
  const auto kind = static_cast<size_t>(audience.topic->kind);
  audience.members[place] = audience.members.back();
  audience.members.pop_back();
  if (place < audience.members.size()) audience.members[place].listener->audiences[kind][&audience] = place;
  audience.dropped -= listener.dropped ? 1 : 0;
  listener.audiences[kind].erase(&audience);
  if (!audience.members.empty()) return;
  Topic& topic = *audience.topic;
  const auto at = std::find_if(topic.audiences.begin(), topic.audiences.end(),
                               [&](const auto& one) { return one.get() == &audience; });
  OfLoop& of = of_loop(audience.loop);
  std::unique_ptr<Audience> retired = std::move(*at);
  topic.audiences.erase(at);
  retired->kept = topics_[kind].share(topic);
  if (!of.queue.empty()) of.retired.push_back(std::move(retired));
  if (!topic.audiences.empty()) return;
  if (topic.kind == Kind::kPattern) {
    const std::unique_lock alone(patterns_mutex_);
    patterns_.remove(topic);
    patterns_changes_.fetch_add(1);
    has_patterns_.store(!patterns_.empty());
  }
  topics_[kind].remove(topic);
}

bool Hub::remove(Listener& listener, Kind kind, const keyspace::Key& name, Batch& batch) {
  const std::lock_guard hold(mutex_);
  Topic* topic = topics_[static_cast<size_t>(kind)].find(name);
  if (topic == nullptr) return false;
  for (const auto& audience : topic->audiences) {
    if (audience->loop != listener.loop) continue;
    const auto& places = listener.audiences[static_cast<size_t>(kind)];
    const auto at = places.find(audience.get());
    if (at == places.end()) return false;
    OfLoop& of = of_loop(listener.loop);
    if (!of.queue.empty()) {
      batch.left = audience.get();
      batch.leaver = &listener;
      batch.leaver_since = audience->members[at->second].since;
    }
    leave(*audience, at->second, listener);
    move_queue(of, batch);
    return true;
  }
  return false;
}

void Hub::remove_all(Listener& listener) {
  // In portions, for the lock is everyone's.
  constexpr int kPortion = 64;
  for (bool more = true; more;) {
    const std::lock_guard hold(mutex_);
    more = false;
    for (auto& places : listener.audiences) {
      for (int left = kPortion; left > 0 && !places.empty(); --left) {
        const auto [audience, place] = *places.begin();
        leave(*audience, place, listener);
      }
      more = more || !places.empty();
    }
  }
}

void Hub::move_queue(OfLoop& from, Batch& to) {
  to.entries.swap(from.queue);
  to.retired.swap(from.retired);
  to.accounted = std::exchange(from.accounted, 0);
  from.bytes = 0;
}

void Hub::take(uint32_t loop, bool woken, Batch& batch) {
  const std::lock_guard hold(mutex_);
  OfLoop& of = of_loop(loop);
  if (woken) of.woken = false;
  move_queue(of, batch);
}

void Hub::settle(const Batch& batch) {
  uint64_t bytes = 0;
  for (const Batch::Entry& entry : batch.entries) bytes += entry.bytes * entry.receivers;
  if (bytes != 0) mailed_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

Posted Hub::publish(const Publication& publication) {
  constexpr size_t kSmallPayload = 1024;
  Posted posted;
  Heard heard;
  const bool is_channel = publication.kind == Kind::kChannel;
  if (is_channel && has_patterns_.load(std::memory_order_relaxed)) {
    const std::shared_lock read(patterns_mutex_);
    match(publication.channel.text, heard);
  }
  // A large message is not made while the lock is held, and none at all if nobody listens.
  std::shared_ptr<const Message> message;
  const auto make = [&] { message = std::make_shared<const Message>(publication.channel.text, publication.payload); };
  {
    const std::lock_guard hold(mutex_);
    if (!hear(publication, heard)) return posted;
    if (publication.payload.size() <= kSmallPayload) {
      make();
      post(message, heard, publication, posted);
      return posted;
    }
  }
  make();
  const std::lock_guard hold(mutex_);
  if (hear(publication, heard)) post(message, heard, publication, posted);
  return posted;
}

void Hub::match(std::string_view channel, Heard& heard) {
  heard.patterns.clear();
  heard.patterns_changes = patterns_changes_.load();
  patterns_.find(channel, heard.patterns);
}

bool Hub::hear(const Publication& publication, Heard& heard) {
  if (publication.kind == Kind::kChannel && patterns_changes_.load() != heard.patterns_changes) {
    match(publication.channel.text, heard);
  }
  heard.topic = topics_[static_cast<size_t>(publication.kind)].find(publication.channel);
  return heard.topic != nullptr || !heard.patterns.empty();
}

void Hub::post(const std::shared_ptr<const Message>& message, const Heard& heard, const Publication& publication,
               Posted& posted) {
  posted.number = ++published_;
  if (heard.topic != nullptr) queue_for(message, *heard.topic, publication, posted);
  for (Topic* pattern : heard.patterns) queue_for(message, *pattern, publication, posted);
}

void Hub::queue_for(const std::shared_ptr<const Message>& message, Topic& topic, const Publication& publication,
                    Posted& posted) {
  const size_t bytes = message->bytes(topic.kind, topic.name);
  for (const auto& audience : topic.audiences) {
    const size_t receivers = audience->receivers();
    if (receivers == 0) continue;
    OfLoop& of = of_loop(audience->loop);
    of.queue.push_back({message, audience.get(), posted.number, bytes, receivers});
    of.bytes += bytes;
    mailed_bytes_.fetch_add(bytes * receivers, std::memory_order_relaxed);
    posted.receivers += receivers;
    if (posted.loops.empty() || posted.loops.back() != audience->loop) posted.loops.push_back(audience->loop);
    if (!std::exchange(of.woken, true)) posted.loops_to_wake.push_back(audience->loop);
    account(of, publication, posted);
  }
}

void Hub::account(OfLoop& of, const Publication& publication, Posted& posted) {
  const config::OutputBufferLimit& limit = publication.limit;
  const uint64_t least = limit.hard_bytes == 0 || (limit.soft_bytes != 0 && limit.soft_bytes < limit.hard_bytes)
                             ? limit.soft_bytes
                             : limit.hard_bytes;
  if (least == 0 || of.bytes < least / 2) return;
  for (; of.accounted < of.queue.size(); ++of.accounted) {
    const Batch::Entry& entry = of.queue[of.accounted];
    for (const Audience::Member& member : entry.audience->members) {
      Listener& listener = *member.listener;
      if (member.since > entry.number || listener.dropped) continue;
      listener.mail->queued.fetch_add(entry.bytes, std::memory_order_relaxed);
      if (!listener.limit.exceeded(limit, listener.mail->bytes(), publication.now_ms)) continue;
      posted.stalled.emplace_back(listener.loop, listener.client);
      listener.dropped = true;
      for (const auto& places : listener.audiences) {
        for (const auto& [audience, place] : places) ++audience->dropped;
      }
    }
  }
}

size_t Hub::count(Kind kind) {
  const std::lock_guard hold(mutex_);
  return topics_[static_cast<size_t>(kind)].size();
}

size_t Hub::receivers(Kind kind, const keyspace::Key& name) {
  const std::lock_guard hold(mutex_);
  const Topic* topic = topics_[static_cast<size_t>(kind)].find(name);
  return topic == nullptr ? 0 : topic->receivers();
}

std::vector<std::string> Hub::names(Kind kind, std::string_view pattern) {
  std::vector<std::string> names;
  const std::lock_guard hold(mutex_);
  topics_[static_cast<size_t>(kind)].for_each([&](const Topic& topic) {
    if (pattern == "*" || base::glob_match(pattern, topic.name)) names.push_back(topic.name);
  });
  return names;
}

}  // namespace pubsub
