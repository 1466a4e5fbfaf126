// What the families of stream commands share: ids among the words, and entries in replies.
#pragma once

#include <algorithm>
#include <string>

#include "command/call.h"
#include "values/stream.h"

namespace commands {

constexpr base::Error kInvalidStreamId{"ERR Invalid stream ID specified as stream command argument"};

// An id in full or without its sequence; "-" and "+" are none.
inline values::StreamId read_stream_id(command::Args& args) {
  const auto id = values::parse_stream_id(args.text(), 0);
  if (!id) args.fail(kInvalidStreamId);
  return id.value_or(values::StreamId());
}

// All of the words that are left.
inline bool are_stream_ids(std::span<const std::string_view> words) {
  return std::all_of(words.begin(), words.end(),
                     [](auto word) { return values::parse_stream_id(word, 0).has_value(); });
}

// A word that may also be "-" or "+".
inline std::optional<values::StreamId> parse_stream_id_or_end(std::string_view word, uint64_t missing_sequence) {
  if (word == "-") return values::StreamId::least();
  if (word == "+") return values::StreamId::greatest();
  return values::parse_stream_id(word, missing_sequence);
}

// The first id of an interval: behind "(" the one that follows.
inline values::StreamId read_interval_start(command::Args& args) {
  const std::string_view word = args.text();
  const bool exclusive = word.size() > 1 && word[0] == '(';
  auto id = exclusive ? values::parse_stream_id(word.substr(1), 0) : parse_stream_id_or_end(word, 0);
  if (!id) args.fail(kInvalidStreamId);
  if (!args.failed() && exclusive) {
    id = id->next();
    if (!id) args.fail(base::Error{"ERR invalid start ID for the interval"});
  }
  return id.value_or(values::StreamId());
}

// The last id of an interval: behind "(" the one before.
inline values::StreamId read_interval_end(command::Args& args) {
  const std::string_view word = args.text();
  const bool exclusive = word.size() > 1 && word[0] == '(';
  auto id = exclusive ? values::parse_stream_id(word.substr(1), UINT64_MAX) : parse_stream_id_or_end(word, UINT64_MAX);
  if (!id) args.fail(kInvalidStreamId);
  if (!args.failed() && exclusive) {
    id = id->previous();
    if (!id) args.fail(base::Error{"ERR invalid end ID for the interval"});
  }
  return id.value_or(values::StreamId());
}

inline void reply_stream_id(command::Call& call, values::StreamId id) {
  values::StreamIdBuffer buffer;
  call.reply().bulk(values::format_stream_id(id, buffer));
}

// The reader's entry: its id, and its fields with their values.
inline void reply_stream_entry(command::Call& call, values::StreamReader& reader) {
  resp::Writer& reply = call.reply();
  reply.array(2);
  reply_stream_id(call, reader.entry().id());
  reply.array(size_t{2} * reader.entry().fields());
  const auto write = [&](const structures::Element& element) {
    structures::Element::Buffer buffer;
    reply.bulk(element.text(buffer));
  };
  while (reader.has_pair()) {
    const auto [field, value] = reader.next_pair();
    write(field);
    write(value);
  }
}

// The entry with this id; false, and no reply, if there is none.
inline bool reply_stream_entry_at(command::Call& call, const values::Stream& stream, values::StreamId id) {
  values::StreamReader reader(stream, id, id, values::StreamReader::Direction::kForward);
  if (!reader.next()) return false;
  reply_stream_entry(call, reader);
  return true;
}

// "NOGROUP No such key 'k' or consumer group 'g'".
inline std::string no_such_group(std::string_view key, std::string_view group) {
  return "NOGROUP No such key '" + std::string(command::repeated(key)) + "' or consumer group '" +
         std::string(command::repeated(group)) + "'";
}
// "NOGROUP No such consumer group 'g' for key name 'k'".
inline std::string no_such_group_of(std::string_view key, std::string_view group) {
  return "NOGROUP No such consumer group '" + std::string(command::repeated(group)) + "' for key name '" +
         std::string(command::repeated(key)) + "'";
}

// A change of a stream that WATCH does not look at, as in the reference: of its groups and its last id.
inline void group_changed(command::Call& call, const keyspace::Key& key, std::string_view event) {
  call.db().count_changes(1);
  call.db().notify(keyspace::kStreamEvent, event, key);
}

// The consumer of this name, made and told of if there was none; it was seen now.
inline values::Consumer& seen_consumer(command::Call& call, const keyspace::Key& key, values::ConsumerGroup& group,
                                       std::string_view name) {
  values::Consumer* consumer = group.consumer(name);
  if (consumer == nullptr) {
    consumer = &group.add_consumer(name, call.now_ms());
    group_changed(call, key, "xgroup-createconsumer");
  }
  consumer->seen_ms = call.now_ms();
  return *consumer;
}

}  // namespace commands
