#include "runtime/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "base/check.h"

namespace runtime {

Mailbox::Mailbox() : bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { CHECK(bell_ >= 0); }

Mailbox::~Mailbox() {
  Letter* letter = head_.exchange(nullptr);
  while (letter != nullptr) delete std::exchange(letter, letter->next);
  while (oldest_ != nullptr) delete std::exchange(oldest_, oldest_->next);
  close(bell_);
}

bool Mailbox::push(std::function<void()> run) {
  auto* letter = new Letter{std::move(run)};
  Letter* under = head_.load(std::memory_order_relaxed);
  do {
    letter->next = under;
  } while (!head_.compare_exchange_weak(under, letter, std::memory_order_acq_rel, std::memory_order_relaxed));
  return under == nullptr;  // the letter itself may be gone already
}

void Mailbox::ring() const {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(bell_, &one, sizeof one);  // full means that it rings already
}

void Mailbox::clear_bell() const {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(bell_, &count, sizeof count);
}

void Mailbox::drain() {
  Letter* newest = head_.exchange(nullptr, std::memory_order_acquire);
  Letter* oldest = nullptr;
  while (newest != nullptr) {
    Letter* next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  Letter** end = &oldest_;
  while (*end != nullptr) end = &(*end)->next;
  *end = oldest;
  while (oldest_ != nullptr) {
    Letter* letter = std::exchange(oldest_, oldest_->next);
    letter->run();
    delete letter;
  }
}

}  // namespace runtime
