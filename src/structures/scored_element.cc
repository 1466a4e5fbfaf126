#include "structures/scored_element.h"

#include "base/check.h"
#include "structures/block_pool.h"

namespace structures {

ScoredElement* ScoredElement::create(std::string_view text, double score) {
  CHECK(text.size() <= UINT32_MAX);
  char* const memory = static_cast<char*>(allocate_block(bytes_of(text.size())));
  char* at = memory;
  if (text.size() < kWide) {
    *at++ = static_cast<char>(text.size());
  } else {
    *at++ = static_cast<char>(kWide);
    const auto size = static_cast<uint32_t>(text.size());
    std::memcpy(at, &size, sizeof size);
    at += sizeof size;
  }
  std::memcpy(at, text.data(), text.size());
  std::memcpy(at + text.size(), &score, sizeof score);
  return reinterpret_cast<ScoredElement*>(memory);
}

void ScoredElement::destroy(ScoredElement* element) { release_block(element, element->bytes()); }

}  // namespace structures
