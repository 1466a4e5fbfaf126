// Client: one connection: bytes in, commands run in order, replies out.
//
// A client is suspended while its next command waits for locks or for the end of a pause, or while a deferred reply is
// on its way. The words of what waits are kept as the bytes that came, and parsed again.
//
// Threads  its worker's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "keyspace/keyspace.h"
#include "net/socket.h"
#include "resp/buffer.h"
#include "resp/request_parser.h"
#include "runtime/loop.h"
#include "session/session.h"

namespace dispatch {

class Worker;

class Client final : public runtime::Watcher {
 public:
  Client(Worker& worker, uint64_t handle, net::Accepted accepted, uint64_t id, bool authenticated);
  ~Client() override;

  void on_ready(uint32_t ready) override;

  session::Session& session() { return session_; }
  const session::Session& session() const { return session_; }
  uint64_t handle() const { return handle_; }
  int fd() const { return socket_.get(); }

  enum class Suspension : uint8_t { kNone, kLocks, kPause, kDeferred };
  void suspend(Suspension why) { suspension_ = why; }
  Suspension suspension() const { return suspension_; }
  bool closing() const { return closing_; }
  // What the loop waits for on the socket.
  uint32_t interest() const { return interest_; }
  // Takes up the input where it stopped.
  void resume();
  keyspace::Attempt& attempt() { return attempt_; }

  // Bytes that do not belong to a command's reply: a push message, MONITOR's lines. They leave at the end of the turn.
  void send_out_of_band(std::string_view bytes);
  // Ends the connection: at once, or when what is pending has been sent.
  void close();
  void close_after_replies() { closing_ = true; }
  bool closed() const { return !socket_.valid(); }

  // What CLIENT LIST shows.
  size_t input_bytes() const { return input_.size(); }
  size_t input_capacity() const { return input_.capacity(); }
  size_t output_bytes() const { return pending_.size(); }
  size_t output_capacity() const { return pending_.capacity(); }
  size_t memory_bytes() const { return sizeof *this + input_.capacity() + pending_.capacity(); }

  // Called by the worker's cron: the soft limit of the output buffer, for which time must pass.
  bool over_output_limit(int64_t now_ms);

  // After a deferred reply was written to the worker's buffer.
  void flush();

 private:
  void read_input();
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
  void close_over_output_limit();
  bool over_hard_output_limit(size_t bytes) const;
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
  bool closing_ = false;
  bool out_of_band_due_ = false;
  uint32_t interest_ = runtime::kReadable;
  int64_t over_soft_limit_since_ms_ = 0;
};

}  // namespace dispatch
