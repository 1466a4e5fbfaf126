/* Two changes of settings, one of them killed while it waits for U, among two plain commands; two loops. */
#define kShards 2
#define kConnections 4
#define kLoops 2
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 3, 0, 0, kPlain, false, false);
    run connection(1, 1, 3, 0, kPlain, false, false);
    run connection(2, 3, 0, 0, kPlain, true, false);
    run connection(3, 1, 2, 0, kPlain, false, false)
  }
}
