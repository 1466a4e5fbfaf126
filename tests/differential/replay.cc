// Replays of streams. See replay.h.
#include "replay.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "compare.h"
#include "contents.h"
#include "policy.h"
#include "scripts.h"

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
  enum class Part {
    kPlain,   // The item's own command.
    kQueued,  // One of a transaction.
    kExec,    // The end of one.
  };

  struct Sent {
    size_t index;
    const Item* item;
    Part part;
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
    return prepare_scripts();
  }

  bool prepare_scripts() {
    const bool any = std::any_of(items_.begin(), items_.end(), calls_script);
    if (!any) return true;
    digests_ = load_scripts(&reference_);
    if (digests_.empty()) return troubled("no scripts in the reference", reference_);
    return load_scripts(&ours_) == digests_ || troubled("other scripts in ours", ours_);
  }

  static bool calls_script(const Item& item) {
    return item.kind == Item::Kind::kScript || std::any_of(item.then.begin(), item.then.end(), calls_script);
  }

  bool troubled(const char* who, const Link& link) {
    outcome_.trouble = std::string(who) + ": " + link.problem();
    return false;
  }

  // An open transaction would queue the commands that look at the contents.
  void finish() {
    for (Link* link : {&ours_, &reference_}) link->call({"DISCARD"});
    compare_contents(&ours_, &reference_, {items_.size(), !digests_.empty()}, &outcome_);
  }

  void take(size_t index) {
    const Item& item = items_[index];
    if (item.kind == Item::Kind::kCommand || item.kind == Item::Kind::kScript) return queue(index, item);
    if (item.kind == Item::Kind::kTransaction) return queue_transaction(index, item);
    flush();
    if (outcome_.difference) return;
    if (item.kind == Item::Kind::kSweep) {
      compare_sweep(index, item);
    } else {
      let_die(index, item);
    }
  }

  void queue_transaction(size_t index, const Item& item) {
    static const Item kMulti{Item::Kind::kCommand, "multi", {"MULTI"}, {}, nullptr};
    static const Item kExec{Item::Kind::kCommand, "exec", {"EXEC"}, {}, nullptr};
    queue(index, kMulti);
    for (const Item& then : item.then) queue(index, then, Part::kQueued);
    queue(index, kExec, Part::kExec);
  }

  void queue(size_t index, const Item& item, Part part = Part::kPlain) {
    if (item.words.empty() || outcome_.difference) return;
    append_command(&batch_, sent_words(item, digests_));
    sent_.push_back({index, &item, part});
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
    if (sent.part == Part::kPlain && our_bytes == bytes) return tally(*sent.item, bytes);
    size_t our_at = 0, at = 0;
    Value ours = parse_value(our_bytes, &our_at), reference = parse_value(bytes, &at);
    if (sent.part == Part::kExec) return compare_exec(sent, ours, reference);
    if (sent.part == Part::kQueued && reference.text == "QUEUED") {
      queued_.push_back(sent.item);
    } else {
      tally(*sent.item, bytes);
    }
    compare_values(sent.index, *sent.item, ours, reference);
  }

  void compare_values(size_t index, const Item& item, const Value& ours, const Value& reference) {
    if (item.kind == Item::Kind::kScript) return compare_script(index, item, ours, reference);
    if (same_reply(item.name, ours, reference)) return;
    const bool of_script = !digests_.empty() && is_integer_of_script(item.name, ours, reference);
    if (of_script || accepted_difference(item.name, item.words, ours, reference) != nullptr) {
      outcome_.accepted++;
      return;
    }
    differ(index, item, render(ours), render(reference));
  }

  void compare_script(size_t index, const Item& item, const Value& ours, const Value& reference) {
    const Verdict verdict = judge_script(item, ours, reference);
    outcome_.accepted += verdict == Verdict::kAccepted;
    if (verdict == Verdict::kDifferent) differ(index, item, render(ours), render(reference));
  }

  // The array of EXEC has a reply of each command that was queued; an error or a null stands for all.
  void compare_exec(const Sent& sent, const Value& ours, const Value& reference) {
    const bool whole = reference.items.size() == queued_.size() && ours.items.size() == queued_.size();
    if (!whole || ours.kind != reference.kind) {
      if (!(ours == reference)) differ(sent.index, *sent.item, render(ours), render(reference));
    } else {
      for (size_t i = 0; i < queued_.size() && !outcome_.difference; i++) {
        outcome_.compared++;
        tally(*queued_[i], std::string(1, reference.items[i].kind) + reference.items[i].text);
        compare_values(sent.index, *queued_[i], ours.items[i], reference.items[i]);
      }
    }
    queued_.clear();
  }

  void tally(const Item& item, std::string_view reply) {
    Tally& tally = outcome_.tallies[item.name];
    tally.calls++;
    tally.errors += reply.starts_with('-');
    tally.wrong_types += reply.starts_with("-WRONGTYPE");
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
    const std::string command = (item.kind == Item::Kind::kSweep ? "sweep by SCAN " : "") + shown(sent_words(item, {}));
    outcome_.difference = Difference{index, item.name, command, std::move(ours), std::move(reference)};
  }

  const Servers& servers_;
  const std::vector<Item>& items_;
  Link ours_;
  Link reference_;
  Digests digests_;
  std::string batch_;
  std::vector<Sent> sent_;
  std::vector<const Item*> queued_;  // Of the transaction that is open.
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
