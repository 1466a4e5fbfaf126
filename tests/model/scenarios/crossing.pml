/* Three plain commands whose shards overlap, two loops; a client is killed while it queues. */
#define kShards 2
#define kConnections 3
#define kLoops 2
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 1, 3, 0, kPlain, false, false);
    run connection(1, 1, 3, 0, kPlain, true, false);
    run connection(2, 1, 2, 0, kPlain, false, false)
  }
}
