// Topics: the channels (or patterns, or shard channels) that somebody listens to, by name.
//
// Shape    a hash table of many parts, so that none stalls for long when it grows.
// Threads  under the hub's lock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "keyspace/key_hash.h"
#include "pubsub/message.h"

namespace pubsub {

struct Listener;
struct Topic;

// The listeners of one topic on one loop.
struct Audience {
  struct Member {
    Listener* listener;
    uint64_t since;  // the number of the first publication that it gets
  };

  Topic* topic;
  std::shared_ptr<Topic> kept{};  // of an audience without members, which queued entries may still name
  uint32_t loop;
  uint32_t dropped = 0;  // of the members, those whose connections are to end
  std::vector<Member> members;

  size_t receivers() const { return members.size() - dropped; }
};

struct Topic {
  Kind kind;
  std::string name;
  uint64_t hash;
  size_t place = 0;  // of a pattern in its group
  std::vector<std::unique_ptr<Audience>> audiences{};

  size_t receivers() const {
    size_t count = 0;
    for (const auto& audience : audiences) count += audience->receivers();
    return count;
  }
};

class Topics {
 public:
  // Null if nobody listens to it.
  Topic* find(const keyspace::Key& name) const {
    const Part& part = part_of(name.hash);
    const auto at = part.find({name.text, name.hash});
    return at == part.end() ? nullptr : at->second.get();
  }
  Topic& add(Kind kind, const keyspace::Key& name) {
    auto topic = std::make_shared<Topic>(Topic{.kind = kind, .name = std::string(name.text), .hash = name.hash});
    Topic& made = *topic;
    part_of(name.hash).emplace(Name{made.name, made.hash}, std::move(topic));
    ++size_;
    return made;
  }
  std::shared_ptr<Topic> share(const Topic& topic) const {
    return part_of(topic.hash).find({topic.name, topic.hash})->second;
  }
  void remove(const Topic& topic) {
    part_of(topic.hash).erase({topic.name, topic.hash});
    --size_;
  }
  size_t size() const { return size_; }
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Part& part : parts_) {
      for (const auto& [name, topic] : part) visit(*topic);
    }
  }

 private:
  struct Name {
    std::string_view text;
    uint64_t hash;
    bool operator==(const Name& other) const { return text == other.text; }
  };
  struct Hash {
    size_t operator()(const Name& name) const { return name.hash; }
  };
  using Part = std::unordered_map<Name, std::shared_ptr<Topic>, Hash>;
  static constexpr size_t kParts = 64;
  Part& part_of(uint64_t hash) { return parts_[hash >> 58]; }
  const Part& part_of(uint64_t hash) const { return parts_[hash >> 58]; }

  std::array<Part, kParts> parts_;
  size_t size_ = 0;
};

}  // namespace pubsub
