// Info: the text of INFO, section by section.
//
// A section is a function that adds lines to a Report. The order of sections and fields is the reference's; a field of
// something that this server does not have yet has the value that the reference shows while it is not used.
//
// Threads  the worker that runs INFO; sections of the memory and the keys need all locks.
// Source   valkey-server 9.1.2: INFO EVERYTHING.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

#include "command/call.h"
#include "server/server.h"

namespace server {

class Report {
 public:
  explicit Report(command::Call& for_call)
      : call(for_call), server(server_of(for_call)), settings(for_call.settings()) {}

  template <typename Value>
  void field(std::string_view name, const Value& value) {
    fmt::format_to(std::back_inserter(text_), "{}:{}\r\n", name, value);
  }
  // Fields whose value needs a form of its own.
  template <typename... Values>
  void line(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    text_ += "\r\n";
  }
  // Many fields that are all zero.
  void zeros(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) field(name, 0);
  }
  void bytes(std::string_view name, uint64_t value);  // the number, and name_human
  void begin_section(std::string_view title);

  // The sum of a count over all workers; the second form leaves the first worker out.
  uint64_t sum(metrics::Counter metrics::ThreadStats::*counter) const { return sum_from(0, counter); }
  uint64_t sum_of_others(metrics::Counter metrics::ThreadStats::*counter) const { return sum_from(1, counter); }

  const std::string& text() const { return text_; }

  command::Call& call;
  Server& server;
  const config::Settings& settings;

 private:
  uint64_t sum_from(uint32_t first, metrics::Counter metrics::ThreadStats::*counter) const;

  std::string text_;
};

struct Section {
  std::string_view name;  // as INFO takes it
  std::string_view title;
  bool in_default;
  bool needs_all_locks;
  void (*write)(Report& report);
};

// Sections by file: info.cc joins them.
void write_server(Report& report);
void write_tls(Report& report);
void write_clients(Report& report);
void write_memory(Report& report);
void write_persistence(Report& report);
void write_stats(Report& report);
void write_replication(Report& report);
void write_cpu(Report& report);
void write_commandstats(Report& report);
void write_errorstats(Report& report);
void write_latencystats(Report& report);
void write_engines(Report& report);
void write_info_modules(Report& report);
void write_keyspace(Report& report);
void write_databases(Report& report);
void write_key_sizes(Report& report);

}  // namespace server
