#include "structures/listpack.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "structures/block_pool.h"
#include "structures/listpack_entry.h"

namespace structures {
namespace {

static_assert(std::endian::native == std::endian::little, "fields are copied as they lie in memory");

constexpr uint32_t kUnknownCount = 65535;
constexpr uint8_t kEnd = 0xff;
constexpr uint32_t kBacklenBytesMax = 5;

template <typename T>
T load(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <typename T>
void store(void* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

// Bytes of encoding and data of the entry at `entry`, which is no end.
uint64_t body_bytes(const uint8_t* entry) {
  const uint8_t first = *entry;
  if (first < kListpackText6) return 1;
  if (first < kListpackInteger13) return 1 + (first & 0x3f);
  if (first < kListpackText12) return 2;
  if (first < kListpackText32) return 2 + ((first & 0x0fu) << 8 | entry[1]);
  switch (first) {
    case kListpackText32: return 5 + uint64_t{load<uint32_t>(entry + 1)};
    case kListpackInteger16: return 3;
    case kListpackInteger24: return 4;
    case kListpackInteger32: return 5;
    case kListpackInteger64: return 9;
    default: return 1;
  }
}

// Bytes that an entry's first byte says must be there before body_bytes() may be called; 0: no entry begins so.
uint32_t encoding_bytes(uint8_t first) {
  if (first < kListpackText12) return 1;
  if (first < kListpackText32) return 2;
  if (first == kListpackText32) return 5;
  return first <= kListpackInteger64 ? 1 : 0;
}

}  // namespace

bool Element::equals(std::string_view text) const {
  Buffer buffer;
  return this->text(buffer) == text;
}

bool Needle::equals(int64_t integer) {
  if (state_ == State::kUnread) {
    const auto value = base::parse_int64(text_);
    state_ = value ? State::kInteger : State::kNone;
    integer_ = value.value_or(0);
  }
  return state_ == State::kInteger && integer_ == integer;
}

// Reading.

bool ListpackView::validate(std::span<const uint8_t> bytes, bool deep) {
  if (bytes.size() < kEmptyBytes || bytes.size() > UINT32_MAX) return false;
  if (load<uint32_t>(bytes.data()) != bytes.size() || bytes.back() != kEnd) return false;
  if (!deep) return true;
  const uint64_t end = bytes.size() - 1;
  uint64_t at = kHeaderBytes;
  uint32_t entries = 0;
  while (at < end) {
    const uint8_t* entry = bytes.data() + at;
    const uint32_t encoding = encoding_bytes(*entry);
    if (encoding == 0 || encoding > end - at) return false;
    const uint64_t body = body_bytes(entry);
    const uint32_t tail = listpack_backlen_bytes(body);
    if (body + tail > end - at) return false;
    uint8_t expected[kBacklenBytesMax];
    write_listpack_backlen(expected, body);
    if (std::memcmp(entry + body, expected, tail) != 0) return false;
    at += body + tail;
    ++entries;
  }
  const uint16_t declared = load<uint16_t>(bytes.data() + 4);
  return declared == kUnknownCount || declared == entries;
}

uint32_t ListpackView::size_bytes() const { return load<uint32_t>(bytes_); }

uint32_t ListpackView::size() const {
  const uint16_t declared = load<uint16_t>(bytes_ + 4);
  if (declared != kUnknownCount) return declared;
  uint32_t entries = 0;
  for (Position p = first(); p != kNone; p = next(p)) ++entries;
  return entries;
}

uint32_t ListpackView::entry_bytes(Position position) const {
  const uint64_t body = body_bytes(bytes_ + position);
  return static_cast<uint32_t>(body) + listpack_backlen_bytes(body);
}

ListpackView::Position ListpackView::before(Position position) const {
  const uint8_t* last = bytes_ + position - 1;
  uint64_t body = *last & 0x7f;
  uint32_t tail = 1;
  for (; (*last & 0x80) != 0 && tail < kBacklenBytesMax; ++tail) body |= uint64_t{*--last & 0x7fu} << (7 * tail);
  return position - static_cast<uint32_t>(body) - tail;
}

ListpackView::Position ListpackView::skip(Position position, uint32_t count) const {
  for (; count > 0 && position != kNone; --count) position = next(position);
  return position;
}

ListpackView::Position ListpackView::at(int64_t index) const {
  const uint16_t declared = load<uint16_t>(bytes_ + 4);
  if (declared != kUnknownCount) {
    const int64_t entries = declared;
    if (index >= entries || index < -entries) return kNone;
    if (index >= 0 && index > entries / 2)
      index -= entries;
    else if (index < 0 && index < -entries / 2)
      index += entries;
  }
  Position position = kNone;
  if (index >= 0) {
    position = first();
    for (; index > 0 && position != kNone; --index) position = next(position);
  } else {
    position = last();
    for (; index < -1 && position != kNone; ++index) position = previous(position);
  }
  return position;
}

Element ListpackView::get(Position position) const {
  const uint8_t* entry = bytes_ + position;
  const auto text = [entry](uint32_t head, size_t size) {
    return Element(std::string_view(reinterpret_cast<const char*>(entry + head), size));
  };
  const uint8_t first = *entry;
  if (first < kListpackText6) return Element(int64_t{first});
  if (first < kListpackInteger13) return text(1, first & 0x3f);
  if (first < kListpackText12) {  // the sign is the highest of 13 bits
    const uint32_t bits = (first & 0x1fu) << 8 | entry[1];
    return Element(static_cast<int64_t>(bits) - (bits >= 0x1000 ? 0x2000 : 0));
  }
  if (first < kListpackText32) return text(2, (first & 0x0fu) << 8 | entry[1]);
  switch (first) {
    case kListpackText32: return text(5, load<uint32_t>(entry + 1));
    case kListpackInteger16: return Element(int64_t{load<int16_t>(entry + 1)});
    case kListpackInteger24: return Element(int64_t{load<int16_t>(entry + 2)} * 256 + entry[1]);
    case kListpackInteger32: return Element(int64_t{load<int32_t>(entry + 1)});
    case kListpackInteger64: return Element(load<int64_t>(entry + 1));
    default: break;
  }
  CHECK(false && "no entry begins so");
  return Element(int64_t{0});
}

bool ListpackView::equals(Position position, Needle& needle) const {
  const uint8_t* entry = bytes_ + position;
  if ((*entry & 0xc0) == kListpackText6) {  // the common case: nothing is decoded
    const size_t size = *entry & 0x3f;
    return size == needle.text().size() && std::memcmp(entry + 1, needle.text().data(), size) == 0;
  }
  const Element element = get(position);
  if (element.is_integer()) return needle.equals(element.integer());
  return element.equals(needle.text());
}

ListpackView::Position ListpackView::find(Position from, std::string_view text, uint32_t skip_count) const {
  Needle needle(text);
  for (Position p = from; p != kNone; p = skip(p, skip_count + 1)) {
    if (equals(p, needle)) return p;
  }
  return kNone;
}

// Random entries.

ListpackView::Position ListpackView::random_position(base::Random& random, uint32_t stride) const {
  return at(static_cast<int64_t>(random.below(size() / stride) * stride));
}

std::vector<ListpackView::Position> ListpackView::random_positions(base::Random& random, size_t count,
                                                                   uint32_t stride) const {
  struct Pick {
    uint64_t group;
    size_t place;
  };
  const uint64_t groups = size() / stride;
  std::vector<Pick> picks;
  picks.reserve(count);
  for (size_t i = 0; i < count; ++i) picks.push_back({random.below(groups), i});
  std::sort(picks.begin(), picks.end(), [](const Pick& a, const Pick& b) { return a.group < b.group; });
  std::vector<Position> out(count);
  Position position = first();
  uint64_t group = 0;
  for (const Pick& pick : picks) {
    for (; group < pick.group; ++group) position = skip(position, stride);
    out[pick.place] = position;
  }
  return out;
}

std::vector<ListpackView::Position> ListpackView::distinct_random_positions(base::Random& random, size_t count,
                                                                            uint32_t stride) const {
  std::vector<Position> out;
  uint64_t left = size() / stride;
  Position position = first();
  // Each group is taken with the chance that as many as are still wanted of as many as are left have.
  for (uint64_t wanted = std::min<uint64_t>(count, left); wanted > 0; --left, position = skip(position, stride)) {
    if (random.below(left) >= wanted) continue;
    out.push_back(position);
    --wanted;
  }
  return out;
}

// Changing.

size_t listpack_capacity(size_t size_bytes) {
  constexpr size_t kLargeBytes = 64 * 1024;
  if (size_bytes <= kLargeBytes)
    return block_size((size_bytes + 7) & ~size_t{7});  // a handle keeps three bits of its address
  // The allocator's classes end somewhere above; steps of an eighth keep appending cheap at any size.
  const size_t step = std::bit_floor(size_bytes) / 8;
  return block_size((size_bytes + step - 1) / step * step);
}

uint32_t listpack_entry_bytes(std::string_view text) { return static_cast<uint32_t>(ListpackEntry(text).bytes()); }

Listpack Listpack::make() {
  Listpack out(static_cast<uint8_t*>(allocate_block(listpack_capacity(kEmptyBytes))));
  store<uint32_t>(out.bytes_, kEmptyBytes);
  store<uint16_t>(out.bytes_ + 4, 0);
  out.bytes_[kHeaderBytes] = kEnd;
  return out;
}

Listpack Listpack::from_bytes(std::string_view bytes) {
  Listpack out(static_cast<uint8_t*>(allocate_block(listpack_capacity(bytes.size()))));
  std::memcpy(out.bytes_, bytes.data(), bytes.size());
  return out;
}

void Listpack::destroy() {
  release_block(bytes_, listpack_capacity(size_bytes()));
  bytes_ = nullptr;
}

void Listpack::clear() {
  destroy();
  *this = make();
}

// Makes room for what is added at `position`, in place of what is removed there; the caller writes it.
uint8_t* Listpack::splice(Position position, const Change& change) {
  const uint32_t old_bytes = size_bytes();
  const uint64_t new_bytes = uint64_t{old_bytes} - change.removed_bytes + change.added_bytes;
  CHECK(new_bytes <= UINT32_MAX);
  const uint64_t from = uint64_t{position} + change.removed_bytes;
  const uint64_t to = uint64_t{position} + change.added_bytes;
  const size_t old_capacity = listpack_capacity(old_bytes);
  const size_t new_capacity = listpack_capacity(new_bytes);
  if (new_capacity == old_capacity) {
    std::memmove(bytes_ + to, bytes_ + from, old_bytes - from);
  } else {
    auto* fresh = static_cast<uint8_t*>(allocate_block(new_capacity));
    std::memcpy(fresh, bytes_, position);
    std::memcpy(fresh + to, bytes_ + from, old_bytes - from);
    release_block(bytes_, old_capacity);
    bytes_ = fresh;
  }
  store(bytes_, static_cast<uint32_t>(new_bytes));
  const uint16_t declared = load<uint16_t>(bytes_ + 4);
  if (new_bytes == kEmptyBytes) {
    store<uint16_t>(bytes_ + 4, 0);  // no entry is left: even an unknown count is known again
  } else if (declared != kUnknownCount) {
    const uint64_t entries = declared - change.removed_entries + change.added_entries;
    store(bytes_ + 4, static_cast<uint16_t>(std::min<uint64_t>(entries, kUnknownCount)));
  }
  return bytes_ + position;
}

Listpack::Position Listpack::insert(Position before, int64_t integer) {
  const ListpackEntry encoded(integer);
  encoded.write(splice(before, {.added_bytes = encoded.bytes(), .added_entries = 1}));
  return before;
}

Listpack::Position Listpack::insert_many(Position before, std::span<const std::string_view> texts) {
  if (texts.size() == 1) {
    const ListpackEntry encoded(texts[0]);
    encoded.write(splice(before, {.added_bytes = encoded.bytes(), .added_entries = 1}));
    return before;
  }
  uint64_t bytes = 0;
  for (const std::string_view text : texts) bytes += ListpackEntry(text).bytes();
  uint8_t* out = splice(before, {.added_bytes = bytes, .added_entries = texts.size()});
  for (const std::string_view text : texts) out = ListpackEntry(text).write(out);
  return before;
}

void ListpackSizes::add(std::string_view text) {
  bytes_ += ListpackEntry(text).bytes();
  ++entries_;
}

void ListpackSizes::add(int64_t integer) {
  bytes_ += ListpackEntry(integer).bytes();
  ++entries_;
}

void ListpackWriter::add(std::string_view text) { out_ = ListpackEntry(text).write(out_); }

void ListpackWriter::add(int64_t integer) { out_ = ListpackEntry(integer).write(out_); }

ListpackWriter Listpack::append(const ListpackSizes& sizes) {
  return ListpackWriter(splice(end(), {.added_bytes = sizes.bytes_, .added_entries = sizes.entries_}));
}

// An entry that keeps its size, as counts mostly do, moves nothing.
template <typename Value>
void Listpack::replace_with(Position position, Value value) {
  const ListpackEntry encoded(value);
  const uint32_t old_bytes = entry_bytes(position);
  const bool fits = encoded.bytes() == old_bytes;
  encoded.write(fits ? bytes_ + position : splice(position, {old_bytes, 1, encoded.bytes(), 1}));
}

void Listpack::replace(Position position, std::string_view text) { replace_with(position, text); }

void Listpack::replace(Position position, int64_t integer) { replace_with(position, integer); }

Listpack::Position Listpack::erase_range(Position position, uint32_t count) {
  Position after = position;
  Change change;
  for (; change.removed_entries < count && bytes_[after] != kEnd; ++change.removed_entries) after += entry_bytes(after);
  change.removed_bytes = after - position;
  if (change.removed_entries > 0) splice(position, change);
  return bytes_[position] == kEnd ? kNone : position;
}

void Listpack::erase_at(int64_t index, uint32_t count) {
  const Position position = at(index);
  if (position != kNone) erase_range(position, count);
}

uint64_t Listpack::erase_equal(Needle& needle, uint64_t count, bool from_back) {
  uint64_t erased = 0;
  Position position = from_back ? last() : first();
  while (position != kNone && erased < count) {
    const bool equal = equals(position, needle);
    const Position before = from_back ? previous(position) : kNone;
    Position after = kNone;
    if (equal) {
      after = erase(position);
      ++erased;
    } else if (!from_back) {
      after = next(position);
    }
    position = from_back ? before : after;
  }
  return erased;
}

Listpack::Position Listpack::insert_all(Position before, ListpackView other) {
  DCHECK(other.pointer() != bytes_);
  const uint32_t bytes = other.size_bytes() - kEmptyBytes;
  std::memcpy(splice(before, {.added_bytes = bytes, .added_entries = other.size()}), other.pointer() + kHeaderBytes,
              bytes);
  return before;
}

void Listpack::append_and_destroy(Listpack other) {
  // The smaller one moves.
  if (other.size_bytes() > size_bytes()) {
    std::swap(bytes_, other.bytes_);
    insert_all(kHeaderBytes, other);
  } else {
    insert_all(end(), other);
  }
  other.destroy();
}

void Listpack::prepend_and_destroy(Listpack other) {
  other.append_and_destroy(*this);
  *this = other;
}

}  // namespace structures
