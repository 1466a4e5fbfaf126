// Comparison of replies. See compare.h.
#include "compare.h"

#include <algorithm>
#include <cstdlib>

#include "policy.h"

namespace differential {

namespace {

std::vector<std::string> sorted_elements(const Value& value) {
  bool pairs = value.kind == '%';
  std::vector<std::string> elements;
  for (size_t at = 0; at < value.items.size(); at += pairs ? 2 : 1) {
    std::string element = render(value.items[at], static_cast<size_t>(-1));
    if (pairs) element += " => " + render(value.items[at + 1], static_cast<size_t>(-1));
    elements.push_back(std::move(element));
  }
  std::sort(elements.begin(), elements.end());
  return elements;
}

// TTL -1 and -2 mean something else than a time.
bool same_time(const Value& ours, const Value& reference, int64_t tolerance) {
  if (ours.kind != reference.kind || ours.items.size() != reference.items.size()) return false;
  if (ours.kind == ':') {
    long long a = std::atoll(ours.text.c_str()), b = std::atoll(reference.text.c_str());
    return a == b || (a >= 0 && b >= 0 && std::abs(a - b) <= tolerance);
  }
  for (size_t i = 0; i < ours.items.size(); i++) {
    if (!same_time(ours.items[i], reference.items[i], tolerance)) return false;
  }
  return !ours.items.empty() || ours == reference;
}

bool near(const Value& ours, const Value& reference) {
  constexpr long long kToleranceMs = 20'000;  // A machine that is busy with other things stalls for seconds.
  return ours.kind == ':' && reference.kind == ':' &&
         std::abs(std::atoll(ours.text.c_str()) - std::atoll(reference.text.c_str())) <= kToleranceMs;
}

bool names_time(std::string_view name) {
  return name == "idle" || name == "inactive" || name == "seen-time" || name == "active-time";
}

// XPENDING has the time since a delivery third of four, after the id and the consumer; XINFO STREAM FULL the time of
// one, in milliseconds of the epoch, wherever it has an entry; other times have names.
bool same_but_idle(const Value& ours, const Value& reference) {
  constexpr long long kNoCount = 1'000'000'000'000;
  if (ours == reference) return true;
  if (ours.kind == ':' && std::atoll(ours.text.c_str()) > kNoCount) return near(ours, reference);
  if (ours.kind != reference.kind || ours.items.empty() || ours.items.size() != reference.items.size()) return false;
  const bool pending = ours.items.size() == 4 && ours.items[0].kind == '$' && ours.items[2].kind == ':';
  for (size_t i = 0; i < ours.items.size(); i++) {
    const bool time = (i > 0 && names_time(ours.items[i - 1].text)) || (pending && i == 2);
    if (!same_but_idle(ours.items[i], reference.items[i]) && !(time && near(ours.items[i], reference.items[i]))) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool same_elements(const Value& ours, const Value& reference) {
  if (!ours.is_aggregate() || !reference.is_aggregate()) return ours == reference;
  return ours.kind == reference.kind && sorted_elements(ours) == sorted_elements(reference);
}

bool same_reply(std::string_view command_name, const Value& ours, const Value& reference) {
  if (ours == reference) return true;
  if (ours.is_error() || reference.is_error()) return false;
  switch (comparison_of(command_name)) {
    case Comparison::kExact: return false;
    case Comparison::kUnordered: return same_elements(ours, reference);
    case Comparison::kTime: return same_time(ours, reference, time_tolerance(command_name));
    case Comparison::kIdle: return same_but_idle(ours, reference);
    case Comparison::kShape: return ours.kind == reference.kind;
  }
  return false;
}

}  // namespace differential
