/* Two scripts, and between them in the line for U a plain command, which may get its shard before its turn at U. */
#define kShards 2
#define kConnections 4
#define kLoops 4
#define kFailureLimit 1
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 2, 1, 0, kPlain, false, false);
    run connection(1, 1, 2, 0, kPlain, false, false);
    run connection(2, 1, 2, 0, kPlain, false, false);
    run connection(3, 2, 1, 0, kPlain, false, false)
  }
}
