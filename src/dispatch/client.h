// Client: one connection: bytes in, commands run in order, replies out.
//
// A client is suspended while its next command waits for locks or for the end of a pause, while a deferred reply is on
// its way, or while its command is blocked. The words of what waits are kept as the bytes that came, and parsed again.
// Who may wait for long is read from meanwhile, so that its end is noticed.
//
// Threads  its worker's.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "command/table.h"
#include "keyspace/keyspace.h"
#include "net/socket.h"
#include "resp/buffer.h"
#include "resp/request_parser.h"
#include "resp/writer.h"
#include "runtime/loop.h"
#include "session/mail.h"
#include "session/output_limit.h"
#include "session/session.h"
#include "tls/stream.h"

namespace dispatch {

class Worker;
struct BlockedCall;

// A command that waits for something to happen, for some time or for good: WAIT, BLPOP.
struct Block {
  std::function<void(resp::Writer&)> at_timeout;
  runtime::Loop::Alarm alarm{};
  const command::Command* command = nullptr;
  std::vector<std::string> words;
  std::shared_ptr<BlockedCall> waits;  // for keys, or null
  base::WallTime started;
  int64_t ns = 0;  // that it ran before it waited
  size_t request_bytes = 0;
  size_t argument_bytes = 0;
  bool ended = false;  // the reply is on its way
};

// EXEC's reply, some parts of which come later: from other workers.
struct Assembly {
  std::string text;
  std::vector<size_t> holes;       // offsets in the text, ascending
  std::vector<std::string> parts;  // that belong there
  size_t missing = 0;
};

class Client final : public runtime::Watcher {
 public:
  // With a TLS context the connection begins with its handshake.
  Client(Worker& worker, uint64_t handle, net::Accepted accepted, uint64_t id, const tls::Context* tls);
  ~Client() override;

  void on_ready(uint32_t ready) override;

  session::Session& session() { return session_; }
  const session::Session& session() const { return session_; }
  uint64_t handle() const { return handle_; }
  int fd() const { return socket_.get(); }
  // Of a TLS connection, else null.
  const tls::Stream* tls() const { return tls_.get(); }

  // kOnStack: it is in the midst of something further down on the stack, as a script that lets others be served: it
  // runs nothing, and does not even end.
  enum class Suspension : uint8_t { kNone, kLocks, kPause, kDeferred, kBlocked, kOnStack };
  void suspend(Suspension why);
  Suspension suspension() const { return suspension_; }
  // As INFO and CLIENT LIST call it: by its command, or by CLIENT PAUSE.
  bool blocked() const { return suspension_ == Suspension::kBlocked || suspension_ == Suspension::kPause; }
  Block* block() const { return block_.get(); }
  void set_block(std::unique_ptr<Block> block);
  std::unique_ptr<Block> take_block();
  std::unique_ptr<Assembly>& assembly() { return assembly_; }
  // Its command is to run again once what it has begun elsewhere is done.
  bool& runs_again() { return runs_again_; }
  bool closing() const { return closing_; }
  // What the loop waits for on the socket.
  uint32_t interest() const { return interest_; }
  // Takes up the input where it stopped.
  void resume();
  keyspace::Attempt& attempt() { return attempt_; }

  // A reply of which so much is written is not complete yet: it counts as the client's, also against its hard limit.
  void note_unfinished_reply(size_t bytes);
  // Bytes that do not belong to a command's reply: a push message, MONITOR's lines. They leave at the end of the turn.
  void send_out_of_band(std::string_view bytes);
  // The same for what must not overtake a reply that is on its way to this client: it follows it.
  void send_behind_reply(std::string_view bytes);
  // Made by the first call. Who queues mail for the client counts it there, and in Context::mailed_bytes.
  const std::shared_ptr<session::Mail>& mail();
  // Ends the connection: at once, or when what is pending has been sent.
  void close();
  void close_over_output_limit();
  void close_after_replies() { closing_ = true; }
  bool closed() const { return !socket_.valid(); }

