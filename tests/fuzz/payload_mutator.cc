#include "fuzz/payload_mutator.h"

#include <array>
#include <cstring>
#include <vector>

#include "rdb/format.h"
#include "rdb/input.h"
#include "rdb/output.h"
#include "structures/listpack.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace fuzz {
namespace {

using rdb::Input;
using rdb::Output;
using rdb::ValueType;
using structures::Element;
using structures::Listpack;
using structures::ListpackView;

// A part of a value: a length, a text, or bytes of a fixed size.
struct Token {
  enum class Kind : uint8_t { kLength, kText, kBytes };
  Kind kind = Kind::kBytes;
  uint64_t number = 0;
  std::string text;
};
using Tokens = std::vector<Token>;

class Tokenizer {
 public:
  Tokenizer(std::string_view bytes, Tokens& out) : input_(bytes), out_(out) {}

  // Whatever cannot be told apart is left as one token.
  void run() {
    const auto type = static_cast<ValueType>(take_bytes(1).front());
    switch (type) {
      case ValueType::kList:
      case ValueType::kSet:
      case ValueType::kListQuicklist: repeat([&] { text(); }); break;
      case ValueType::kListQuicklist2: repeat([&] { length(), text(); }); break;
      case ValueType::kHash: repeat([&] { text(), text(); }); break;
      case ValueType::kSortedSet: repeat([&] { text(), take_bytes(8); }); break;
      case ValueType::kHashExpiring: repeat([&] { text(), text(), take_bytes(8); }); break;
      case ValueType::kHashExpiringRedis:
        take_bytes(8);
        repeat([&] { length(), text(), text(); });
        break;
      case ValueType::kHashListpackExpiringRedis: take_bytes(8), text(); break;
      case ValueType::kStream1:
      case ValueType::kStream2:
      case ValueType::kStream3: stream(type); break;
      default: text();
    }
    if (!input_.failed() && input_.left() > 0) take_bytes(input_.left());
  }

 private:
  template <typename One>
  void repeat(One one) {
    for (uint64_t left = length(); left > 0 && !input_.failed(); --left) one();
  }
  void stream(ValueType type) {
    repeat([&] { text(), text(); });
    for (int left = type == ValueType::kStream1 ? 3 : 8; left > 0; --left) length();
    repeat([&] {
      text();
      for (int left = type == ValueType::kStream1 ? 2 : 3; left > 0; --left) length();
      repeat([&] { take_bytes(16), take_bytes(8), length(); });
      repeat([&] {
        text();
        take_bytes(type == ValueType::kStream3 ? 16 : 8);
        repeat([&] { take_bytes(16); });
      });
    });
  }
  uint64_t length() {
    const uint64_t value = input_.length();
    if (!input_.failed()) out_.push_back({Token::Kind::kLength, value, ""});
    return value;
  }
  void text() {
    const rdb::Text text = input_.text();
    if (!input_.failed()) out_.push_back({Token::Kind::kText, 0, std::string(text.view())});
  }
  std::string take_bytes(uint64_t count) {
    std::string taken(input_.take(count));
    if (!input_.failed()) out_.push_back({Token::Kind::kBytes, 0, taken});
    return taken.empty() ? std::string(1, '\xff') : taken;
  }

  Input input_;
  Tokens& out_;
};

std::string join(const Tokens& tokens, bool compress) {
  std::string bytes;
  Output out(bytes, compress);
  for (const Token& token : tokens) {
    switch (token.kind) {
      case Token::Kind::kLength: out.length(token.number); break;
      case Token::Kind::kText: out.text(token.text); break;
      case Token::Kind::kBytes: bytes += token.text;
    }
  }
  return bytes;
}

uint64_t any_number(base::Random& random) {
  constexpr std::array<uint64_t, 12> kNumbers{0,     1,          2,          3,         63,         64,
                                              65535, UINT32_MAX, 1ULL << 32, INT64_MAX, UINT64_MAX, UINT64_MAX - 1};
  return random.below(2) == 0 ? random.below(8) : kNumbers[random.below(kNumbers.size())];
}

void mutate_bytes(std::string& text, size_t most) {
  const size_t size = text.size();
  text.resize(size + most);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), size, text.size()));
}

