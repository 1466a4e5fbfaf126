// CLIENT LIST, INFO and KILL: they look at the clients of every worker.
#include <algorithm>
#include <memory>

#include "server/client_commands.h"
#include "server/client_filter.h"
#include "server/client_text.h"
#include "server/gather.h"

namespace server {
namespace {

using command::Call;

size_t bytes_of(std::span<const std::string_view> words) {
  size_t bytes = 0;
  for (const std::string_view word : words) bytes += word.size();
  return bytes;
}

struct Line {
  uint64_t id;
  std::string text;
};
using Lines = std::vector<Line>;

// By age, or in the order in which the ids were asked for.
void sort_lines(Lines& lines, const std::vector<uint64_t>& ids) {
  const auto place = [&ids](const Line& line) {
    return ids.empty() ? line.id : static_cast<uint64_t>(std::find(ids.begin(), ids.end(), line.id) - ids.begin());
  };
  std::sort(lines.begin(), lines.end(), [&](const Line& a, const Line& b) { return place(a) < place(b); });
}

// Ends the clients of a worker that match; the caller gets its reply first. Returns how many.
size_t kill_on(dispatch::Worker& worker, const ClientFilter& filter, uint64_t caller) {
  const base::MonoTime now = worker.loop().clock().mono();
  size_t count = 0;
  worker.for_each_client([&](dispatch::Client& client) {
    if (client.closing() || !filter.matches(client, caller, now)) return;
    ++count;
    if (client.session().id == caller) {
      client.close_after_replies();
    } else {
      client.close();
    }
  });
  return count;
}

}  // namespace

void client_info(Call& call) {
  const std::string line = describe(client_of(call), worker_of(call).loop().clock().mono(), bytes_of(call.words()));
  call.reply().verbatim("txt", line);
}

void client_list(Call& call) {
  auto parsed = ClientFilter::parse(call, false);
  if (!parsed) return call.fail(parsed.error().text());
  const auto filter = std::make_shared<const ClientFilter>(std::move(*parsed));
  gather<Lines>(
      call,
      [filter, caller = call.session().id, bytes = bytes_of(call.words())](dispatch::Worker& worker) {
        const base::MonoTime now = worker.loop().clock().mono();
        Lines lines;
        worker.for_each_client([&](dispatch::Client& client) {
          const uint64_t id = client.session().id;
          if (!filter->matches(client, caller, now)) return;
          lines.push_back({id, describe(client, now, id == caller ? bytes : 0)});
        });
        return lines;
      },
      [filter](resp::Writer& reply, std::vector<Lines>& answers) {
        Lines all;
        for (Lines& lines : answers) std::move(lines.begin(), lines.end(), std::back_inserter(all));
        sort_lines(all, filter->ids());
        std::string text;
        for (const Line& line : all) text += line.text;
        reply.verbatim("txt", text);
      });
}

void client_kill(Call& call) {
  const bool by_address = call.count() == 3;
  auto parsed = by_address ? base::Result<ClientFilter, base::Failure>(ClientFilter::of_address(call.word(2)))
                           : ClientFilter::parse(call, true);
  if (!parsed) return call.fail(parsed.error().text());
  const auto filter = std::make_shared<const ClientFilter>(std::move(*parsed));
  gather<size_t>(
      call, [filter, caller = call.session().id](dispatch::Worker& worker) { return kill_on(worker, *filter, caller); },
      [by_address](resp::Writer& reply, std::vector<size_t>& counts) {
        size_t killed = 0;
        for (const size_t count : counts) killed += count;
        if (!by_address) return reply.integer(static_cast<int64_t>(killed));
        if (killed == 0) return reply.error("ERR No such client");
        reply.ok();
      });
}

}  // namespace server
