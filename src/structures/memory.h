// Memory for the keyspace: allocation with exact accounting.
//
// Every byte that holds data or its index goes through here, so that INFO and maxmemory know what data costs. A thread
// counts for itself and adds to the process's sum every 64 KB; exact_bytes() adds what each thread still holds back.
//
// Threads  any; memory may be released by another thread than the one that allocated it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace structures {

// What an allocation of `bytes` really takes: the allocator's size class.
size_t allocation_size(size_t bytes);

// Uninitialised memory, 8-byte aligned (64-byte from allocate_lines). Never null: the process ends when the machine has
// none.
void* allocate(size_t bytes);
void* allocate_lines(size_t bytes);

// `bytes` is what was asked for. release() takes both kinds.
void release(void* memory, size_t bytes);

// Counts bytes that were allocated (or released, below zero) elsewhere: the pools of small entries.
void count_memory(int64_t bytes);

// Bytes allocated and not yet released, by all threads, at most 64 KB a thread behind.
int64_t allocated_bytes();

// What this thread has counted since it last added its count to allocated_bytes(): two of them tell about how much was
// allocated in between, or far too much where it was added.
int64_t unflushed_bytes();

// What this thread has counted and not yet added to allocated_bytes() is added now.
void flush_memory_count();

// The allocator below, which serves the whole process.

// Its name and version.
std::string_view allocator_name();
// Bytes of memory that it has asked of the system and not given back, as it counts them; 0 if it does not count. A
// thread's part is up to date as of its last call of merge_allocator_counts().
uint64_t allocator_committed_bytes();
void merge_allocator_counts();
// Bytes of blocks that the calling thread allocated and that are in use; 0 if the allocator cannot tell.
uint64_t thread_heap_bytes();
// Gives unused pages of the calling thread, and those that belong to none, back to the system.
void purge_memory();
// The allocator's own report of itself.
std::string allocator_report();

}  // namespace structures
