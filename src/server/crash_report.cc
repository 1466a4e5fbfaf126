#include "server/crash_report.h"

#include <dirent.h>
#include <execinfo.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/log.h"

namespace server {
namespace {

constexpr std::array kSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr int kAskForStack = SIGUSR2;  // has a handler only while a report is made
constexpr int kFramesMax = 100;
constexpr int kAnswerMsMax = 200;
constexpr int kOtherReportMsMax = 20'000;
constexpr size_t kAlternateStackSize = 64 * 1024;

CrashFacts current_facts;
std::atomic<pid_t> reporting_thread{0};
std::atomic<pid_t> asked_thread{0};  // whose stack is wanted; back to 0 when it has written it
std::atomic<int> report_descriptor{-1};

pid_t thread_id() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

void sleep_ms(int ms) {
  timespec left = {ms / 1000, ms % 1000 * 1'000'000L};
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {  // the question for a stack comes in between
  }
}

// A line of text that needs no allocation; what does not fit is dropped.
class Line {
 public:
  Line& text(std::string_view part) {
    const size_t count = std::min(part.size(), bytes_.size() - used_ - 1);
    std::memcpy(bytes_.data() + used_, part.data(), count);
    used_ += count;
    return *this;
  }
  Line& number(int64_t value) {
    std::array<char, 24> digits;
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return text({digits.data(), static_cast<size_t>(end - digits.data())});
  }
  Line& address(uint64_t value) {
    std::array<char, 24> digits;
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    return text("0x").text({digits.data(), static_cast<size_t>(end - digits.data())});
  }
  const char* c_text() {
    bytes_[used_] = '\0';
    return bytes_.data();
  }
  void write_to(int descriptor) {
    bytes_[used_] = '\n';
    for (size_t done = 0; done <= used_;) {
      const ssize_t count = ::write(descriptor, bytes_.data() + done, used_ + 1 - done);
      if (count < 0 && errno != EINTR) return;
      if (count > 0) done += static_cast<size_t>(count);
    }
  }

 private:
  std::array<char, 512> bytes_;
  size_t used_ = 0;
};

// The reference's prefix where no local time can be made.
Line& begin_line(Line& line) {
  return line.number(::getpid()).text(":signal-handler (").number(::time(nullptr)).text(") ");
}

void write_stack(int descriptor) {
  std::array<void*, kFramesMax> frames;
  const int count = ::backtrace(frames.data(), kFramesMax);
  ::backtrace_symbols_fd(frames.data(), count, descriptor);
}

// "10643 loop-1", with a star at the thread that crashed.
void write_thread_name(int descriptor, pid_t thread) {
  Line path, line;
  line.number(thread);
  const int file = ::open(path.text("/proc/self/task/").number(thread).text("/comm").c_text(), O_RDONLY | O_CLOEXEC);
  std::array<char, 64> name;
  const ssize_t length = file < 0 ? 0 : ::read(file, name.data(), name.size());
  if (file >= 0) ::close(file);
  if (length > 1) line.text(" ").text({name.data(), static_cast<size_t>(length) - 1});
  if (thread == reporting_thread.load()) line.text(" *");
  line.write_to(descriptor);
}

void answer_with_stack(int) {
  const int failure = errno;
  if (asked_thread.load() == thread_id()) {
    write_stack(report_descriptor.load());
    asked_thread.store(0);
  }
  errno = failure;
}

void write_stack_of(int descriptor, pid_t thread) {
  write_thread_name(descriptor, thread);
  if (thread == reporting_thread.load()) return write_stack(descriptor);
  asked_thread.store(thread);
  if (::syscall(SYS_tgkill, ::getpid(), thread, kAskForStack) == 0) {
    for (int ms = 0; ms < kAnswerMsMax && asked_thread.load() != 0; ++ms) sleep_ms(1);
  }
  pid_t unanswered = thread;
  if (asked_thread.compare_exchange_strong(unanswered, 0)) Line().text("(no answer)").write_to(descriptor);
}

// Reads /proc/self/task by the system call itself, for opendir allocates.
void write_all_stacks(int descriptor) {
  struct sigaction action = {};
  action.sa_handler = answer_with_stack;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  ::sigaction(kAskForStack, &action, nullptr);

  const int folder = ::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return write_stack_of(descriptor, reporting_thread.load());
  alignas(dirent64) std::array<char, 4096> entries;
  for (;;) {
    const long size = ::syscall(SYS_getdents64, folder, entries.data(), entries.size());
    if (size <= 0) break;
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      at += entry->d_reclen;
      pid_t thread = 0;
      std::from_chars(entry->d_name, entry->d_name + std::strlen(entry->d_name), thread);
      if (thread > 0) write_stack_of(descriptor, thread);
    }
  }
  ::close(folder);
}

uint64_t instruction_of(const ucontext_t& context) {
#if defined(__x86_64__)
  return static_cast<uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return context.uc_mcontext.pc;
#else
  static_cast<void>(context);
  return 0;
#endif
}

void write_registers(int descriptor, const ucontext_t& context) {
  Line().text("\n------ REGISTERS ------").write_to(descriptor);
#if defined(__x86_64__)
  constexpr std::array<std::string_view, 18> kNames = {"R8",  "R9",  "R10", "R11", "R12", "R13", "R14", "R15", "RDI",
                                                       "RSI", "RBP", "RBX", "RDX", "RAX", "RCX", "RSP", "RIP", "EFL"};
  for (size_t index = 0; index < kNames.size(); ++index) {
    const auto value = static_cast<uint64_t>(context.uc_mcontext.gregs[index]);
    Line().text(kNames[index]).text(":").address(value).write_to(descriptor);
  }
#elif defined(__aarch64__)
  for (int index = 0; index < 31; ++index) {
    Line().text("X").number(index).text(":").address(context.uc_mcontext.regs[index]).write_to(descriptor);
  }
  Line().text("SP:").address(context.uc_mcontext.sp).write_to(descriptor);
#endif
}

void write_cause(int descriptor, int signal, const siginfo_t& info, uint64_t instruction) {
  Line crashed, address, sender, place;
  begin_line(crashed).text("sigrun ").text(current_facts.version).text(" (").text(current_facts.build);
  crashed.text(") crashed by signal: ").number(signal).text(", si_code: ").number(info.si_code).write_to(descriptor);
  if (info.si_code > 0) {
    begin_line(address).text("Accessing address: ").address(reinterpret_cast<uint64_t>(info.si_addr));
    address.write_to(descriptor);
  } else if (info.si_pid != ::getpid()) {
    begin_line(sender).text("Killed by PID: ").number(info.si_pid).text(", UID: ").number(info.si_uid);
    sender.write_to(descriptor);
  }
  begin_line(place).text("Crashed running the instruction at: ").address(instruction).write_to(descriptor);
}

void write_report(int descriptor, int signal, const siginfo_t& info, const ucontext_t& context) {
  const uint64_t instruction = instruction_of(context);
  Line().text("\n\n=== SIGRUN BUG REPORT START: cut and paste from here on ===").write_to(descriptor);
  write_cause(descriptor, signal, info, instruction);
  Line().text("\n------ STACK TRACE ------\nEIP:").write_to(descriptor);
  void* const place = reinterpret_cast<void*>(instruction);
  ::backtrace_symbols_fd(&place, 1, descriptor);
  write_all_stacks(descriptor);
  Line().text("------ STACK TRACE DONE ------").write_to(descriptor);
  write_registers(descriptor, context);
  if (current_facts.more != nullptr) current_facts.more(descriptor);
  Line().text("\n=== SIGRUN BUG REPORT END ===").write_to(descriptor);
}

[[noreturn]] void die_by(int signal) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  ::syscall(SYS_tgkill, ::getpid(), thread_id(), signal);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
  ::_exit(128 + signal);  // not reached: the signal is delivered before
}

