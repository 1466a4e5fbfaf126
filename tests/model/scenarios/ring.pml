/* Three plain commands in a ring over three shards: {0,1} {1,2} {0,2}. */
#define kShards 3
#define kConnections 3
#define kLoops 3
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 1, 3, 0, kPlain, false, false);
    run connection(1, 1, 6, 0, kPlain, false, false);
    run connection(2, 1, 5, 0, kPlain, false, false)
  }
}
