/* A script that strays over three shards in any order, and a plain command on all of them. */
#define kShards 3
#define kConnections 2
#define kLoops 2
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 2, 2, 5, kPlain, false, false);
    run connection(1, 1, 7, 0, kPlain, false, false)
  }
}