// An entry of a listpack is doubled, dropped, moved or exchanged; the listpack stays whole.
bool mutate_listpack(std::string& text, base::Random& random) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  if (!ListpackView::validate({bytes, text.size()}, true)) return false;
  Listpack pack = Listpack::from_bytes(text);
  const uint32_t size = pack.size();
  const auto at = pack.at(static_cast<int64_t>(random.below(size + 1ULL)));
  const auto from = pack.at(static_cast<int64_t>(random.below(size + 1ULL)));
  Element::Buffer buffer;
  const std::string other(from == pack.kNone ? "x" : pack.get(from).text(buffer));
  switch (random.below(5)) {
    case 0: pack.append(static_cast<int64_t>(any_number(random))); break;
    case 1: pack.insert(at == pack.kNone ? pack.end() : at, other); break;
    case 2:
      pack.erase_at(static_cast<int64_t>(random.below(size + 1ULL)), 1 + static_cast<uint32_t>(random.below(3)));
      break;
    case 3:
      if (at != pack.kNone) pack.replace(at, static_cast<int64_t>(any_number(random)));
      break;
    default:
      if (at != pack.kNone) pack.replace(at, other);
  }
  text = pack.bytes();
  pack.destroy();
  return true;
}

void mutate_text(std::string& text, base::Random& random) {
  constexpr size_t kMore = 16;
  if (random.below(4) != 0 && mutate_listpack(text, random)) return;
  mutate_bytes(text, kMore);
  const auto size = static_cast<uint32_t>(text.size());
  if (size > sizeof size && random.below(2) == 0) std::memcpy(text.data(), &size, sizeof size);  // of a ziplist
}

void mutate_token(Tokens& tokens, base::Random& random) {
  Token& token = tokens[random.below(tokens.size())];
  switch (token.kind) {
    case Token::Kind::kLength:
      token.number = random.below(2) == 0 ? token.number + 1 - 2 * random.below(2) : any_number(random);
      break;
    case Token::Kind::kText: mutate_text(token.text, random); break;
    case Token::Kind::kBytes: mutate_bytes(token.text, 0);
  }
}

// A run of tokens is copied to another place, or dropped; sometimes a length before it follows.
void mutate_run(Tokens& tokens, base::Random& random) {
  const size_t begin = random.below(tokens.size());
  const size_t count = std::min<size_t>(1 + random.below(4), tokens.size() - begin);
  const Tokens run(tokens.begin() + static_cast<ptrdiff_t>(begin),
                   tokens.begin() + static_cast<ptrdiff_t>(begin + count));
  const bool adds = random.below(2) == 0;
  if (adds) {
    const size_t to = random.below(2) == 0 ? begin : random.below(tokens.size());
    tokens.insert(tokens.begin() + static_cast<ptrdiff_t>(to), run.begin(), run.end());
  } else {
    tokens.erase(tokens.begin() + static_cast<ptrdiff_t>(begin),
                 tokens.begin() + static_cast<ptrdiff_t>(begin + count));
  }
  if (random.below(4) == 0) return;
  for (size_t at = begin; at-- > 0;) {
    if (tokens[at].kind != Token::Kind::kLength) continue;
    tokens[at].number += adds ? 1 : ~0ULL;
    if (random.below(2) == 0) return;
  }
}

}  // namespace

std::string mutate_value(std::string_view bytes, base::Random& random) {
  Tokens tokens;
  Tokenizer(bytes, tokens).run();
  if (tokens.empty() || random.below(8) == 0) {
    std::string changed(bytes);
    mutate_bytes(changed, 16);
    return changed;
  }
  for (uint64_t times = 1 + random.below(3); times > 0 && !tokens.empty(); --times) {
    random.below(3) == 0 ? mutate_run(tokens, random) : mutate_token(tokens, random);
  }
  return join(tokens, random.below(2) == 0);
}

}  // namespace fuzz
