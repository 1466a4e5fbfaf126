/* A script that strays over three shards in any order among plain commands that overlap; two loops. */
#define kShards 3
#define kConnections 4
#define kLoops 2
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 2, 2, 5, kPlain, false, false);
    run connection(1, 1, 3, 0, kPlain, false, false);
    run connection(2, 1, 6, 0, kPlain, true, false);
    run connection(3, 1, 5, 0, kPlain, false, false)
  }
}
