// Builds requests, and checks replies against what was asked.
#include "load/workload.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace load {
namespace {

constexpr size_t kDigits = 12;

// The low `count` decimal digits of `number`, with leading zeros.
void write_digits(char* out, size_t count, uint64_t number) {
  while (count > 0) {
    out[--count] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

std::string header(char kind, size_t count) { return kind + std::to_string(count) + "\r\n"; }

// Bytes without long runs, so that nothing on the way can shorten them.
std::string filler(size_t count) {
  std::string bytes(count, ' ');
  Random random(7);
  for (char& byte : bytes) byte = static_cast<char>('a' + random.below(26));
  return bytes;
}

// So many replies of RESP2, whatever they hold; an error is none.
Check skip_replies(std::string_view received, size_t wanted) {
  size_t at = 0;
  for (; wanted > 0; --wanted) {
    const size_t end = received.find("\r\n", at);
    if (end == std::string_view::npos) return {};
    int64_t number = 0;
    const char kind = received[at];
    std::from_chars(received.data() + at + 1, received.data() + end, number);
    at = end + 2;
    if (kind == '*') {
      wanted += static_cast<size_t>(std::max<int64_t>(number, 0));
    } else if (kind == '$') {
      if (number >= 0) at += static_cast<size_t>(number) + 2;
    } else if (kind != '+' && kind != ':') {
      return {Check::kWrong, 0};
    }
    if (at > received.size()) return {};
  }
  return {Check::kGood, at};
}

}  // namespace

base::Result<Workload, base::Failure> Workload::make(std::string_view name, const Options& options) {
  Workload made;
  made.key_ = "key:" + std::string(options.key_size - 4, '0');
  made.value_ = filler(options.integers ? kDigits + 1 : options.value_size);
  made.value_[0] = options.integers ? '1' : 'v';
  made.value_digits_ = std::min(kDigits, made.value_.size() - 1);
  std::fill_n(made.value_.begin() + 1, made.value_digits_, '0');
  made.value_header_ = header('$', made.value_.size());

  const auto command = [&made](size_t arguments, std::string_view word) {
    made.pattern_ = header('*', arguments);
    made.add_argument(word);
  };
  if (name == "get") {
    command(2, "GET");
    made.add_key();
    made.reply_ = Reply::kValue;
  } else if (name == "set" || name == "set_ex") {
    command(name == "set" ? 3 : 5, "SET");
    made.add_key();
    made.add_value();
    made.expected_ = "+OK\r\n";
    if (name == "set_ex") {
      made.add_argument("EX");
      made.ttl_ = made.pattern_.size() + header('$', 5).size();
      made.add_argument("10000");
    }
  } else if (name == "incr") {
    command(2, "INCR");
    made.add_key();
    made.reply_ = Reply::kInteger;
  } else if (name == "mset") {
    command(1 + 2 * options.batch, "MSET");
    for (uint64_t slot = 0; slot < options.batch; ++slot) {
      made.add_key();
      made.add_value();
    }
    made.expected_ = "+OK\r\n";
  } else if (name == "mget") {
    command(1 + options.batch, "MGET");
    for (uint64_t slot = 0; slot < options.batch; ++slot) made.add_key();
    made.reply_ = Reply::kValues;
    made.expected_ = header('*', options.batch);
  } else if (name == "ping") {
    command(1, "PING");
    made.expected_ = "+PONG\r\n";
  } else {
    return base::Failure("--workload " + std::string(name) + ": no such workload");
  }
  return made;
}

Workload Workload::from_words(std::string_view words) {
  Workload made;
  made.reply_ = Reply::kAny;
  made.replies_ = 0;
  std::vector<std::string> command;
  while (!words.empty()) {
    const size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (word != ";" && !word.empty()) command.emplace_back(word);
    if (!command.empty() && (word == ";" || words.empty())) {
      made.add_command(command);
      command.clear();
    }
  }
  return made;
}

void Workload::add_command(const std::vector<std::string>& words) {
  constexpr std::string_view kNumber = "{n}";
  ++replies_;
  pattern_ += header('*', words.size());
  for (std::string word : words) {
    std::vector<size_t> numbers;  // where they are in the word
    for (size_t at = word.find(kNumber); at != std::string::npos; at = word.find(kNumber)) {
      word.replace(at, kNumber.size(), std::string(kDigits, '0'));
      numbers.push_back(at);
    }
    add_argument(word);
    for (const size_t at : numbers) keys_.push_back({pattern_.size() - 2 - word.size() + at, 0});
  }
}

void Workload::add_argument(std::string_view bytes) {
  pattern_ += header('$', bytes.size());
  pattern_ += bytes;
  pattern_ += "\r\n";
}

void Workload::add_key() {
  add_argument(key_);
  keys_.push_back({pattern_.size() - 2 - kDigits, 0});
}

void Workload::add_value() {
  add_argument(value_);
  keys_.back().value = pattern_.size() - 2 - value_.size() + 1;
}

void Workload::place(char* request, size_t slot, uint64_t key) const {
  const Places& places = keys_[slot];
  write_digits(request + places.name, kDigits, key);
  if (places.value == 0) return;
  std::memcpy(request + places.value, request + places.name + kDigits - value_digits_, value_digits_);
}

void Workload::place_ttl(char* request, Random& random) const {
  if (ttl_ != 0) write_digits(request + ttl_, 5, 10000 + random.below(90000));
}

Check Workload::check(std::string_view received, const char* request) const {
  if (received.empty()) return {};
  switch (reply_) {
    case Reply::kFixed: {
      const std::string_view start = received.substr(0, expected_.size());
      if (start != std::string_view(expected_).substr(0, start.size())) return {Check::kWrong, 0};
      return start.size() < expected_.size() ? Check{} : Check{Check::kGood, expected_.size()};
    }
    case Reply::kInteger: {
      if (received[0] != ':') return {Check::kWrong, 0};
      const size_t end = received.find("\r\n");
      if (end == std::string_view::npos) return {received.size() > 24 ? Check::kWrong : Check::kIncomplete, 0};
      int64_t number = 0;
      const char* last = received.data() + end;
      const auto [stop, error] = std::from_chars(received.data() + 1, last, number);
      return {error == std::errc() && stop == last ? Check::kGood : Check::kWrong, end + 2};
    }
    case Reply::kValue: return check_value(received, request, 0);
    case Reply::kValues: return check_values(received, request);
    case Reply::kAny: return skip_replies(received, replies_);
  }
  return {Check::kWrong, 0};
}

Check Workload::check_value(std::string_view received, const char* request, size_t slot) const {
  constexpr std::string_view kAbsent = "$-1\r\n";
  const size_t whole = value_header_.size() + value_.size() + 2;
  if (received.size() >= whole && std::memcmp(received.data(), value_header_.data(), value_header_.size()) == 0) {
    const char* value = received.data() + value_header_.size();
    const char* digits = request + keys_[slot].name + kDigits - value_digits_;
    const size_t head = 1 + value_digits_;
    const bool right = value[0] == value_[0] && std::memcmp(value + 1, digits, value_digits_) == 0 &&
                       std::memcmp(value + head, value_.data() + head, value_.size() - head) == 0 &&
                       std::memcmp(value + value_.size(), "\r\n", 2) == 0;
    return {right ? Check::kGood : Check::kWrong, whole};
  }
  if (received.starts_with(kAbsent)) return {Check::kMissing, kAbsent.size()};
  // Not all there yet; but what there is must be the start of one of the two.
  const size_t seen = std::min(received.size(), value_header_.size());
  const bool may_be_value = received.substr(0, seen) == std::string_view(value_header_).substr(0, seen);
  const bool may_be_absent = kAbsent.starts_with(received);
  return {may_be_value || may_be_absent ? Check::kIncomplete : Check::kWrong, 0};
}

Check Workload::check_values(std::string_view received, const char* request) const {
  const size_t seen = std::min(received.size(), expected_.size());
  if (received.substr(0, seen) != std::string_view(expected_).substr(0, seen)) return {Check::kWrong, 0};
  if (seen < expected_.size()) return {};
  Check sum{Check::kGood, expected_.size()};
  for (size_t slot = 0; slot < keys_.size(); ++slot) {
    const Check one = check_value(received.substr(sum.bytes), request, slot);
    if (one.verdict == Check::kIncomplete || one.verdict == Check::kWrong) return one;
    if (one.verdict == Check::kMissing) sum.verdict = Check::kMissing;
    sum.bytes += one.bytes;
  }
  return sum;
}

}  // namespace load
