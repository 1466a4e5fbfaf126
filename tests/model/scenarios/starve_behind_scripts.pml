/* A command on both shards against a plain client on one and scripts on the other, so that U is never free for long. */
#define kShards 2
#define kConnections 3
#define kLoops 3
#define kMergedMutex
#include "../lock_protocol.pml"

ltl served_at_last { <> served[0] }

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 1, 3, 0, kPlain, false, false);
    run connection(1, 1, 1, 0, kPlain, false, true);
    run connection(2, 2, 2, 0, kPlain, false, true)
  }
}
