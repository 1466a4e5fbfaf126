/* The same with a second writer at the far end, and two loops. */
#define kShards 3
#define kConnections 4
#define kLoops 2
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 1, 3, 0, kBlocker, false, false);
    run connection(1, 1, 6, 0, kBlocker, false, false);
    run connection(2, 1, 1, 0, kWriter, false, false);
    run connection(3, 1, 4, 0, kWriter, true, false)
  }
}
