// See collection_model.h.
#include "collection_model.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace {

using Lines = std::vector<std::string>;

constexpr int kNames = 4;  // fields, members

std::string name(int number) { return "name" + std::to_string(number); }

std::string integer(long long value) { return ":" + std::to_string(value) + "\r\n"; }
std::string bulk(const std::string& text) { return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n"; }
std::string array(const Lines& raw) {
  std::string out = "*" + std::to_string(raw.size()) + "\r\n";
  for (const std::string& one : raw) out += one;
  return out;
}
const std::string kNil = "$-1\r\n";

Lines lines_of(const KeyState& state) {
  Lines lines;
  for (size_t at = 0; state && at < state->size();) {
    const size_t end = state->find('\n', at);
    lines.push_back(state->substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// A collection that has become empty is no key any more.
void store(const Lines& lines, KeyState& state) {
  state.reset();
  if (lines.empty()) return;
  state.emplace();
  for (const std::string& line : lines) *state += line + "\n";
}

std::string apply_list(const Lines& words, KeyState& state) {
  Lines lines = lines_of(state);
  const std::string& verb = words[0];
  if (verb == "LLEN") return integer(static_cast<long long>(lines.size()));
  if (verb == "LRANGE") {
    for (std::string& line : lines) line = bulk(line);
    return array(lines);
  }
  if (verb == "LPUSH" || verb == "RPUSH") {
    lines.insert(verb == "LPUSH" ? lines.begin() : lines.end(), words[1]);
    store(lines, state);
    return integer(static_cast<long long>(lines.size()));
  }
  if (lines.empty()) return kNil;
  const auto at = verb == "LPOP" ? lines.begin() : lines.end() - 1;
  const std::string popped = *at;
  lines.erase(at);
  store(lines, state);
  return bulk(popped);
}

// Sets, hashes and sorted sets: names with a number each.
using Numbers = std::map<std::string, long long>;

Numbers numbers_of(const KeyState& state) {
  Numbers numbers;
  for (const std::string& line : lines_of(state)) {
    const size_t space = line.find(' ');
    numbers[line.substr(0, space)] = std::atoll(line.c_str() + space + 1);
  }
  return numbers;
}

void store(const Numbers& numbers, KeyState& state) {
  Lines lines;
  for (const auto& [key, number] : numbers) lines.push_back(key + " " + std::to_string(number));
  store(lines, state);
}

// By score, then by name.
std::vector<std::pair<long long, std::string>> ranked(const Numbers& numbers) {
  std::vector<std::pair<long long, std::string>> ranks;
  for (const auto& [key, number] : numbers) ranks.emplace_back(number, key);
  std::sort(ranks.begin(), ranks.end());
  return ranks;
}

std::string read_numbers(const Lines& words, const Numbers& numbers) {
  const std::string& verb = words[0];
  const auto text = [&](const std::string& key) {
    const auto found = numbers.find(key);
    return found == numbers.end() ? kNil : bulk(std::to_string(found->second));
  };
  Lines out;
  if (verb == "HGET" || verb == "ZSCORE") return text(words[1]);
  if (verb == "SISMEMBER") return integer(static_cast<long long>(numbers.count(words[1])));
  if (verb == "HMGET" || verb == "SMISMEMBER") {
    for (size_t at = 1; at < words.size(); ++at) {
      const auto there = static_cast<long long>(numbers.count(words[at]));
      out.push_back(verb == "HMGET" ? text(words[at]) : integer(there));
    }
    return array(out);
  }
  if (verb == "ZRANGE") {
    for (const auto& [score, member] : ranked(numbers)) {
      out.push_back(bulk(member));
      out.push_back(bulk(std::to_string(score)));
    }
    return array(out);
  }
  return integer(static_cast<long long>(numbers.size()));  // HLEN, SCARD, ZCARD
}

std::string apply_numbers(const Lines& words, KeyState& state) {
  Numbers numbers = numbers_of(state);
  const Numbers before = numbers;
  const std::string& verb = words[0];
  std::string reply;
  if (verb == "HSET" || verb == "SADD" || verb == "ZADD") {
    const std::string& key = verb == "ZADD" ? words[2] : words[1];
    reply = integer(before.count(key) == 0);
    numbers[key] = verb == "SADD" ? 0 : std::atoll(words[verb == "ZADD" ? 1 : 2].c_str());
  } else if (verb == "HDEL" || verb == "SREM" || verb == "ZREM") {
    reply = integer(static_cast<long long>(numbers.erase(words[1])));
  } else if (verb == "HINCRBY") {
    reply = integer(numbers[words[1]] += std::atoll(words[2].c_str()));
  } else if (verb == "ZINCRBY") {
    reply = bulk(std::to_string(numbers[words[2]] += std::atoll(words[1].c_str())));
  } else if (verb == "ZPOPMIN") {
    if (numbers.empty()) return array({});
    const auto [score, member] = ranked(numbers).front();
    numbers.erase(member);
    reply = array({bulk(member), bulk(std::to_string(score))});
  } else {
    return read_numbers(words, numbers);
  }
  store(numbers, state);
  return reply;
}

// Ids are N-0. The first line is the last id, which outlives its entry.
std::string apply_stream(const Lines& words, KeyState& state) {
  Lines lines = lines_of(state);
  const std::string& verb = words[0];
  if (verb == "XADD") {
    const long long id = std::atoll(words[1].c_str());
    if (lines.empty()) lines.push_back("0");
    if (id <= std::atoll(lines[0].c_str())) {
      return "-ERR The ID specified in XADD is equal or smaller than the target stream top item\r\n";
    }
    lines[0] = std::to_string(id);
    lines.push_back(lines[0]);
    store(lines, state);
    return bulk(words[1]);
  }
  if (verb == "XDEL") {
    const auto at = lines.empty()
                        ? lines.end()
                        : std::find(lines.begin() + 1, lines.end(), std::to_string(std::atoll(words[1].c_str())));
    if (at == lines.end()) return integer(0);
    lines.erase(at);
    store(lines, state);
    return integer(1);
  }
  if (verb == "XLEN") return integer(lines.empty() ? 0 : static_cast<long long>(lines.size()) - 1);
  Lines out;
  for (size_t at = 1; at < lines.size(); ++at) {
    out.push_back(array({bulk(lines[at] + "-0"), array({bulk("f"), bulk("v")})}));
  }
  return array(out);
}

}  // namespace

std::vector<std::string> reading_words(Kind kind) {
  Lines all;
  for (int number = 0; number < kNames; ++number) all.push_back(name(number));
  const auto of_all = [&](const char* verb) {
    all.insert(all.begin(), verb);
    return all;
  };
  switch (kind) {
    case Kind::kList: return {"LRANGE", "0", "-1"};
    case Kind::kHash: return of_all("HMGET");
    case Kind::kSet: return of_all("SMISMEMBER");
    case Kind::kSortedSet: return {"ZRANGE", "0", "-1", "WITHSCORES"};
    case Kind::kStream: return {"XRANGE", "-", "+"};
  }
  return {};
}

std::vector<std::string> random_words(Kind kind, Random& random, uint64_t unique) {
  const std::string value = std::to_string(unique), one = name(below(random, kNames));
  const int choice = below(random, 8);
  if (choice == 7) return reading_words(kind);
  if (choice == 6 && below(random, 4) == 0) return {"DEL"};
  switch (kind) {
    case Kind::kList: {
      static const char* const kVerbs[] = {"LPUSH", "RPUSH", "RPUSH", "LPOP", "RPOP", "LPOP", "LLEN"};
      const std::string verb = kVerbs[choice];
      return verb.ends_with("PUSH") ? Lines{verb, value} : Lines{verb};
    }
    case Kind::kHash:
      if (choice < 2) return {"HSET", one, std::to_string(unique % 1000)};
      if (choice < 4) return {"HINCRBY", one, "1"};
      if (choice == 4) return {"HDEL", one};
      return choice == 5 ? Lines{"HLEN"} : Lines{"HGET", one};
    case Kind::kSet:
      if (choice < 2) return {"SADD", one};
      if (choice < 4) return {"SREM", one};
      return choice == 4 ? Lines{"SCARD"} : Lines{"SISMEMBER", one};
    case Kind::kSortedSet:
      if (choice < 2) return {"ZADD", std::to_string(unique % 1000), one};
      if (choice == 2) return {"ZINCRBY", "1", one};
      if (choice == 3) return {"ZPOPMIN"};
      if (choice == 4) return {"ZREM", one};
      return choice == 5 ? Lines{"ZCARD"} : Lines{"ZSCORE", one};
    case Kind::kStream:
      if (choice < 4) return {"XADD", value + "-0", "f", "v"};
      if (choice == 4)
        return {"XDEL", std::to_string(unique - std::min<uint64_t>(unique, 1 + below(random, 20))) + "-0"};
      return {"XLEN"};
  }
  return {};
}

std::string apply_words(const std::vector<std::string>& words, KeyState& state) {
  if (words[0] == "DEL") {
    const bool was = state.has_value();
    state.reset();
    return integer(was);
  }
  switch (words[0][0]) {
    case 'L':
    case 'R': return apply_list(words, state);
    case 'X': return apply_stream(words, state);
    default: return apply_numbers(words, state);
  }
}
