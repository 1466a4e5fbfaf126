// Replays of streams. See replay.h.
#include "replay.h"

#include <chrono>
#include <thread>

#include "compare.h"
#include "contents.h"
#include "policy.h"

namespace differential {

namespace {

constexpr size_t kBatchCommands = 128;
constexpr size_t kBatchBytes = 64 * 1024;
constexpr const char* kDyingMilliseconds = "3";
constexpr std::chrono::milliseconds kDeathWait{25};

class Replay {
 public:
  Replay(const Servers& servers, const std::vector<Item>& items) : servers_(servers), items_(items) {}

  Outcome run(ReplayOptions options) {
    if (!prepare(options.resp3)) return std::move(outcome_);
    for (size_t i = 0; i < items_.size() && !outcome_.difference; i++) take(i);
    flush();
    if (!outcome_.difference && options.compare_contents) finish();
    return std::move(outcome_);
  }

 private:
  struct Sent {
    size_t index;
    const Item* item;
  };

  bool prepare(bool resp3) {
    if (!ours_.open(servers_.ours.host, servers_.ours.port)) return troubled("ours", ours_);
    if (!reference_.open(servers_.reference.host, servers_.reference.port)) return troubled("reference", reference_);
    // While ours has no HELLO, both stay in RESP2: else every null would be a difference.
    resp3 = resp3 && !ours_.call({"HELLO", "3"}).is_error();
    if (resp3) reference_.call({"HELLO", "3"});
    for (Link* link : {&ours_, &reference_}) {
      if (link->call({"FLUSHALL"}).kind != '+') return troubled("FLUSHALL", *link);
    }
    return true;
  }

  bool troubled(const char* who, const Link& link) {
    outcome_.trouble = std::string(who) + ": " + link.problem();
    return false;
  }

  // An open transaction would queue the commands that look at the contents.
  void finish() {
    for (Link* link : {&ours_, &reference_}) link->call({"DISCARD"});
    compare_contents(&ours_, &reference_, items_.size(), &outcome_);
  }

  void take(size_t index) {
    const Item& item = items_[index];
    if (item.kind == Item::Kind::kCommand) {
      queue(index, item);
      return;
    }
    flush();
    if (outcome_.difference) return;
    if (item.kind == Item::Kind::kSweep) {
      compare_sweep(index, item);
    } else {
      let_die(index, item);
    }
  }

  void queue(size_t index, const Item& item) {
    if (item.words.empty()) return;
    append_command(&batch_, item.words);
    sent_.push_back({index, &item});
    if (sent_.size() >= kBatchCommands || batch_.size() >= kBatchBytes) flush();
  }

  void flush() {
    if (sent_.empty()) return;
    ours_.send(batch_);
    reference_.send(batch_);
    for (const Sent& sent : sent_) {
      compare_next(sent);
      if (outcome_.difference) break;
    }
    sent_.clear();
    batch_.clear();
  }

  void compare_next(const Sent& sent) {
    std::string_view our_bytes, bytes;
    bool our_good = ours_.read(&our_bytes), good = reference_.read(&bytes);
    outcome_.compared++;
    if (!our_good || !good) {
      differ(sent.index, *sent.item, our_good ? "a reply" : ours_.problem(), good ? "a reply" : reference_.problem());
      return;
    }
    if (our_bytes == bytes) return;
    size_t our_at = 0, at = 0;
    Value ours = parse_value(our_bytes, &our_at), reference = parse_value(bytes, &at);
    if (same_reply(sent.item->name, ours, reference)) return;
    if (accepted_difference(sent.item->name, sent.item->words, ours, reference) != nullptr) {
      outcome_.accepted++;
      return;
    }
    differ(sent.index, *sent.item, render(ours), render(reference));
  }

  void compare_sweep(size_t index, const Item& item) {
    std::set<std::string> our_keys, keys;
    Value our_problem, problem;
    bool our_good = sweep(&ours_, item.words, &our_keys, &our_problem);
    bool good = sweep(&reference_, item.words, &keys, &problem);
    outcome_.compared++;
    if (our_good == good && our_keys == keys && our_problem == problem) return;
    auto said = [](bool fine, const std::set<std::string>& found, const Value& why) {
      if (!fine) return render(why);
      std::string out;
      for (const std::string& key : found) out += quoted(key) + " ";
      return out;
    };
    differ(index, item, said(our_good, our_keys, our_problem), said(good, keys, problem));
  }

  void let_die(size_t index, const Item& item) {
    Item set;
    set.name = "set";
    for (const std::string& key : item.words) {
      set.words = {"SET", key, "5", "PX", kDyingMilliseconds};
      queue(index, set);
      flush();
    }
    std::this_thread::sleep_for(kDeathWait);
    for (const Item& then : item.then) queue(index, then);
    flush();
  }

  void differ(size_t index, const Item& item, std::string ours, std::string reference) {
    std::string command = item.kind == Item::Kind::kSweep ? "sweep by SCAN " + shown(item.words) : shown(item.words);
    outcome_.difference = Difference{index, item.name, std::move(command), std::move(ours), std::move(reference)};
  }

  const Servers& servers_;
  const std::vector<Item>& items_;
  Link ours_;
  Link reference_;
  std::string batch_;
  std::vector<Sent> sent_;
  Outcome outcome_;
};

}  // namespace

Outcome replay(const Servers& servers, const std::vector<Item>& items, ReplayOptions options) {
  return Replay(servers, items).run(options);
}

std::string shown(const Words& words) {
  std::string out;
  for (const std::string& word : words) {
    bool plain = !word.empty();
    for (char c : word) plain &= c > 0x20 && c < 0x7f && c != '"' && c != '\'' && c != '\\';
    out += (out.empty() ? "" : " ") + (plain ? word : quoted(word));
  }
  return out;
}

}  // namespace differential
