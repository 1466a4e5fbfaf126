// The crash report: what the process writes to its log when a signal ends it.
//
// Shape    between two === lines: version and build, signal, address, sender, the crashed thread's instruction and
//          stack, every other thread's stack, registers. Lines of stacks name file and offset:
//          `addr2line -Cfie FILE OFFSET` has the source line.
// Cost     nothing until the crash; 64 KB of untouched address space a thread that has an alternate stack.
// Limits   100 frames a stack; a thread that does not answer within 200 ms is named without its stack.
// Threads  install and remove from any one thread. The report is safe wherever the crash happens: it allocates nothing
//          and takes no lock. The first thread that crashes reports; others that crash meanwhile wait for the end.
// Source   the order and the searched-for words ("crashed by signal", "STACK TRACE") are valkey-server 9.1.2's.
#pragma once

#include <string_view>

namespace server {

struct CrashFacts {
  std::string_view version;                // static storage, as all texts here
  std::string_view build;                  // what names the exact build: build id or commit
  void (*more)(int descriptor) = nullptr;  // writes what else is known; must be safe in a signal handler
};

// Reports SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT from now on; the process then dies by that very signal. The
// calling thread gets an alternate stack. In sanitizer builds it does nothing, since the sanitizer's own report
// says more.
void install_crash_report(const CrashFacts& facts);

// Back to the system's default (crash-log-enabled no).
void remove_crash_report();

// Gives the calling thread a stack for signal handlers until it ends, so that even the overflow of its own stack is
// reported. Every thread but main's calls it once.
void use_alternate_stack();

}  // namespace server
