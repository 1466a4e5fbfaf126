// Raising a register of a sparse HyperLogLog: the run that holds it is split, and equal neighbours are joined.
#include <algorithm>
#include <cstring>
#include <optional>

#include "values/hyperloglog.h"
#include "values/hyperloglog_runs.h"

namespace values {
namespace {

// Where the run of a register stands among the bytes, and the run before it (itself, if it is the first).
struct Place {
  size_t at;
  size_t before;
  Run run;
};

std::optional<Place> find(std::string_view bytes, uint32_t index) {
  RunReader reader(bytes.substr(HyperLogLog::kHeaderBytes));
  Place place{HyperLogLog::kHeaderBytes, HyperLogLog::kHeaderBytes, {}};
  while (reader.next_unchecked(place.run)) {
    if (index < place.run.first + place.run.length) break;
    place.before = place.at;
    place.at = HyperLogLog::kHeaderBytes + reader.at();
  }
  const bool none = place.at >= bytes.size();
  if (none || place.at + place.run.bytes > bytes.size()) return std::nullopt;  // or the last one is cut off
  return place;
}

RunWriter split(const Run& run, HyperLogLog::Mark mark) {
  const uint32_t left = mark.index - run.first;
  const uint32_t right = run.first + run.length - 1 - mark.index;
  RunWriter out;
  run.value == 0 ? out.zeros(left) : out.values(run.value, left);
  out.values(mark.rank, 1);
  run.value == 0 ? out.zeros(right) : out.values(run.value, right);
  return out;
}

// Joins runs of one value from here on, but only among the next five runs: as far as one change can reach.
void join(std::string& bytes, size_t at) {
  const auto byte_at = [&bytes](size_t index) { return static_cast<uint8_t>(bytes[index]); };
  for (int left = 5; left > 0 && at < bytes.size(); --left) {
    const uint8_t head = byte_at(at);
    if ((head & 0x80) == 0) {
      at += (head & 0x40) != 0 ? 2 : 1;
      continue;
    }
    const bool has_equal = at + 1 < bytes.size() && (byte_at(at + 1) & ~3U) == (head & ~3U);
    const uint32_t length = has_equal ? (head & 3U) + 1 + (byte_at(at + 1) & 3U) + 1 : 0;
    if (!has_equal || length > RunWriter::kValuesMax) {
      ++at;
      continue;
    }
    bytes[at] = RunWriter::value_run(static_cast<uint8_t>((head >> 2 & 31) + 1), length);
    bytes.erase(at + 1, 1);  // and the joined run is looked at again
  }
}

Raised raise_as_dense(std::string& bytes, HyperLogLog::Mark mark) {
  if (!make_dense(bytes)) return Raised::kCorrupt;
  return raise_dense_register(bytes, mark) ? Raised::kYes : Raised::kNo;
}

}  // namespace

Raised raise_register(std::string& bytes, HyperLogLog::Mark mark, size_t sparse_max_bytes) {
  if (HyperLogLog::of(bytes)->dense() || mark.rank > RunWriter::kValueMax) return raise_as_dense(bytes, mark);
  const std::optional<Place> place = find(bytes, mark.index);
  if (!place) return Raised::kCorrupt;
  if (place->run.value >= mark.rank) return Raised::kNo;
  const RunWriter runs = split(place->run, mark);
  const size_t size = bytes.size() - place->run.bytes + runs.bytes().size();
  if (size > bytes.size() && size > sparse_max_bytes) return raise_as_dense(bytes, mark);
  bytes.replace(place->at, place->run.bytes, runs.bytes());
  join(bytes, place->before);
  void_count(bytes);
  return Raised::kYes;
}

}  // namespace values