void report_and_die(int signal, siginfo_t* info, void* context) {
  pid_t nobody = 0;
  if (!reporting_thread.compare_exchange_strong(nobody, thread_id())) {
    // Another thread is at it and will end the process; or this very one crashed within its report.
    if (nobody != thread_id()) sleep_ms(kOtherReportMsMax);
    die_by(signal);
  }
  if (const int descriptor = base::open_log_output(); descriptor >= 0) {
    report_descriptor.store(descriptor);
    write_report(descriptor, signal, *info, *static_cast<const ucontext_t*>(context));
  }
  die_by(signal);
}

void set_handlers(bool ours) {
  struct sigaction action = {};
  sigemptyset(&action.sa_mask);
  action.sa_flags = ours ? SA_SIGINFO | SA_ONSTACK : 0;
  if (ours) {
    action.sa_sigaction = report_and_die;
  } else {
    action.sa_handler = SIG_DFL;
  }
  for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
}

// Memory for one thread's signal handlers, its lowest page closed so that an overflow there faults too.
class AlternateStack {
 public:
  AlternateStack() {
    const auto guard = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    size_ = guard + kAlternateStackSize;
    memory_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory_ == MAP_FAILED) return;  // then handlers run on the thread's own stack
    ::mprotect(memory_, guard, PROT_NONE);
    stack_t stack = {};
    stack.ss_sp = static_cast<char*>(memory_) + guard;
    stack.ss_size = kAlternateStackSize;
    ::sigaltstack(&stack, nullptr);
  }
  ~AlternateStack() {
    if (memory_ == MAP_FAILED) return;
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
    ::munmap(memory_, size_);
  }
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

 private:
  void* memory_ = MAP_FAILED;
  size_t size_ = 0;
};

}  // namespace

void use_alternate_stack() {
#ifndef SIGRUN_SANITIZED
  thread_local AlternateStack stack;
#endif
}

void install_crash_report(const CrashFacts& facts) {
#ifdef SIGRUN_SANITIZED
  static_cast<void>(facts);
  static_cast<void>(set_handlers);
#else
  current_facts = facts;
  use_alternate_stack();
  // The first call loads libgcc's unwinder, which allocates; in the handler that must be over.
  void* frame = nullptr;
  ::backtrace(&frame, 1);
  set_handlers(true);
#endif
}

void remove_crash_report() {
#ifndef SIGRUN_SANITIZED
  set_handlers(false);
#endif
}

}  // namespace server
