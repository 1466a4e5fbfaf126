// Goal: a crash leaves a report that names signal, place and stacks, and the process still dies by its signal.
// Method: forked children crash in each way; their logs and their ends are read.
#include "server/crash_report.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "child.h"

namespace {

using server_test::Ended;
using server_test::in_child;

class CrashReport : public testing::Test {
 protected:
  void SetUp() override {
#ifdef SIGRUN_SANITIZED
    GTEST_SKIP() << "a sanitizer reports crashes itself";
#endif
  }
};

void say_more(int descriptor) { EXPECT_EQ(::write(descriptor, "more is known\n", 14), 14); }

void install() {
  const rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  server::install_crash_report({"1.2.3", "build-4", say_more});
}

// The address goes through an atomic, so that no compiler sees that it is nobody's.
void write_to(uintptr_t address) {
  std::atomic<uintptr_t> place = address;
  *reinterpret_cast<volatile char*>(place.load()) = 1;
}

// A child that installs the report and then does `crash`.
template <typename Crash>
Ended crashed(Crash crash) {
  return in_child([&] {
    install();
    crash();
    return 0;
  });
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_F(CrashReport, NamesSignalAddressStackAndBuild) {
  const Ended ended = crashed([] { write_to(0x1234); });
  EXPECT_TRUE(ended.died_by(SIGSEGV)) << ended.status;
  const char* const parts[] = {"=== SIGRUN BUG REPORT START",
                               "sigrun 1.2.3 (build-4) crashed by signal: 11, si_code: 1\n",
                               "Accessing address: 0x1234\n",
                               "Crashed running the instruction at: 0x",
                               "------ STACK TRACE ------",
                               " *\n",       // the thread that crashed
                               "_test(+0x",  // a frame of this program
                               "------ STACK TRACE DONE ------",
                               "------ REGISTERS ------",
                               "more is known\n",
                               "=== SIGRUN BUG REPORT END ==="};
  size_t at = 0;
  for (const char* part : parts) {  // all of them, in this order
    at = ended.log.find(part, at);
    ASSERT_NE(at, std::string::npos) << part << "\n" << ended.log;
  }
}

TEST_F(CrashReport, NamesWhoSentTheSignal) {
  const Ended ended = crashed([] {
    const pid_t victim = ::getpid();
    if (::fork() == 0) {
      ::kill(victim, SIGSEGV);
      ::_exit(0);
    }
    for (;;) ::pause();
  });
  EXPECT_TRUE(ended.died_by(SIGSEGV)) << ended.status;
  EXPECT_TRUE(ended.logged("crashed by signal: 11, si_code: 0\n")) << ended.log;
  EXPECT_TRUE(ended.logged("Killed by PID: ")) << ended.log;
}

TEST_F(CrashReport, EverySignalEndsTheProcessByItself) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    const Ended ended = crashed([signal] { ::raise(signal); });
    EXPECT_TRUE(ended.died_by(signal)) << signal << ": " << ended.status;
    EXPECT_TRUE(ended.logged("crashed by signal: " + std::to_string(signal) + ",")) << ended.log;
  }
}

TEST_F(CrashReport, ReportsAbort) {
  const Ended ended = crashed([] { std::abort(); });
  EXPECT_TRUE(ended.died_by(SIGABRT)) << ended.status;
  EXPECT_TRUE(ended.logged("crashed by signal: 6,")) << ended.log;
  EXPECT_TRUE(ended.logged("=== SIGRUN BUG REPORT END ===")) << ended.log;
}

// Not a tail call, and something to write in each frame.
int descend(int depth) {
  std::atomic<int> frame[64];
  for (std::atomic<int>& slot : frame) slot = depth;
  return depth < 0 ? 0 : descend(depth + 1) + frame[depth % 64];
}

TEST_F(CrashReport, ReportsAStackOverflowInAnyThread) {
  const Ended on_main = crashed([] { descend(1); });
  EXPECT_TRUE(on_main.died_by(SIGSEGV)) << on_main.status;
  EXPECT_TRUE(on_main.logged("=== SIGRUN BUG REPORT END ===")) << on_main.log;
  const Ended on_thread = crashed([] {
    std::thread([] {
      server::use_alternate_stack();
      descend(1);
    }).join();
  });
  EXPECT_TRUE(on_thread.died_by(SIGSEGV)) << on_thread.status;
  EXPECT_TRUE(on_thread.logged("=== SIGRUN BUG REPORT END ===")) << on_thread.log;
}

TEST_F(CrashReport, ShowsEveryThread) {
  const Ended ended = crashed([] {
    std::atomic<int> ready = 0;
    std::thread threads[3];
    for (int index = 0; index < 3; ++index) {
      threads[index] = std::thread([&ready, index] {
        ::pthread_setname_np(::pthread_self(), ("loop-" + std::to_string(index)).c_str());
        ++ready;
        for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
      });
    }
    while (ready < 3) std::this_thread::yield();
    std::abort();
  });
  EXPECT_TRUE(ended.died_by(SIGABRT)) << ended.status;
  for (const char* name : {" loop-0\n", " loop-1\n", " loop-2\n"}) EXPECT_EQ(count(ended.log, name), 1u) << ended.log;
  EXPECT_EQ(count(ended.log, " *\n"), 1u);
  EXPECT_EQ(count(ended.log, "(no answer)"), 0u) << ended.log;
}

TEST_F(CrashReport, AThreadThatDoesNotAnswerIsNamedAnyway) {
  const Ended ended = crashed([] {
    std::atomic<bool> ready = false;
    std::thread deaf([&ready] {
      sigset_t all;
      sigfillset(&all);
      ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
      ::pthread_setname_np(::pthread_self(), "deaf");
      ready = true;
      for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
    });
    while (!ready) std::this_thread::yield();
    std::abort();
  });
  EXPECT_TRUE(ended.died_by(SIGABRT)) << ended.status;
  EXPECT_TRUE(ended.logged(" deaf\n(no answer)\n")) << ended.log;
}

TEST_F(CrashReport, ThreadsThatCrashTogetherMakeOneReport) {
  const Ended ended = crashed([] {
    std::atomic<int> ready = 0;
    std::thread threads[4];
    for (std::thread& thread : threads) {
      thread = std::thread([&ready] {
        ++ready;
        while (ready < 4) {}
        write_to(0x10);
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  EXPECT_TRUE(ended.died_by(SIGSEGV)) << ended.status;
  EXPECT_EQ(count(ended.log, "crashed by signal"), 1u) << ended.log;
  EXPECT_EQ(count(ended.log, "=== SIGRUN BUG REPORT END ==="), 1u) << ended.log;
}

TEST_F(CrashReport, ACrashWithinTheReportStillEndsTheProcess) {
  const Ended ended = in_child([] {
    server::install_crash_report({"1", "2", [](int) { std::abort(); }});
    ::raise(SIGSEGV);
    return 0;
  });
  EXPECT_TRUE(ended.died_by(SIGABRT)) << ended.status;
  EXPECT_EQ(count(ended.log, "crashed by signal"), 1u) << ended.log;
}

TEST_F(CrashReport, IsSilentWhenRemoved) {
  const Ended ended = crashed([] {
    server::remove_crash_report();
    ::raise(SIGSEGV);
  });
  EXPECT_TRUE(ended.died_by(SIGSEGV)) << ended.status;
  EXPECT_EQ(ended.log, "");
}

}  // namespace
