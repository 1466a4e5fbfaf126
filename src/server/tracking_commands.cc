// CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO; client_commands.cc has the rows.
#include <optional>
#include <string>

#include "command/call.h"
#include "server/client_commands.h"
#include "server/server.h"

namespace server {
namespace {

using command::Args;
using command::Call;
using command::Error;
using command::same_word;

constexpr Error kSecondRedirection{"ERR A client can only redirect to a single other client"};
constexpr Error kNoSuchTarget{"ERR The client ID you want redirect to does not exist"};
constexpr Error kPrefixWithoutBroadcast{"ERR PREFIX option requires BCAST mode to be enabled"};
constexpr Error kBroadcastSwitched{
    "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a "
    "different mode."};
constexpr Error kOptWithBroadcast{"ERR OPTIN and OPTOUT are not compatible with BCAST"};
constexpr Error kOptInAndOut{"ERR You can't specify both OPTIN mode and OPTOUT mode"};
constexpr Error kOptSwitched{
    "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a "
    "different mode."};
constexpr Error kNoCachingMode{
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"};
constexpr Error kYesWithoutOptIn{"ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."};
constexpr Error kNoWithoutOptOut{"ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."};

void read_redirection(Call& call, Args& args, TrackingOptions& options) {
  if (options.redirection != 0) return args.fail(kSecondRedirection);
  const int64_t id = args.integer();
  if (args.failed()) return;
  const auto target = worker_of(call).context().find_client(static_cast<uint64_t>(id));
  if (!target) return args.fail(kNoSuchTarget);
  options.redirection = static_cast<uint64_t>(id);
  options.target = *target;
}

// Words behind ON or OFF. The arguments' error says what was wrong.
TrackingOptions read_options(Call& call, Args& args) {
  TrackingOptions options;
  while (args.more()) {
    const bool takes_another = args.left() >= 2;
    if (takes_another && args.accept("REDIRECT")) {
      read_redirection(call, args, options);
    } else if (args.accept("BCAST")) {
      options.broadcast = true;
    } else if (args.accept("OPTIN")) {
      options.opt_in = true;
    } else if (args.accept("OPTOUT")) {
      options.opt_out = true;
    } else if (args.accept("NOLOOP")) {
      options.no_loop = true;
    } else if (takes_another && args.accept("PREFIX")) {
      options.prefixes.push_back(args.text());
    } else {
      args.fail(command::kSyntaxError);
    }
  }
  return options;
}

// What does not go together, or not with what the client has asked for before.
std::optional<Error> find_conflict(const session::Tracking* before, const TrackingOptions& asked) {
  if (!asked.broadcast && !asked.prefixes.empty()) return kPrefixWithoutBroadcast;
  const bool tracks = before != nullptr && before->on;
  if (tracks && before->broadcast != asked.broadcast) return kBroadcastSwitched;
  if (asked.broadcast && (asked.opt_in || asked.opt_out)) return kOptWithBroadcast;
  if (asked.opt_in && asked.opt_out) return kOptInAndOut;
  if (tracks && ((asked.opt_in && before->opt_out) || (asked.opt_out && before->opt_in))) return kOptSwitched;
  return std::nullopt;
}

bool refuse_overlap(Call& call, const session::Tracking* before, const TrackingOptions& asked) {
  const std::vector<std::string> none;
  const auto found = tracking::find_overlap(before == nullptr ? none : before->prefixes, asked.prefixes);
  if (!found) return false;
  const std::string_view whose = found->among_new ? "another provided" : "an existing";
  call.fail("ERR Prefix '" + std::string(command::repeated(found->asked)) + "' overlaps with " + std::string(whose) +
            " prefix '" + std::string(command::repeated(found->other)) +
            "'. Prefixes for a single client must not overlap.");
  return true;
}

}  // namespace

void client_tracking(Call& call) {
  Args args = call.args();
  const std::string_view status = args.text();
  const TrackingOptions options = read_options(call, args);
  if (args.failed()) return call.fail(args.error());
  Tracking& tracking = server_of(call).tracking;
  if (same_word(status, "off")) {
    tracking.disable(worker_of(call), client_of(call));
    return call.reply().ok();
  }
  if (!same_word(status, "on")) return call.fail(command::kSyntaxError);
  const session::Tracking* before = call.session().tracking.get();
  if (const auto conflict = find_conflict(before, options)) return call.fail(*conflict);
  if (options.broadcast && refuse_overlap(call, before, options)) return;
  tracking.enable(worker_of(call), client_of(call), options);
  call.reply().ok();
}

void client_caching(Call& call) {
  session::Tracking* tracking = call.session().tracking.get();
  if (tracking == nullptr || !tracking->on) return call.fail(kNoCachingMode);
  const bool yes = same_word(call.word(2), "yes");
  if (!yes && !same_word(call.word(2), "no")) return call.fail(command::kSyntaxError);
  if (yes && !tracking->opt_in) return call.fail(kYesWithoutOptIn);
  if (!yes && !tracking->opt_out) return call.fail(kNoWithoutOptOut);
  tracking->caching = true;
  call.reply().ok();
}

void client_getredir(Call& call) {
  const session::Session& session = call.session();
  call.reply().integer(session.tracks() ? static_cast<int64_t>(session.tracking->redirection) : -1);
}

void client_trackinginfo(Call& call) {
  const session::Session& session = call.session();
  std::vector<std::string_view> flags;
  if (session.tracks()) {
    const session::Tracking& tracking = *session.tracking;
    flags.push_back("on");
    if (tracking.broadcast) flags.push_back("bcast");
    if (tracking.opt_in) flags.push_back("optin");
    if (tracking.opt_in && tracking.caching) flags.push_back("caching-yes");
    if (tracking.opt_out) flags.push_back("optout");
    if (tracking.opt_out && tracking.caching) flags.push_back("caching-no");
    if (tracking.no_loop) flags.push_back("noloop");
    if (tracking.broken) flags.push_back("broken_redirect");
  } else {
    flags.push_back("off");
  }
  resp::Writer& out = call.reply();
  out.map(3);
  out.bulk("flags");
  out.set(flags.size());
  for (const std::string_view flag : flags) out.bulk(flag);
  out.bulk("redirect");
  out.integer(session.tracks() ? static_cast<int64_t>(session.tracking->redirection) : -1);
  out.bulk("prefixes");
  out.array(session.tracks() ? session.tracking->prefixes.size() : 0);
  if (!session.tracks()) return;
  for (const std::string& prefix : session.tracking->prefixes) out.bulk(prefix);
}

}  // namespace server
