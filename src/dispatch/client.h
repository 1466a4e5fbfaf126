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

#include "command/table.h"
#include "dispatch/output_limit.h"
#include "keyspace/keyspace.h"
#include "net/socket.h"
#include "resp/buffer.h"
#include "resp/request_parser.h"
#include "resp/writer.h"
#include "runtime/loop.h"
#include "session/session.h"

namespace dispatch {

class Worker;

// A command that waits for something to happen, for some time or for good (WAIT).
struct Block {
  std::function<void(resp::Writer&)> at_timeout;
  runtime::Loop::Alarm alarm{};
  const command::Command* command = nullptr;
  int64_t ns = 0;  // that it ran before it waited
  size_t argument_bytes = 0;
  bool ended = false;  // the reply is on its way
};

// What others have sent to a client and is not yet on the socket: its output buffer, as those others see it.
//
// Threads  any.
struct Mail {
  std::atomic<size_t> queued{0};  // in its worker's mailbox
  std::atomic<size_t> unsent{0};  // in the client's own buffer
  size_t bytes() const { return queued.load(std::memory_order_relaxed) + unsent.load(std::memory_order_relaxed); }
};

class Client final : public runtime::Watcher {
 public:
  Client(Worker& worker, uint64_t handle, net::Accepted accepted, uint64_t id, bool authenticated);
  ~Client() override;

  void on_ready(uint32_t ready) override;

  session::Session& session() { return session_; }
  const session::Session& session() const { return session_; }
  uint64_t handle() const { return handle_; }
  int fd() const { return socket_.get(); }

  enum class Suspension : uint8_t { kNone, kLocks, kPause, kDeferred, kBlocked };
  void suspend(Suspension why);
  Suspension suspension() const { return suspension_; }
  // As INFO and CLIENT LIST call it: by its command, or by CLIENT PAUSE.
  bool blocked() const { return suspension_ == Suspension::kBlocked || suspension_ == Suspension::kPause; }
  Block* block() const { return block_.get(); }
  void set_block(std::unique_ptr<Block> block);
  std::unique_ptr<Block> take_block();
  bool closing() const { return closing_; }
  // What the loop waits for on the socket.
  uint32_t interest() const { return interest_; }
  // Takes up the input where it stopped.
  void resume();
  keyspace::Attempt& attempt() { return attempt_; }

  // Bytes that do not belong to a command's reply: a push message, MONITOR's lines. They leave at the end of the turn.
  void send_out_of_band(std::string_view bytes);
  // Made by the first call. Who queues mail for the client counts it there, and in Context::mailed_bytes.
  const std::shared_ptr<Mail>& mail();
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

 private:
  // True when more of an argument that has begun seems to be at hand.
  bool read_input();
  bool may_read() const;
  void read_ahead();
  void discard_input();
  ssize_t receive(char* at, size_t room);
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
  size_t own_bytes() const { return sizeof *this + input_.capacity() + pending_.capacity(); }
  size_t queued_bytes() const { return mail_ == nullptr ? 0 : mail_->queued.load(std::memory_order_relaxed); }
  const config::OutputBufferLimit& output_buffer_limit() const;
  bool over_hard_output_limit(size_t bytes) const;
  bool over_query_buffer_limit(size_t bytes);
  bool batch_is_large() const;
  void update_interest();

  Worker& worker_;
  uint64_t handle_;
  net::Descriptor socket_;
  session::Session session_;
  resp::RequestParser parser_;
  resp::Buffer input_;    // of a command that is not complete, or that waits
  resp::Buffer pending_;  // of replies that the socket did not take
  Suspension suspension_ = Suspension::kNone;
  keyspace::Attempt attempt_;
  std::unique_ptr<Block> block_;
  bool closing_ = false;
  bool out_of_band_due_ = false;
  size_t counted_bytes_ = 0;  // what the worker was told of own_bytes()
  std::shared_ptr<Mail> mail_;
  uint32_t interest_ = runtime::kReadable;
  OutputLimit output_limit_;
};

}  // namespace dispatch
