/* Two scripts that stray against each other's order, one killed while it waits for U, and a plain command; two loops. */
#define kShards 2
#define kConnections 3
#define kLoops 2
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 2, 1, 2, kPlain, false, false);
    run connection(1, 2, 2, 1, kPlain, true, false);
    run connection(2, 1, 3, 0, kPlain, false, false)
  }
}
