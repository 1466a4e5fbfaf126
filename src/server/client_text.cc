#include "server/client_text.h"

#include <fmt/format.h>

namespace server {

std::string flag_letters(const dispatch::Client& client) {
  const session::Session& session = client.session();
  std::string letters;
  if (session.monitor) letters += 'O';
  if (session.subscriptions.any()) letters += 'P';
  if (session.in_transaction()) letters += 'x';
  if (client.blocked()) letters += 'b';
  if (session.tracks()) letters += 't';
  if (session.tracks() && session.tracking->broken) letters += 'R';
  if (session.tracks() && session.tracking->broadcast) letters += 'B';
  if (session.transaction != nullptr && session.transaction->tripped()) letters += 'd';
  if (client.closing()) letters += 'c';
  if (session.is_unix) letters += 'U';
  if (session.readonly) letters += 'r';
  if (session.no_evict) letters += 'e';
  if (session.no_touch) letters += 'T';
  if (session.import_source) letters += 'I';
  if (letters.empty()) letters = "N";
  return letters;
}

std::string describe(const dispatch::Client& client, base::MonoTime now, size_t argument_bytes) {
  constexpr int64_t kSecond = 1'000'000'000;
  const session::Session& session = client.session();
  if (client.block() != nullptr) argument_bytes = client.block()->argument_bytes;
  std::string events;
  if ((client.interest() & runtime::kReadable) != 0) events += 'r';
  if ((client.interest() & runtime::kWritable) != 0) events += 'w';
  const size_t text_bytes = session.peer.capacity() + session.local.capacity() + session.name.capacity() +
                            session.library_name.capacity() + session.library_version.capacity();
  return fmt::format(
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} capa={} db={} sub={} psub={} ssub={} multi={} "
      "watch={} "
      "qbuf={} qbuf-free={} argv-mem={} multi-mem={} rbs={} rbp={} obl={} oll={} omem={} tot-mem={} events={} cmd={} "
      "user={} redir={} resp={} lib-name={} lib-ver={} tot-net-in={} tot-net-out={} tot-cmds={}\n",
      session.id, session.peer, session.local, client.fd(), command::repeated(session.name),
      (now.ns - session.created.ns) / kSecond, (now.ns - session.last_active.ns) / kSecond, flag_letters(client),
      session.redirects ? "r" : "", session.database, session.subscriptions.channels, session.subscriptions.patterns,
      session.subscriptions.shard_channels,
      session.in_transaction() ? static_cast<int64_t>(session.transaction->word_counts.size()) : int64_t{-1},
      session.transaction != nullptr ? session.transaction->watched.size() : 0, client.input_bytes(),
      client.input_capacity() - client.input_bytes(), argument_bytes,
      session.transaction != nullptr ? session.transaction->memory_bytes() : 0, client.output_capacity(),
      client.output_bytes(), client.output_bytes(), client.output_bytes() != 0 ? 1 : 0, client.output_capacity(),
      client.memory_bytes() + text_bytes + argument_bytes, events,
      session.last_command != nullptr ? session.last_command : "NULL", session.user->name,
      session.tracks() ? static_cast<int64_t>(session.tracking->redirection) : int64_t{-1}, session.protocol,
      command::repeated(session.library_name), command::repeated(session.library_version), session.net_input_bytes,
      session.net_output_bytes, session.commands);
}

}  // namespace server
