/* A writer to shard 0 while clients block there (carrying to shard 1) and at shard 1 (carrying to shard 2). */
#define kShards 3
#define kConnections 3
#define kLoops 3
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 1, 3, 0, kBlocker, false, false);
    run connection(1, 1, 6, 0, kBlocker, false, false);
    run connection(2, 1, 1, 0, kWriter, false, false)
  }
}
