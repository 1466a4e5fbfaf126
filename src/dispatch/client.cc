#include "dispatch/client.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/log.h"
#include "dispatch/blocked_call.h"
#include "dispatch/worker.h"

namespace dispatch {
namespace {

constexpr size_t kReadAhead = 16 * 1024;
// What is left in a reply buffer of this size changes its owner instead of being copied.
constexpr size_t kSwapBytes = 64 * 1024;
// The replies of a batch go to the socket, and count as the client's, at least as often.
constexpr size_t kMostInOneBatch = 1024 * 1024;
// What is given to a socket at once: who has more to send lets the worker's other clients go on in between.
constexpr size_t kMostSentAtOnce = 256 * 1024;
// A client that has not authenticated may leave this much unread.
constexpr size_t kUnauthenticatedOutput = 1024;
// In the order of config::TlsAuthClients.
constexpr std::array kClientCertificates{tls::ClientCertificate::kNone, tls::ClientCertificate::kRequired,
                                         tls::ClientCertificate::kOptional};

}  // namespace

Client::Client(Worker& worker, uint64_t handle, net::Accepted accepted, uint64_t id, const tls::Context* tls)
    : worker_(worker), handle_(handle), socket_(std::move(accepted.socket)) {
  session_.id = id;
  session_.peer = std::move(accepted.peer);
  session_.local = std::move(accepted.local);
  session_.is_unix = accepted.is_unix;
  if (tls != nullptr) {
    const auto wanted = static_cast<size_t>(worker.settings().tls_auth_clients);
    tls_ = std::make_unique<tls::Stream>(*tls, socket_.get(), kClientCertificates[wanted]);
  }
  worker.begin_session(session_);
  session_.created = session_.last_active = worker.loop().clock().mono();
  worker.loop().watch(socket_.get(), interest_, *this);
  settle_memory();
}

Client::~Client() { close(); }

void Client::close() {
  if (closed()) return;
  if (suspension_ == Suspension::kOnStack) {
    closes_later_ = true;
    return;
  }
  if (blocked()) worker_.count_blocked(-1);
  if (block_ != nullptr) {
    const std::unique_ptr<Block> block = take_block();
    worker_.loop().cancel(block->alarm);
    // If it was served, that is on its way and leaves the queues; if it was ended just now, nobody else will.
    if (block->waits != nullptr && (block->ended || block->waits->end())) worker_.leave_queues_later(block->waits);
  }
  worker_.loop().unwatch(socket_.get(), *this);
  if (tls_ != nullptr) tls_->close();
  socket_.reset();
  worker_.count_client_memory(-static_cast<int64_t>(counted_bytes_));
  counted_bytes_ = 0;
  worker_.remove(*this);
}

void Client::on_ready(uint32_t ready) {
  if (tls_ != nullptr && !prepare_tls(ready)) return;
  if ((ready & runtime::kWritable) != 0 && !pending_.empty()) send_pending();
  if ((ready & runtime::kReadable) != 0 && !closed()) {
    // A large argument is read in few turns of the loop.
    constexpr int kMostReads = 8;
    for (int reads = 0; read_input((ready & runtime::kBroken) != 0) && ++reads < kMostReads;) settle_memory();
  }
  if (tls_ != nullptr) read_rest_later();
  settle_memory();
}

void Client::suspend(Suspension why) {
  const bool before = blocked();
  suspension_ = why;
  if (before != blocked()) worker_.count_blocked(before ? -1 : 1);
}

void Client::set_block(std::unique_ptr<Block> block) {
  block_ = std::move(block);
  if (block_->alarm.valid()) worker_.count_timed(1);
}

std::unique_ptr<Block> Client::take_block() {
  if (block_ != nullptr && block_->alarm.valid()) worker_.count_timed(-1);
  return std::move(block_);
}

void Client::settle_memory() {
  if (closed()) return;
  if (mail_ != nullptr) mail_->unsent.store(pending_.size(), std::memory_order_relaxed);
  const size_t bytes = own_bytes();
  if (bytes == counted_bytes_) return;
  const bool grew = bytes > counted_bytes_;
  worker_.count_client_memory(static_cast<int64_t>(bytes) - static_cast<int64_t>(counted_bytes_));
  counted_bytes_ = bytes;
  if (grew) worker_.client_grew(bytes);
}

ssize_t Client::receive(char* at, size_t room) {
  ssize_t got = 0;
  do {
    got = tls_ == nullptr ? recv(socket_.get(), at, room, 0) : tls_->read(at, room);
  } while (got < 0 && errno == EINTR);
  if (got == 0 || (got < 0 && errno != EAGAIN)) {
    close();
    return -1;
  }
  if (got < 0) return -1;
  worker_.stats().total_reads_processed.add();
  worker_.stats().total_net_input_bytes.add(static_cast<uint64_t>(got));
  session_.net_input_bytes += static_cast<uint64_t>(got);
  session_.last_active = worker_.loop().clock().mono();
  return got;
}

// What comes while the client waits is kept for later.
void Client::read_ahead() {
  const ssize_t got = receive(input_.reserve(kReadAhead), kReadAhead);
  if (got < 0) return;
  input_.commit(static_cast<size_t>(got));
  if (over_query_buffer_limit(input_.size())) close();
}

// What comes after QUIT, or after what cannot be parsed, is not looked at.
void Client::discard_input() { receive(worker_.read_buffer(), Worker::kReadBytes); }

// A client that waits for something short, or for the rest of its replies, is not read from.
bool Client::may_read() const {
  return closing_ ? pending_.empty() && suspension_ == Suspension::kNone
                  : suspension_ == Suspension::kNone || blocked();
}

bool Client::read_input(bool broken) {
  if (!may_read()) {
    // An event may be older than the suspension: of this turn, from before a letter that made us run and wait again.
    if (broken) {
      close();
    } else {
      update_interest();
    }
    return false;
  }
  if (closing_) return discard_input(), false;
  if (blocked()) return read_ahead(), false;
  const bool shared = input_.empty();
  size_t room = Worker::kReadBytes;
  char* at = worker_.read_buffer();
  if (!shared) {
    // What was only announced is not reserved: at most as much again as has come. And no more than a large argument
    // needs; but many arguments do not make the buffer grow by ever more small steps.
    const size_t size = input_.size(), wanted = parser_.wanted(size);
    const bool large = parser_.large_argument() != 0;
    room = std::clamp(wanted, large ? 1 : kReadAhead, std::max(kReadAhead, size));
    at = input_.reserve_exactly(room, large && parser_.argument_bytes() >= size / 4 ? 0 : size / 4);
  }
  const ssize_t got = receive(at, room);
  if (got < 0) return false;
  if (!shared) {
    input_.commit(static_cast<size_t>(got));
    settle_memory();  // the command itself may be what is too much
  }
  // A letter that came before these bytes is read before they are acted upon.
  if (!worker_.loop().mailbox().empty() && !read_letters()) return false;
  if (worker_.owes_prefix_messages()) worker_.deliver_prefix_messages();
  if (closed()) return false;
  if (shared) {
    const std::string_view input(at, static_cast<size_t>(got));
    const size_t done = process(input);
    if (!closed()) keep(input.substr(done));
  } else {
    input_.consume(process(input_.view()));
    if (input_.empty()) input_.release();
    settle_memory();  // before its reply can be seen
  }
  flush();
  return !closed() && static_cast<size_t>(got) == room && parser_.wanted(input_.size()) > 0;
}

// A letter may run a script, beside which other events are served: none of this client's may come before what it has
// sent already.
bool Client::read_letters() {
  suspend(Suspension::kOnStack);
  worker_.loop().mailbox().drain();
  leave_stack();
  end_if_due();
  return !closed();
}

void Client::leave_stack() {
  suspend(Suspension::kNone);
  update_interest();
}

void Client::end_if_due() {
  if (std::exchange(closes_later_, false)) close();
}

void Client::keep(std::string_view rest) {
  if (rest.empty()) return;
  input_.append(rest);
}

bool Client::parse_batch(std::string_view input, size_t from, size_t& parsed) {
  Batch& batch = worker_.batch();
  batch.clear();
  const resp::RequestParser::Limits limits{.bulk_bytes = worker_.settings().proto_max_bulk_len,
                                           .authenticated = session_.authenticated};
  while (batch.requests.size() < Batch::kCommands && from < input.size()) {
    Request request;
    request.begin = from;
    request.first_word = static_cast<uint32_t>(batch.words.size());
    size_t used = 0;
    switch (parser_.parse(input.substr(from), limits, batch.words, used)) {
      case resp::RequestParser::Status::kNeedMore: parsed = from; return true;
      case resp::RequestParser::Status::kError: parsed = from; return false;
      case resp::RequestParser::Status::kCommand: break;
    }
    const bool is_inline = input[from] != '*';
    from += used;
    request.end = from;
    request.word_count = static_cast<uint32_t>(batch.words.size()) - request.first_word;
    if (request.word_count > 0) {
      batch.requests.push_back(request);
    } else if (!batch.requests.empty()) {
      from = request.begin;  // its turn comes when what is before it has run
      break;
    } else if (session_.replies == session::Session::Replies::kSkipThis) {
      session_.replies = session::Session::Replies::kOn;  // it was the request whose reply was not wanted
    }
    if (is_inline) break;  // the parser owns the words of one inline command only
  }
  parsed = from;
  return true;
}

size_t Client::process(std::string_view input) {
  size_t done = 0;
  for (bool more = true; more;) {
    size_t parsed = done;
    const bool sound = parse_batch(input, done, parsed);
    Batch& batch = worker_.batch();
    more = parsed > done;
    worker_.prepare(batch, session_.database);
    for (const Request& request : batch.requests) {
      const Worker::Outcome outcome = worker_.run_command(*this, batch, request);
      end_if_due();
      if (closed()) return input.size();
      if (outcome != Worker::Outcome::kDone) {
        parser_ = resp::RequestParser();  // what was parsed ahead is parsed again
        return outcome == Worker::Outcome::kSuspended ? request.begin : request.end;
      }
      if (closing_) return input.size();
      if (batch_is_large()) {
        flush();
        settle_memory();
        if (closed()) return input.size();
      }
    }
    done = parsed;
    if (!sound) {
      protocol_error();
      return input.size();
    }
  }
  if (over_query_buffer_limit(input.size() - done)) close();
  return done;
}

bool Client::over_query_buffer_limit(size_t bytes) {
  if (bytes <= static_cast<size_t>(worker_.settings().client_query_buffer_limit)) return false;
  base::log_warning("Closing client that reached max query buffer length: id={} addr={}", session_.id, session_.peer);
  worker_.stats().query_buffer_limit_disconnections.add();
  return true;
}

void Client::protocol_error() {
  base::log_verbose("Protocol error ({}) from client id={} addr={}", parser_.error(), session_.id, session_.peer);
  closing_ = true;
  if (session_.replies != session::Session::Replies::kOn) return;
  resp::Writer reply(worker_.out(), session_.protocol);
  reply.error("ERR Protocol error: " + std::string(parser_.error()));
}

void Client::resume() {
  if (worker_.owes_prefix_messages()) worker_.deliver_prefix_messages();
  suspend(Suspension::kNone);
  if (session_.tracking != nullptr) {
    worker_.out().append(session_.tracking->after_reply);
    session_.tracking->after_reply.clear();
  }
  if (!input_.empty() && !closing_) {
    input_.consume(process(input_.view()));
    if (input_.empty()) input_.release();
  }
  flush();  // or, if it has ended, what it would have been sent is forgotten
  if (!closed()) update_interest();
  settle_memory();
}

// Not only by its bytes: past the hard limit no more commands run.
bool Client::batch_is_large() const {
  const size_t bytes = worker_.out().size();
  const uint64_t hard = output_buffer_limit().hard_bytes;
  return bytes >= kMostInOneBatch || (hard != 0 && pending_.size() + bytes >= hard);
}

void Client::flush() {
  resp::Buffer& out = worker_.out();
  if (closed()) {
    out.clear();
    return;
  }
  const bool replies = !out.empty();
  if (replies) {
    // The hard limit counts what a batch has answered before any of it is sent, whatever the socket would take.
    if (over_hard_output_limit(pending_.size() + out.size())) {
      out.clear();
      return close_over_output_limit();
    }
    if (pending_.empty()) {
      send(out.view());
    } else {
      pending_.append(out.view());
    }
    out.clear();
    if (closed()) return;
  }
  if (pending_.empty()) {
    // A deferred reply may be on its way. And a client that wants no replies is not closed by its QUIT, which waits
    // for a reply to be sent: as in Valkey, it has to close the connection itself.
    if (closing_ && replies && suspension_ == Suspension::kNone) close();
  } else {
    const int64_t now_ms = worker_.loop().clock().wall().ms();
    if (over_output_limit(now_ms) || (!session_.authenticated && pending_.size() > kUnauthenticatedOutput)) {
      return close_over_output_limit();
    }
    update_interest();
  }
}

ssize_t Client::transmit(std::string_view bytes) {
  bytes = bytes.substr(0, kMostSentAtOnce);
  if (tls_ != nullptr) return tls_->write(bytes);
  ssize_t sent = 0;
  do {
    sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

// Sends what the socket takes now and keeps the rest.
void Client::send(std::string_view bytes) {
  const ssize_t sent = transmit(bytes);
  if (sent < 0 && errno != EAGAIN) {
    close();
    return;
  }
  const auto taken = static_cast<size_t>(std::max<ssize_t>(sent, 0));
  worker_.stats().total_writes_processed.add();
  worker_.stats().total_net_output_bytes.add(taken);
  session_.net_output_bytes += taken;
  if (taken == bytes.size()) return;
  resp::Buffer& out = worker_.out();
  if (out.size() >= kSwapBytes && bytes.data() == out.data()) {
    out.consume(taken);
    pending_.swap(out);
    out = worker_.take_buffer();
  } else {
    pending_.append(bytes.substr(taken));
  }
}

void Client::send_pending() {
  resp::Buffer bytes;
  bytes.swap(pending_);
  const ssize_t sent = transmit(bytes.view());
  if (sent < 0 && errno != EAGAIN) {
    close();
    return;
  }
  const auto taken = static_cast<size_t>(std::max<ssize_t>(sent, 0));
  worker_.stats().total_writes_processed.add();
  worker_.stats().total_net_output_bytes.add(taken);
  session_.net_output_bytes += taken;
  bytes.consume(taken);
  pending_.swap(bytes);
  if (!pending_.empty()) return;
  worker_.give_buffer(std::move(pending_));
  output_limit_ = {};
  if (closing_ && suspension_ == Suspension::kNone) {
    close();
  } else {
    update_interest();
  }
}

const std::shared_ptr<session::Mail>& Client::mail() {
  if (mail_ == nullptr) mail_ = std::make_shared<session::Mail>();
  return mail_;
}

void Client::send_out_of_band(std::string_view bytes) {
  if (closed()) return;
  pending_.append(bytes);
  if (mail_ != nullptr) mail_->unsent.store(pending_.size(), std::memory_order_relaxed);
  if (out_of_band_due_) return;
  out_of_band_due_ = true;
  worker_.loop().at_end_of_turn([&worker = worker_, handle = handle_] {
    Client* client = worker.find(handle);
    if (client != nullptr) client->flush_out_of_band();
  });
}

void Client::note_unfinished_reply(size_t bytes) {
  unfinished_reply_bytes_ = bytes;
  if (bytes > 0 && over_hard_output_limit(pending_.size() + bytes)) return close_over_output_limit();
  settle_memory();
}

void Client::send_behind_reply(std::string_view bytes) {
  if (suspension_ != Suspension::kDeferred || session_.tracking == nullptr) return send_out_of_band(bytes);
  session_.tracking->after_reply += bytes;
}

void Client::flush_out_of_band() {
  out_of_band_due_ = false;
  if (!pending_.empty()) send_pending();
  if (closed()) return;
  if (over_output_limit(worker_.loop().clock().wall().ms())) return close_over_output_limit();
  update_interest();
  settle_memory();
}

void Client::close_over_output_limit() {
  base::log_warning("Client id={} addr={} scheduled to be closed ASAP for overcoming of output buffer limits.",
                    session_.id, session_.peer);
  worker_.stats().output_buffer_limit_disconnections.add();
  close();
}

void Client::update_interest() {
  uint32_t wanted = may_read() ? runtime::kReadable : 0;
  if (!pending_.empty()) wanted |= runtime::kWritable;
  if (tls_ != nullptr) {
    wanted = tls_interest(wanted);
    read_rest_later();
  }
  if (wanted == interest_) return;
  interest_ = wanted;
  worker_.loop().change(socket_.get(), interest_, *this);
}

const config::OutputBufferLimit& Client::output_buffer_limit() const {
  const auto of = session_.subscriptions.any() ? config::ClientClass::kPubsub : config::ClientClass::kNormal;
  return worker_.held_settings().client_output_buffer_limit[static_cast<size_t>(of)];
}

bool Client::over_hard_output_limit(size_t bytes) const {
  const config::OutputBufferLimit& limit = output_buffer_limit();
  constexpr size_t kUncountedReply = 16 * 1024;  // what Valkey's fixed buffer of a client takes counts against no limit
  return limit.hard_bytes != 0 && bytes > kUncountedReply && bytes >= limit.hard_bytes;
}

bool Client::over_output_limit(int64_t now_ms) {
  return output_limit_.exceeded(output_buffer_limit(), output_bytes(), now_ms);
}

}  // namespace dispatch
