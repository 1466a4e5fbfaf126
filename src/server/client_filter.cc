#include "server/client_filter.h"

#include <algorithm>
#include <limits>

#include "server/client_text.h"
#include "server/server.h"

namespace server {
namespace {

using base::Failure;
using command::same_word;

constexpr std::string_view kKnownFlags = "AbBcdeEiIMNOPrRStTuUx";
constexpr std::string_view kKnownCapabilities = "r";
constexpr int64_t kSecond = 1'000'000'000;

std::string_view ip_of(std::string_view address) { return address.substr(0, address.rfind(':')); }

bool contains_all(std::string_view letters, std::string_view wanted) {
  return wanted.find_first_not_of(letters) == std::string_view::npos;
}

bool names(const std::vector<uint64_t>& ids, uint64_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

std::string text_of(base::Error error) { return std::string(error.text()); }

}  // namespace

// Reads option after option; the first error ends it.
struct ClientFilter::Parser {
  command::Call& call;
  command::Args args;
  ClientFilter filter;
  std::string error{};

  bool fail(std::string text) {
    error = std::move(text);
    return false;
  }

  // A list that ends at once names no client, as long as some option follows.
  bool ids(std::optional<std::vector<uint64_t>>& at) {
    if (!args.more()) return fail(text_of(command::kSyntaxError));
    if (!at) at.emplace();
    std::vector<uint64_t>& list = *at;
    while (args.more()) {
      const auto id = base::parse_int64(args.peek());
      if (!id) break;
      if (*id < 1) return fail("ERR client-id should be greater than 0");
      args.skip();
      const auto value = static_cast<uint64_t>(*id);
      if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
    }
    return true;
  }

  bool seconds(const std::string& what, std::optional<int64_t>& at) {
    at = base::parse_int64(args.text());
    if (!at) return fail("ERR " + what + " is not an integer or out of range");
    return *at > 0 || fail("ERR " + what + " should be greater than 0");
  }

  bool type(std::optional<Type>& at) {
    const std::string_view word = args.text();
    if (same_word(word, "normal"))
      at = Type::kNormal;
    else if (same_word(word, "slave") || same_word(word, "replica"))
      at = Type::kReplica;
    else if (same_word(word, "pubsub"))
      at = Type::kPubsub;
    else if (same_word(word, "master") || same_word(word, "primary"))
      at = Type::kPrimary;
    else
      return fail("ERR Unknown client type '" + std::string(command::repeated(word)) + "'");
    return true;
  }

  bool user(std::optional<std::string>& at) {
    at = std::string(args.text());
    return worker_of(call).users().find(*at) != nullptr ||
           fail("ERR No such user '" + std::string(command::repeated(*at)) + "'");
  }

  bool database(const std::string& what, std::optional<uint32_t>& at) {
    const auto index = base::parse_int64(args.text());
    if (!index || *index < std::numeric_limits<int32_t>::min() || *index > std::numeric_limits<int32_t>::max()) {
      return fail("ERR " + what + " is not an integer or out of range");
    }
    const int64_t count = call.db().unit().keyspace.database_count();
    if (*index < 0 || *index >= count) {
      return fail("ERR " + what + " number should be between 0 and " + std::to_string(count - 1));
    }
    at = static_cast<uint32_t>(*index);
    return true;
  }

  bool letters(const std::string& what, std::string_view known, bool negated, std::optional<std::string>& at) {
    at = std::string(args.text());
    if (contains_all(known, *at)) return true;
    std::string upper = what;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return static_cast<char>(c - 32); });
    return fail("ERR Unknown " + what + " found in the " + (negated ? "NOT-" + upper : "provided") +
                " filter: " + std::string(command::repeated(*at)));
  }

  bool text(std::optional<std::string>& at) {
    at = std::string(args.text());
    return true;
  }

  // What may be negated.
  bool trait(std::string_view option, bool negated) {
    Traits& traits = negated ? filter.excludes_ : filter.holds_;
    if (same_word(option, "ID")) return ids(traits.ids);
    if (same_word(option, "TYPE")) return type(traits.type);
    if (same_word(option, "USER")) return user(traits.user);
    if (same_word(option, "ADDR")) return text(traits.address);
    if (same_word(option, "LADDR")) return text(traits.local_address);
    if (same_word(option, "IP")) return text(traits.ip);
    if (same_word(option, "NAME")) return text(traits.name);
    if (same_word(option, "LIB-NAME")) return text(traits.library_name);
    if (same_word(option, "LIB-VER")) return text(traits.library_version);
    if (same_word(option, "FLAGS")) return letters("flags", kKnownFlags, negated, traits.flags);
    if (same_word(option, "CAPA")) return letters("capa", kKnownCapabilities, negated, traits.capabilities);
    if (same_word(option, "DB")) return database(negated ? "NOT-DB" : "DB", traits.database);
    return fail(text_of(command::kSyntaxError));
  }

