/* A script that strays against a plain client and a script that never stop. */
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
    run connection(0, 2, 1, 2, kPlain, false, false);
    run connection(1, 1, 3, 0, kPlain, false, true);
    run connection(2, 2, 2, 1, kPlain, false, true)
  }
}
