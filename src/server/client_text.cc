#include "server/client_text.h"

#include <fmt/format.h>

namespace server {

std::string flag_letters(const dispatch::Client& client) {
  const session::Session& session = client.session();
  std::string letters;
  if (session.monitor) letters += 'O';
  if (client.blocked()) letters += 'b';
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
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} capa={} db={} sub=0 psub=0 ssub=0 multi=-1 watch=0 "
      "qbuf={} qbuf-free={} argv-mem={} multi-mem=0 rbs={} rbp={} obl={} oll={} omem={} tot-mem={} events={} cmd={} "
      "user={} redir=-1 resp={} lib-name={} lib-ver={} tot-net-in={} tot-net-out={} tot-cmds={}\n",
      session.id, session.peer, session.local, client.fd(), command::repeated(session.name),
      (now.ns - session.created.ns) / kSecond, (now.ns - session.last_active.ns) / kSecond, flag_letters(client),
      session.redirects ? "r" : "", session.database, client.input_bytes(),
      client.input_capacity() - client.input_bytes(), argument_bytes, client.output_capacity(), client.output_bytes(),
      client.output_bytes(), client.output_bytes() != 0 ? 1 : 0, client.output_capacity(),
      client.memory_bytes() + text_bytes + argument_bytes, events,
      session.last_command != nullptr ? session.last_command : "NULL", session.user, session.protocol,
      command::repeated(session.library_name), command::repeated(session.library_version), session.net_input_bytes,
      session.net_output_bytes, session.commands);
}

}  // namespace server
