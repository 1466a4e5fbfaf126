/* A plain command against a client that changes settings for ever. */
#define kShards 2
#define kConnections 2
#define kLoops 2
#define kMergedMutex
#include "../lock_protocol.pml"

ltl served_at_last { <> served[0] }

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 1, 3, 0, kPlain, false, false);
    run connection(1, 3, 0, 0, kPlain, false, true)
  }
}
