// Options: what the command line of sigrun-benchmark says.
//
// Errors   read_options() answers a Failure with the words for the user: unknown name, bad number, missing value.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace load {

struct Options {
  std::string mode;  // fill, run, stall, trace or handover
  std::string workload = "get";
  std::string words;  // run: these commands instead of a workload; see kUsage
  std::string host = "127.0.0.1";
  int port = 6379;

  uint64_t keys = 1'000'000;
  uint64_t key_size = 16;
  uint64_t value_size = 64;
  uint64_t batch = 10;    // keys a command of MSET and MGET
  bool integers = false;  // values are decimal numbers
  bool ttl = false;       // fill: every key gets a time to live

  uint64_t clients = 50;
  uint64_t pipeline = 1;
  double seconds = 5;
  double warm_up = 0.5;
  uint64_t rate = 0;  // requests a second over all clients; 0 is as fast as replies come

  double theta = 0.99;      // trace: exponent of the Zipf law
  uint64_t distinct = 0;    // stall: only so many keys, set over and over; 0: each once
  uint64_t scan_every = 0;  // trace: every so manieth request is a key never asked for again; 0 is none

  uint64_t seed = 1;
  int server_pid = 0;  // its CPU time is measured if it is given
  bool json = false;
};

base::Result<Options, base::Failure> read_options(int count, char** arguments);

// The help text.
extern const char kUsage[];

}  // namespace load
