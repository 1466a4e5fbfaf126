/* One shard, one waiter after another, newcomers without end: how many pass a queue? */
#define kShards 1
#define kConnections 3
#define kLoops 3
#define kMergedMutex
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 1, 1, 0, kPlain, false, false);
    run connection(1, 1, 1, 0, kPlain, false, true);
    run connection(2, 1, 1, 0, kPlain, false, true)
  }
}
