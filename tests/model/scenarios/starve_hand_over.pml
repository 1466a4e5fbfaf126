/* A writer whose key's blocked client changes for ever, each time to one who carries to another shard. */
#define kShards 3
#define kConnections 3
#define kLoops 3
#define kMergedMutex
#include "../lock_protocol.pml"

ltl served_at_last { <> served[0] }

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 1, 1, 0, kWriter, false, false);
    run connection(1, 1, 1, 0, kChanger, false, true);
    run connection(2, 1, 6, 0, kPlain, false, false)
  }
}
