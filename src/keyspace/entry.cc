#include "keyspace/entry.h"

#include <algorithm>
#include <charconv>

#include "structures/memory.h"

namespace keyspace {
namespace {

// A raw text gets as much room again as it takes, but not more than this.
constexpr size_t kGrowthBytesMax = 1024 * 1024;

// Canonical decimal texts have at most 20 bytes.
std::optional<int64_t> canonical_integer(std::string_view text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  const char first = text[0];
  if (first == '0') return text.size() == 1 ? std::optional<int64_t>(0) : std::nullopt;
  if (first == '-' && (text.size() == 1 || text[1] == '0')) return std::nullopt;
  if (first != '-' && (first < '1' || first > '9')) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Entry::Form form_of(size_t text_size) {
  if (text_size < 256) return Entry::Form::kShort;
  return text_size <= Entry::kInlineBytes ? Entry::Form::kMedium : Entry::Form::kLong;
}

size_t value_bytes_of(Entry::Form form, size_t text_size) {
  switch (form) {
    case Entry::Form::kShort: return 1 + text_size;
    case Entry::Form::kMedium: return 4 + text_size;
    case Entry::Form::kLong:
    case Entry::Form::kInteger: return 8;
  }
  return 0;
}

}  // namespace

LongText* LongText::create(std::string_view text, uint64_t capacity) {
  DCHECK(capacity >= text.size());
  auto* made = static_cast<LongText*>(structures::allocate(sizeof(LongText) + capacity));
  made->size = text.size();
  made->capacity = capacity;
  if (!text.empty()) std::memcpy(made->data(), text.data(), text.size());
  return made;
}

void LongText::destroy(LongText* text) { structures::release(text, sizeof(LongText) + text->capacity); }

Entry* Entry::allocate_for(std::string_view key, Kind kind, size_t value_bytes, int64_t expiry_ms) {
  const bool expires = expiry_ms != kNoExpiry;
  const bool wide = key.size() >= kWide || (expires && !is_near(expiry_ms));
  const size_t fixed = kKeyLength + (wide ? 5 : 1) + (expires ? (wide ? 8 : 6) : 0);
  auto* entry = static_cast<Entry*>(structures::allocate_block(fixed + key.size() + value_bytes));
  entry->set_head((static_cast<uint32_t>(kind) << kKindShift) | (expires ? kExpires : 0));
  entry->bytes()[kKeyLength] = static_cast<char>(wide ? kWide : key.size());
  if (wide) entry->write(kWideKeyLength, static_cast<uint32_t>(key.size()));
  if (expires) entry->move_expiry(expiry_ms);
  if (!key.empty()) std::memcpy(entry->bytes() + fixed, key.data(), key.size());
  return entry;
}

void Entry::move_expiry(int64_t expiry_ms) {
  DCHECK(holds_expiry(expiry_ms));
  std::memcpy(bytes() + expiry_offset(), &expiry_ms, wide() ? 8 : 6);  // little endian: the low bytes come first
}

Entry* Entry::create_integer(std::string_view key, int64_t value, int64_t expiry_ms) {
  Entry* entry = allocate_for(key, Kind::kInteger, 8, expiry_ms);
  entry->set_integer(value);
  return entry;
}

// Writes the length and the text of a short or medium value, with zeros up to `size`.
void Entry::store_inline(std::string_view text, size_t size) {
  DCHECK(text.size() <= size);
  const size_t length_bytes = form() == Form::kShort ? 1 : 4;
  char* const at = bytes() + value_offset();
  const auto stored = static_cast<uint32_t>(size);
  std::memcpy(at, &stored, length_bytes);  // little endian: the low byte comes first
  if (!text.empty()) std::memcpy(at + length_bytes, text.data(), text.size());
  std::memset(at + length_bytes + text.size(), 0, size - text.size());
}

Entry* Entry::create(std::string_view key, std::string_view text, int64_t expiry_ms) {
  if (const auto value = canonical_integer(text)) return create_integer(key, *value, expiry_ms);
  return create_text(key, text, expiry_ms);
}

Entry* Entry::create_text(std::string_view key, std::string_view text, int64_t expiry_ms) {
  const Form form = form_of(text.size());
  Entry* entry = allocate_for(key, kind_of(form), value_bytes_of(form, text.size()), expiry_ms);
  if (form == Form::kLong) {
    entry->write(entry->value_offset(), LongText::create(text, text.size()));
  } else {
    entry->store_inline(text, text.size());
  }
  return entry;
}

Entry* Entry::create_raw(std::string_view key, std::string_view text, int64_t expiry_ms, size_t size) {
  text = text.substr(0, size);
  const Form form = form_of(size);
  Entry* entry = allocate_for(key, kind_of(form), value_bytes_of(form, size), expiry_ms);
  entry->mark_raw();
  if (form != Form::kLong) {
    entry->store_inline(text, size);
    return entry;
  }
  // What has grown once will grow again; what is new may well be as long as it will ever be.
  const size_t reserve = text.empty() ? 0 : std::min<size_t>(size, kGrowthBytesMax);
  LongText* made = LongText::create(text, size + reserve);
  std::memset(made->data() + text.size(), 0, size - text.size());
  made->size = size;
  entry->write(entry->value_offset(), made);
  return entry;
}

Entry* Entry::create_collection(std::string_view key, values::Collection collection, int64_t expiry_ms) {
  Entry* entry = allocate_for(key, kind_of(collection.type), sizeof collection.word, expiry_ms);
  entry->set_word(collection.word);
  return entry;
}

void Entry::destroy(Entry* entry) {
  if (entry->type() != Type::kString) {
    entry->collection().destroy();
  } else if (entry->is_long()) {
    LongText::destroy(entry->long_text());
  }
  structures::release_block(entry, entry->entry_bytes());
}

// The reference's layout, though ours is another: object, expiry, offset of the key, key and text each with a header
// and a byte at the end. Pinned by tests/transcripts/keys/object.transcript.
bool Entry::embedded(bool with_expiry) const {
  constexpr size_t kMost = 128;
  constexpr size_t kObject = 8, kExpiry = 8, kKeyOffset = 1, kEnd = 1;
  constexpr size_t kShortKeyMax = 31, kShortKeyHeader = 1, kKeyHeader = 3, kTextHeader = 3;
  const size_t key_header = key_size() <= kShortKeyMax ? kShortKeyHeader : kKeyHeader;
  const size_t bytes = kObject + (with_expiry ? kExpiry : 0) + kKeyOffset + key_header + key_size() + kEnd +
                       kTextHeader + text_size() + kEnd;
  return !raw() && bytes <= kMost;
}

// A shallow copy: a LongText or a collection is shared by both until one of them lets go.
Entry* Entry::with_same_value(const Entry& old, std::string_view key, int64_t expiry_ms) {
  const size_t value_bytes = old.value_bytes();
  Entry* entry = allocate_for(key, old.kind(), value_bytes, expiry_ms);
  entry->set_head((old.head() & ~kExpires) | (entry->head() & kExpires));
  if (old.type() == Type::kString && old.form() != Form::kInteger && !old.embedded()) entry->mark_raw();
  std::memcpy(entry->bytes() + entry->value_offset(), old.bytes() + old.value_offset(), value_bytes);
  return entry;
}

Entry* Entry::move(Entry* old, std::string_view key, int64_t expiry_ms) {
  Entry* entry = with_same_value(*old, key, expiry_ms);
  structures::release_block(old, old->entry_bytes());
  return entry;
}

Entry* Entry::copy(const Entry& old, std::string_view key, int64_t expiry_ms) {
  Entry* entry = with_same_value(old, key, expiry_ms);
  if (old.type() != Type::kString) {
    entry->set_word(old.collection().row().copy(old.word()));
  } else if (old.is_long()) {
    const LongText* text = old.long_text();
    entry->write(entry->value_offset(), LongText::create({text->data(), text->size}, text->size));
  }
  return entry;
}

values::Collection Entry::destroy_but_collection(Entry* entry) {
  const values::Collection collection = entry->collection();
  structures::release_block(entry, entry->entry_bytes());
  return collection;
}

LongText* Entry::destroy_but_text(Entry* entry) {
  LongText* text = entry->is_long() ? entry->long_text() : nullptr;
  structures::release_block(entry, entry->entry_bytes());
  return text;
}

bool Entry::overwrite(std::string_view text, int64_t expiry_ms) {
  if (type() != Type::kString) return false;
  if (expiry_ms == kNoExpiry ? has_expiry() : !holds_expiry(expiry_ms)) return false;
  const Form old_form = form();
  if (const auto value = canonical_integer(text)) {
    if (old_form != Form::kInteger) return false;
    set_integer(*value);
  } else {
    if (form_of(text.size()) != old_form || (old_form != Form::kShort && old_form != Form::kMedium)) return false;
    const size_t at = value_offset();
    const size_t old_bytes = value_bytes_at(at), new_bytes = value_bytes_of(old_form, text.size());
    const auto block = [at](size_t bytes) { return structures::block_size(at + bytes); };
    if (new_bytes != old_bytes && block(new_bytes) != block(old_bytes)) return false;
    const auto size = static_cast<uint32_t>(text.size());
    const size_t length_bytes = old_form == Form::kShort ? 1 : 4;
    std::memcpy(bytes() + at, &size, length_bytes);
    if (!text.empty()) std::memcpy(bytes() + at + length_bytes, text.data(), text.size());
    if (kind() == Kind::kShortRaw) set_kind(Kind::kShort);
  }
  if (expiry_ms != kNoExpiry) move_expiry(expiry_ms);
  return true;
}

size_t Entry::value_bytes_at(size_t at) const {
  switch (kind()) {
    case Kind::kShort:
    case Kind::kShortRaw: return 1 + static_cast<uint8_t>(bytes()[at]);
    case Kind::kMedium: return 4 + read<uint32_t>(at);
    default: return 8;
  }
}

size_t Entry::total_bytes() const {
  const size_t own = structures::block_size(entry_bytes());
  if (type() != Type::kString) return own + collection().row().memory_bytes(word());
  return is_long() ? own + structures::allocation_size(sizeof(LongText) + long_text()->capacity) : own;
}

std::string_view Entry::text(TextBuffer& buffer) const {
  DCHECK(type() == Type::kString);
  const size_t at = value_offset();
  switch (form()) {
    case Form::kShort: return {bytes() + at + 1, static_cast<uint8_t>(bytes()[at])};
    case Form::kMedium: return {bytes() + at + 4, read<uint32_t>(at)};
    case Form::kLong: return {long_text()->data(), long_text()->size};
    case Form::kInteger: break;
  }
  const auto [end, error] = std::to_chars(buffer.digits, buffer.digits + sizeof buffer.digits, read<int64_t>(at));
  return {buffer.digits, static_cast<size_t>(end - buffer.digits)};
}

std::optional<int64_t> Entry::integer() const {
  if (form() != Form::kInteger) return std::nullopt;
  return read<int64_t>(value_offset());
}

char* Entry::mutable_text() {
  DCHECK(form() != Form::kInteger);
  if (form() == Form::kLong) return long_text()->data();
  return bytes() + value_offset() + (form() == Form::kShort ? 1 : 4);
}

bool Entry::resize_in_place(size_t size) {
  const size_t at = value_offset();
  switch (form()) {
    case Form::kInteger: return false;
    case Form::kLong: {
      LongText* text = long_text();
      if (size > text->capacity) {
        const uint64_t capacity = size + std::min<size_t>(size, kGrowthBytesMax);
        LongText* grown = LongText::create({text->data(), text->size}, capacity);
        LongText::destroy(text);
        write(at, grown);
        text = grown;
      }
      if (size > text->size) std::memset(text->data() + text->size, 0, size - text->size);
      text->size = size;
      return true;
    }
    case Form::kShort:
    case Form::kMedium: break;
  }
  const bool is_short = form() == Form::kShort;
  const size_t length_bytes = is_short ? 1 : 4;
  const size_t old_size = value_bytes() - length_bytes;
  if (size > (is_short ? 255 : kInlineBytes)) return false;
  if (structures::block_size(at + length_bytes + size) != structures::block_size(at + length_bytes + old_size))
    return false;
  if (size > old_size) std::memset(bytes() + at + length_bytes + old_size, 0, size - old_size);
  const auto stored = static_cast<uint32_t>(size);
  std::memcpy(bytes() + at, &stored, length_bytes);
  return true;
}

}  // namespace keyspace
