#include "acl/log.h"

#include <algorithm>
#include <array>

namespace acl {

std::string_view name_of(Reason reason) {
  constexpr std::array<std::string_view, 6> kNames{"command", "database", "key", "channel", "auth", "tls-cert"};
  return kNames[static_cast<size_t>(reason)];
}

std::string_view name_of(Context context) {
  constexpr std::array<std::string_view, 3> kNames{"toplevel", "multi", "lua"};
  return kNames[static_cast<size_t>(context)];
}

void Log::add(Entry entry, int64_t now_ms, size_t most) {
  constexpr size_t kLookedAt = 10;
  constexpr int64_t kTogetherMs = 60'000;
  entry.created_ms = entry.updated_ms = now_ms;
  const std::lock_guard hold(mutex_);
  const auto end = entries_.begin() + static_cast<ptrdiff_t>(std::min(kLookedAt, entries_.size()));
  const auto same = std::find_if(entries_.begin(), end, [&](const Entry& other) {
    return other.reason == entry.reason && other.context == entry.context && other.object == entry.object &&
           other.user == entry.user && now_ms - other.updated_ms <= kTogetherMs;
  });
  if (same != end) {
    entry.count = same->count + 1;
    entry.id = same->id;
    entry.created_ms = same->created_ms;
    entries_.erase(same);
  } else {
    entry.id = next_id_++;
  }
  entries_.push_front(std::move(entry));
  if (entries_.size() > most) entries_.resize(most);
}

void Log::clear() {
  const std::lock_guard hold(mutex_);
  entries_.clear();
}

std::vector<Log::Entry> Log::newest(size_t count) const {
  const std::lock_guard hold(mutex_);
  return {entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(std::min(count, entries_.size()))};
}

}  // namespace acl
