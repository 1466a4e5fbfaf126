/* Three who need U, the second of them killed while it waits for it, so that it is handed to a client who is gone. */
#define kShards 1
#define kConnections 3
#define kLoops 2
#include "../lock_protocol.pml"

init {
  byte s;
  atomic {
    nobody_blocks();
    run connection(0, 3, 0, 0, kPlain, false, false);
    run connection(1, 3, 0, 0, kPlain, true, false);
    run connection(2, 2, 1, 0, kPlain, false, false)
  }
}
