/* A script that never ends, on shard 0, and plain commands on shard 1 alone, which should go on. */
#define kShards 2
#define kConnections 4
#define kLoops 4
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 2, 1, 0, kEndless, false, false);
    run connection(1, 1, 2, 0, kPlain, false, false);
    run connection(2, 1, 2, 0, kPlain, false, false);
    run connection(3, 1, 2, 0, kPlain, false, false)
  }
}