  bool skip_caller() {
    const std::string_view word = args.text();
    if (!same_word(word, "yes") && !same_word(word, "no")) return fail(text_of(command::kSyntaxError));
    filter.skips_caller_ = same_word(word, "yes");
    return true;
  }

  bool option() {
    if (args.left() < 2) return fail(text_of(command::kSyntaxError));
    std::string_view word = args.text();
    if (same_word(word, "SKIPME")) return skip_caller();
    if (same_word(word, "MAXAGE")) return seconds("maxage", filter.least_age_s_);
    if (same_word(word, "IDLE")) return seconds("idle", filter.least_idle_s_);
    constexpr std::string_view kNot = "NOT-";
    const bool negated = same_word(word.substr(0, kNot.size()), kNot);
    return trait(negated ? word.substr(kNot.size()) : word, negated);
  }
};

base::Result<ClientFilter, Failure> ClientFilter::parse(command::Call& call, bool skips_caller) {
  Parser parser{.call = call, .args = call.args(), .filter = ClientFilter(skips_caller)};
  while (parser.args.more()) {
    if (!parser.option()) return Failure(parser.error);
  }
  return std::move(parser.filter);
}

ClientFilter ClientFilter::of_address(std::string_view address) {
  ClientFilter filter(false);
  filter.holds_.address = std::string(address);
  return filter;
}

// An empty name or library is none, so no filter finds it. Texts are compared up to a NUL, as they are shown.
bool ClientFilter::has_all(const Traits& traits, const dispatch::Client& client) {
  const session::Session& session = client.session();
  const auto is = [](const std::optional<std::string>& wanted, std::string_view text) {
    return !wanted || (!wanted->empty() && command::repeated(*wanted) == command::repeated(text));
  };
  if (traits.ids && !names(*traits.ids, session.id)) return false;
  const Type type = session.subscriptions.any() ? Type::kPubsub : Type::kNormal;
  if (traits.type && *traits.type != type) return false;
  if (traits.database && *traits.database != session.database) return false;
  if (traits.flags && !contains_all(flag_letters(client), *traits.flags)) return false;
  if (traits.capabilities && !contains_all(session.redirects ? "r" : "", *traits.capabilities)) return false;
  return is(traits.user, session.user->name) && is(traits.address, session.peer) &&
         is(traits.local_address, session.local) && is(traits.ip, ip_of(session.peer)) &&
         is(traits.name, session.name) && is(traits.library_name, session.library_name) &&
         is(traits.library_version, session.library_version);
}

bool ClientFilter::has_any(const Traits& traits, const dispatch::Client& client) {
  const session::Session& session = client.session();
  const auto is = [](const std::optional<std::string>& unwanted, std::string_view text) {
    return unwanted && !unwanted->empty() && command::repeated(*unwanted) == command::repeated(text);
  };
  if (traits.ids && names(*traits.ids, session.id)) return true;
  const Type type = session.subscriptions.any() ? Type::kPubsub : Type::kNormal;
  if (traits.type && *traits.type == type) return true;
  if (traits.database && *traits.database == session.database) return true;
  if (traits.flags && contains_all(flag_letters(client), *traits.flags)) return true;
  if (traits.capabilities && contains_all(session.redirects ? "r" : "", *traits.capabilities)) return true;
  return is(traits.user, session.user->name) || is(traits.address, session.peer) ||
         is(traits.local_address, session.local) || is(traits.ip, ip_of(session.peer)) ||
         is(traits.name, session.name) || is(traits.library_name, session.library_name) ||
         is(traits.library_version, session.library_version);
}

bool ClientFilter::matches(const dispatch::Client& client, uint64_t caller, base::MonoTime now) const {
  const session::Session& session = client.session();
  if (skips_caller_ && session.id == caller) return false;
  if (least_age_s_ && (now.ns - session.created.ns) / kSecond < *least_age_s_) return false;
  if (least_idle_s_ && (now.ns - session.last_active.ns) / kSecond < *least_idle_s_) return false;
  return has_all(holds_, client) && !has_any(excludes_, client);
}

}  // namespace server