  // What CLIENT LIST shows.
  size_t input_bytes() const { return input_.size() - std::min(input_.size(), parser_.large_argument()); }
  size_t input_capacity() const { return input_.capacity(); }
  size_t output_bytes() const { return pending_.size() + queued_bytes(); }
  size_t output_capacity() const { return pending_.capacity(); }
  size_t memory_bytes() const { return own_bytes() + queued_bytes(); }

  // Called by the worker's cron: the soft limit of the output buffer, for which time must pass.
  bool over_output_limit(int64_t now_ms);

  // After a deferred reply was written to the worker's buffer.
  void flush();
  // From kOnStack. Whoever put it there calls end_if_due() when that has come to its end.
  void leave_stack();

 private:
  void update_interest();
  // It was to end while it was in the midst of something.
  void end_if_due();
  // False: the client has ended.
  bool read_letters();
  // True when more of an argument that has begun seems to be at hand.
  bool read_input(bool broken);
  bool may_read() const;
  void read_ahead();
  void discard_input();
  ssize_t receive(char* at, size_t room);
  // Up to kMostSentAtOnce; what ::send() returns.
  ssize_t transmit(std::string_view bytes);
  // Runs the complete commands of `input`; returns how many bytes are done with.
  size_t process(std::string_view input);
  // Parses up to a batch; false after a protocol error, which is told to the client.
  bool parse_batch(std::string_view input, size_t from, size_t& parsed);
  void protocol_error();
  void keep(std::string_view rest);
  void send(std::string_view bytes);
  void send_pending();
  void flush_out_of_band();
  // Tells the worker what this client's memory has become. Called wherever its buffers have changed, as the last thing:
  // the client may be evicted for it.
  void settle_memory();
  size_t own_bytes() const {
    const size_t transaction = session_.transaction == nullptr ? 0 : session_.transaction->memory_bytes();
    const size_t tracking = session_.tracking == nullptr ? 0 : session_.tracking->memory_bytes();
    return sizeof *this + input_.capacity() + pending_.capacity() + unfinished_reply_bytes_ +
           session_.subscriptions.bytes + transaction + tracking;
  }
  size_t queued_bytes() const { return mail_ == nullptr ? 0 : mail_->queued.load(std::memory_order_relaxed); }
  const config::OutputBufferLimit& output_buffer_limit() const;
  bool over_hard_output_limit(size_t bytes) const;
  bool over_query_buffer_limit(size_t bytes);
  bool batch_is_large() const;
  // TLS only. Drives the handshake, and says in `ready` what is to be done on the connection; false: nothing yet.
  bool prepare_tls(uint32_t& ready);
  bool shake_hands();
  uint32_t tls_interest(uint32_t wanted) const;
  // What TLS has read ahead is not seen by the loop: it is read in the next turn.
  void read_rest_later();

  Worker& worker_;
  uint64_t handle_;
  net::Descriptor socket_;
  std::unique_ptr<tls::Stream> tls_;  // null: plain
  session::Session session_;
  resp::RequestParser parser_;
  resp::Buffer input_;    // of a command that is not complete, or that waits
  resp::Buffer pending_;  // of replies that the socket did not take
  size_t unfinished_reply_bytes_ = 0;
  Suspension suspension_ = Suspension::kNone;
  keyspace::Attempt attempt_;
  std::unique_ptr<Block> block_;
  std::unique_ptr<Assembly> assembly_;
  bool runs_again_ = false;
  bool closing_ = false;
  bool out_of_band_due_ = false;
  bool rest_due_ = false;
  bool closes_later_ = false;
  size_t counted_bytes_ = 0;  // what the worker was told of own_bytes()
  std::shared_ptr<session::Mail> mail_;
  uint32_t interest_ = runtime::kReadable;
  session::OutputLimit output_limit_;
};

}  // namespace dispatch
