// DEBUG DIGEST and DIGEST-VALUE: what is held, as 20 bytes that do not depend on any order that commands do not show.
//
// Source  the digests of valkey-server 9.1.2; tests/persistence compares them.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <string>

#include "base/numbers.h"
#include "server/debug.h"
#include "server/server.h"
#include "values/hash.h"
#include "values/list.h"
#include "values/set.h"
#include "values/sorted_set.h"
#include "values/stream.h"

namespace server {
namespace {

using keyspace::Entry;
using structures::Element;

class Digest {
 public:
  // What is added in any order gives the same.
  void add(std::string_view bytes) {
    Bytes hash;
    CHECK(EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha1(), nullptr) == 1);
    for (size_t at = 0; at < bytes_.size(); ++at) bytes_[at] ^= hash[at];
  }
  void add(const Digest& other) { add(other.view()); }
  // What is appended, in its order only.
  void append(std::string_view bytes) {
    add(bytes);
    Bytes hash;
    CHECK(EVP_Digest(bytes_.data(), bytes_.size(), hash.data(), nullptr, EVP_sha1(), nullptr) == 1);
    bytes_ = hash;
  }
  void append(const Element& element) {
    Element::Buffer buffer;
    append(element.text(buffer));
  }
  void append_number(uint32_t number) {
    const uint32_t big_endian = htonl(number);
    append({reinterpret_cast<const char*>(&big_endian), sizeof big_endian});
  }
  std::string text() const {
    std::string text;
    for (const uint8_t byte : bytes_) text += fmt::format("{:02x}", byte);
    return text;
  }

 private:
  using Bytes = std::array<uint8_t, 20>;
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

  Bytes bytes_{};
};

void append_stream(Digest& digest, const values::Stream& stream) {
  for (auto at = stream.nodes().first(); at; at.next()) {
    const values::StreamNodeView node(structures::ListpackView(at->pack), at->id);
    values::StreamEntry entry;
    for (bool found = node.first(entry); found; found = node.next(entry)) {
      if (entry.is_deleted()) continue;
      digest.append(fmt::format("{}.{}", entry.id().ms, entry.id().sequence));
      while (node.has_unread(entry)) {
        const auto [field, value] = node.next_pair(entry);
        digest.append(field);
        digest.append(value);
      }
    }
  }
}

void append_collection(Digest& digest, const values::Collection& collection) {
  switch (collection.type) {
    case values::Type::kList: {
      const auto list = values::List::from_word(collection.word);
      for (auto at = list.at(0); at.valid(); at.step(values::ListEnd::kBack)) digest.append(at.get());
      return;
    }
    case values::Type::kSet:
      return values::Set::from_word(collection.word).for_each([&](const Element& member) {
        Element::Buffer buffer;
        digest.add(member.text(buffer));
      });
    case values::Type::kSortedSet: {
      const auto set = values::SortedSet::from_word(collection.word);
      for (auto walk = set.last(); walk; walk.previous()) {
        Digest one;
        one.append(walk.text());
        char buffer[base::kDoubleChars];
        one.append(base::format_double(walk.score(), buffer));
        digest.add(one);
      }
      return;
    }
    case values::Type::kHash:
      return values::Hash::from_word(collection.word)
          .for_each(values::Hash::kSeesAll, [&](const Element& name, const Element& value) {
            Digest one;
            one.append(name);
            one.append(value);
            digest.add(one);
          });
    case values::Type::kStream: return append_stream(digest, values::Stream::from_word(collection.word));
    case values::Type::kString: CHECK(false);
  }
}

void append_entry(Digest& digest, const Entry& entry) {
  constexpr uint32_t kNumbers[] = {0, 1, 2, 3, 4, 6};  // of string, list, set, sorted set, hash, stream
  digest.append_number(kNumbers[static_cast<size_t>(entry.type())]);
  if (entry.type() == keyspace::Type::kString) {
    keyspace::TextBuffer buffer;
    digest.append(entry.text(buffer));
  } else {
    append_collection(digest, entry.collection());
  }
  if (entry.has_expiry()) digest.add("!!expire!!");
}

}  // namespace

void debug_digest(command::Call& call) {
  keyspace::Keyspace& keyspace = server_of(call).keyspace;
  Digest all;
  for (uint32_t database = 0; database < keyspace.database_count(); ++database) {
    if (keyspace.size(worker_of(call).locks(), database) == 0) continue;
    all.append_number(database);
    for (uint32_t shard = 0; shard < keyspace.shard_count(); ++shard) {
      const keyspace::Table* table = keyspace.existing_table(worker_of(call).locks(), shard, database);
      if (table == nullptr) continue;
      table->for_each([&](const Entry& entry) {
        Digest one;
        one.append(entry.key());
        append_entry(one, entry);
        all.add(one);
      });
    }
  }
  call.reply().simple(all.text());
}

void debug_digest_value(command::Call& call) {
  call.reply().array(call.count() - 2);
  for (const std::string_view word : call.words().subspan(2)) {
    Digest digest;
    const Entry* entry = call.db().peek(server_of(call).keyspace.key(word));
    if (entry != nullptr) append_entry(digest, *entry);
    call.reply().simple(digest.text());
  }
}

}  // namespace server
