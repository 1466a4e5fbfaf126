/* The lock protocol of Sigrun, as a model for spin.
 *
 * Shape   Shards with one atomic word and a queue each, the token U with its queue, event loops, connections that
 *         run commands of the three classes. A scenario (scenarios/<name>.pml) defines the sizes, includes this file
 *         and starts the connections.
 * Limits  Every step of this model is one atomic step of the real code: one read-modify-write of a shard's word, one
 *         section under a queue's mutex, one message. All flags of a shard are in ONE word, so no two of them can be
 *         seen in different orders and sequential consistency is no assumption too much.
 * Source  design.md section 2. README.md says what is modelled, what is not, and what each mutant breaks.
 */

#ifndef kShards
#error "a scenario defines kShards, kConnections and kLoops"
#endif
#ifndef kBargeLimit
#define kBargeLimit 1   /* newcomers that may pass a queue; 32 in the server */
#endif
#ifndef kFailureLimit
#define kFailureLimit 2 /* failures after which a command takes U; 8 in the server */
#endif

#define kNone 255
#define kMailOfU 128
#define kAllShards ((1 << kShards) - 1)
#define kEpochs 8       /* settings epochs wrap in the model only, to keep it finite */

/* What a command does once it has its locks. */
#define kPlain 0        /* touches its keys */
#define kWriter 1       /* feeds its first key's blocked clients, who may carry the element on */
#define kChanger 4      /* one client that blocks on shard 0 gives way to another that carries elsewhere */
#define kEndless 3      /* a script that never ends */
#define kBlocker 2      /* blocks on its lower shard and would carry an element to its higher one */

typedef Shard {
  /* The word. */
  bool locked;
  bool u_waits;          /* the holder of U waits here: newcomers fail */
  bool queue_not_empty;
  byte barges;           /* newcomers that passed since a queued command was served */
  /* Outside the word. */
  bool queue_mutex;
  bool futex_asleep;     /* the holder of U sleeps on the word */
  byte woken;            /* popped from the queue and not yet settled; guarded by the mutex */
  /* For the checks alone. */
  byte holders;
  byte waiting;          /* entered the queue and not served, nor gone elsewhere */
  byte passed;           /* newcomers served while somebody waited */
};

Shard shard[kShards];
chan queue[kShards] = [kConnections] of { byte };
bool u_taken;
chan u_line = [kConnections] of { byte };  /* where U is free and somebody is in line, only the head may take it */
byte mail[kConnections];                   /* a bit for each shard whose queue woke the connection, and kMailOfU */
bool loop_busy[kLoops];
byte epoch = 0;
byte acting = 0;                    /* commands between first and last effect */
bool served[kConnections];
byte carry_to[kShards];             /* where the client that blocks on this shard carries an element; kNone: nobody */
byte in_u = 0;

/* ---- one shard's word and queue ---- */

#ifdef kMergedMutex
#define kSplit                      /* liveness runs: the section under the mutex and its mail are one step, see README.md */
#else
#define kSplit skip; } atomic {
#endif

/* The bit outlives the pop: as long as one who was woken has not tried, newcomers are counted. */
#ifdef kMutantBitFallsAtPop
#define kMayClear(q) (len(queue[q]) == 0)
#else
#define kMayClear(q) (len(queue[q]) == 0 && shard[q].woken == 0)
#endif

/* Takes the head off the queue and sends its loop the retry mail. */
inline wake_head(q) {
  atomic {
    !shard[q].queue_mutex -> shard[q].queue_mutex = true;
    if
    :: len(queue[q]) > 0 -> queue[q]?head; shard[q].woken++
    :: else -> head = kNone
    fi;
    kSplit
    if
    :: kMayClear(q) -> shard[q].queue_not_empty = false
    :: else
    fi;
    shard[q].queue_mutex = false;
    kSplit
    if
    :: head != kNone -> mail[head] = mail[head] | (1 << q); head = kNone
    :: else
    fi
  }
}

/* A wake-up has been answered: the queue bit may fall now. */
inline settle(q) {
  atomic {
    !shard[q].queue_mutex -> shard[q].woken--;
    if
    :: kMayClear(q) -> shard[q].queue_not_empty = false
    :: else
    fi
  }
}

/* The look of a command that may be the last to know that the shard is free while others queue. */
inline wake_if_free(q) {
  if
  :: !shard[q].locked && !shard[q].u_waits && shard[q].queue_not_empty -> wake_head(q)
  :: else
  fi
}

inline no_longer_waits(q) {
  shard[q].waiting--;
  if
  :: shard[q].waiting == 0 -> shard[q].passed = 0
  :: else
  fi
}

inline enter_queue(q) {
  if  /* A stale mail of this queue is on its way. The server tells the two by their tickets; here it comes first. */
  :: owed & (1 << q) -> settle_stale(q)
  :: else
  fi;
  atomic {
    !shard[q].queue_mutex -> shard[q].queue_mutex = true;
    queue[q]!me;
    queued_at = q;
    kSplit
    shard[q].queue_not_empty = true;
    shard[q].waiting++;
    shard[q].queue_mutex = false
  }
#ifndef kMutantNoSecondLook
  wake_if_free(q)
#endif
}

/* The connection stands in a queue and goes on without its wake-up. If it was popped already, a mail comes that is
 * stale, and that its loop owes an answer all the same. */
inline leave_queue() {
  if
  :: queued_at != kNone ->
    atomic {
      !shard[queued_at].queue_mutex ->
      no_longer_waits(queued_at);
      if
      :: queue[queued_at]??[eval(me)] ->
        queue[queued_at]??eval(me);
        if
        :: kMayClear(queued_at) -> shard[queued_at].queue_not_empty = false
        :: else
        fi
      :: else -> owed = owed | (1 << queued_at)
      fi;
      queued_at = kNone
    }
  :: else
  fi
}

inline settle_stale(q) {
  atomic { mail[me] & (1 << q) -> mail[me] = mail[me] & ~(1 << q); owed = owed & ~(1 << q) };
#ifndef kMutantStaleForgotten
  settle(q);
  wake_if_free(q)
#endif
}

inline note_locked(q) {
  shard[q].locked = true;
  shard[q].holders++;
  assert(shard[q].holders == 1);
  held = held | (1 << q)
}

/* `from` is the shard whose queue woke this command: there it goes before newcomers. */
inline try_lock(q) {
  atomic {
    if
#ifdef kMutantBarge
    :: !shard[q].locked && !shard[q].u_waits ->
#else
    :: !shard[q].locked && !shard[q].u_waits &&
       (from == q || !shard[q].queue_not_empty || shard[q].barges < kBargeLimit) ->
#endif
      note_locked(q);
      if
      :: from == q -> shard[q].barges = 0; shard[q].passed = 0
      :: else ->
        shard[q].barges = (shard[q].queue_not_empty -> shard[q].barges + 1 : 0);
#ifdef kCheckBarging
        if
        :: shard[q].waiting > 0 -> shard[q].passed++; assert(shard[q].passed <= kBargeLimit)
        :: else
        fi
#endif
      fi
    :: else -> failed = q
    fi
  }
}

inline unlock(q) {
  atomic {
    assert(shard[q].holders == 1 && shard[q].locked);
    u_waited = shard[q].u_waits;
    queued = shard[q].queue_not_empty;
    shard[q].holders--;
    shard[q].locked = false;
    held = held & ~(1 << q)
  }
  if
#ifndef kMutantNoFutexWake
  :: u_waited -> shard[q].futex_asleep = false
#else
  :: u_waited -> skip
#endif
  :: !u_waited && queued -> wake_head(q)
  :: else
  fi;
  atomic { u_waited = false; queued = false }
}

inline unlock_all() {
  s = 0;
  do
  :: s < kShards && (held & (1 << s)) -> unlock(s); s++
  :: s < kShards && !(held & (1 << s)) -> s++
  :: s == kShards -> s = 0; break
  od
}

/* The holder of U takes a shard and waits for it if it must, whatever else it holds. */
inline wait_lock(q) {
#ifndef kMutantNoUBit
  shard[q].u_waits = true;
#endif
  do
  :: atomic { !shard[q].locked -> shard[q].u_waits = false; note_locked(q) }; break
  :: atomic { shard[q].locked -> shard[q].futex_asleep = true };  /* FUTEX_WAIT compares and sleeps in one */
     !shard[q].futex_asleep
  od
}

/* ---- the token U ---- */

/* Whether U was free is learnt in the section that enters the line: who looked again later might have missed its
 * mail. */
inline take_u() {
  atomic {
    if
    :: !u_taken && (len(u_line) == 0 || u_line?[eval(me)]) ->
      if
      :: in_line -> u_line?eval(me); in_line = false
      :: else
      fi;
      u_taken = true; has_u = true; in_u++;
      assert(in_u == 1)
    :: else ->
#ifdef kMutantOnlyFreeU
      if
      :: !in_line && class != 1 -> u_line!me; in_line = true
      :: else
      fi
#else
      if
      :: !in_line -> u_line!me; in_line = true
      :: else
      fi
#endif
    fi
  }
}

inline mail_next_in_line() {
  atomic {
    if
    :: next_in_line != kNone -> mail[next_in_line] = mail[next_in_line] | kMailOfU; next_in_line = kNone
    :: else
    fi
  }
}

inline release_u() {
  atomic {
    in_u--; has_u = false; u_taken = false;
    if
    :: len(u_line) > 0 -> u_line?<next_in_line>
    :: else
    fi
  };
  mail_next_in_line()
}

/* U is let go, but kept for the next attempt of who held it. */
inline reserve_u() {
  atomic {
    in_u--; has_u = false; u_taken = false;
    s = len(u_line);
    u_line!me; in_line = true;
    do
    :: s > 0 -> u_line?target; u_line!target; s--
    :: s == 0 -> target = 0; break
    od
  }
}

/* Who leaves the line at its head while U is free owes the next one a wake; it is sent when no lock is held. */
inline leave_line() {
  atomic {
    if
    :: in_line ->
      s = (!u_taken && u_line?[eval(me)] -> 1 : 0);
      u_line??eval(me);
      in_line = false;
#ifndef kMutantLeavesInSilence
      if
      :: s == 1 && len(u_line) > 0 -> u_line?<next_in_line>
      :: else
      fi;
#endif
      s = 0
    :: else
    fi
  }
}

/* ---- a connection ---- */

#define kLoopOf (me % kLoops)
#define kOwedMail(q) (owed & mail[me] & (1 << q))

/* At the end of an attempt: who was woken by a queue looks whether the next one should be, whatever came of it. */
inline pass_on() {
  if
  :: from != kNone ->
    atomic { no_longer_waits(from) };
#ifdef kMutantNoPassOn
    settle(from);
#else
    settle(from);
    wake_if_free(from);
#endif
    from = kNone
  :: else
  fi
}

/* The shards that a writer lacks because a blocked client would carry its element there, and so on from there. */
inline find_missing() {
  atomic {
    missing = 0;
    if
    :: role == kWriter ->
      s = 0;
      do
      :: s < kShards && (wanted & (1 << s)) && carry_to[s] != kNone && !(held & (1 << carry_to[s])) ->
        missing = missing | (1 << carry_to[s]); s++
      :: s < kShards && !((wanted & (1 << s)) && carry_to[s] != kNone && !(held & (1 << carry_to[s]))) -> s++
      :: s == kShards -> s = 0; break
      od
    :: else
    fi
  }
}

inline first_of(mask) {
  atomic {
    s = 0;
    do
    :: !(mask & (1 << s)) -> s++
    :: else -> break
    od
  }
}

/* The effects. What they need is asserted here: the locks, the epoch of the checks, the blocked clients' shards. */
inline act() {
  atomic {
    assert((held & wanted) == wanted);
    assert(seen_epoch == epoch);
    acting++;
    if
    :: class == 3 -> assert(held == kAllShards && acting == 1); epoch = (epoch + 1) % kEpochs; seen_epoch = epoch
    :: role == kWriter ->
      s = 0;
      do
      :: s < kShards && (wanted & (1 << s)) ->
        if
        :: carry_to[s] != kNone -> assert(held & (1 << carry_to[s])); carry_to[s] = kNone
        :: else
        fi;
        s++
      :: s < kShards && !(wanted & (1 << s)) -> s++
      :: s == kShards -> s = 0; break
      od
    :: role == kChanger -> carry_to[0] = (carry_to[0] == 1 -> 2 : 1)
    :: role == kBlocker ->
      first_of(keys);
      if
      :: carry_to[s] == kNone ->
        missing = keys & ~(1 << s);
        first_of(missing);
        target = s;
        first_of(keys);
        carry_to[s] = target;
        missing = 0
      :: else -> carry_to[s] = kNone
      fi;
      s = 0; target = 0
    :: else
    fi
  }
  atomic { assert(seen_epoch == epoch); acting-- }
}

proctype connection(byte me; byte class; byte keys; byte strays; byte role; bool mortal; bool forever) {
  byte wanted, held, failures, seen_epoch, s, missing, left, target, owed;
  byte failed = kNone, from = kNone, head = kNone, queued_at = kNone, next_in_line = kNone;
  bool u_waited, queued, has_u, in_line;

next_command:
  wanted = (class == 3 -> kAllShards : keys);
  do  /* The loop answers its mail, also between the commands of one connection. */
  :: kOwedMail(0) -> settle_stale(0)
  :: kOwedMail(1) -> settle_stale(1)
  :: kOwedMail(2) -> settle_stale(2)
  :: atomic { mail[me] & kMailOfU -> mail[me] = mail[me] & ~kMailOfU }
  :: else -> break
  od;

attempt:
  atomic { !loop_busy[kLoopOf] -> loop_busy[kLoopOf] = true }
  seen_epoch = epoch;
  leave_queue();
  if
#ifdef kMutantClass2WithoutU
  :: class == 1 || class == 2 ->
#else
  :: class == 1 ->
#endif
#ifdef kMutantNoFailureLimit
    goto try_all
#else
    if
    :: failures < kFailureLimit -> goto try_all
    :: else
    fi
#endif
  :: else
  fi;
  take_u();
  if
  :: has_u -> goto wait_all
#ifndef kMutantWaitsForUAlone
  :: !has_u && class == 1 -> goto try_all  /* It waits for both: for its turn at U, and for a shard. */
#endif
  :: else -> goto park
  fi;

try_all:
  s = 0;
  do
  :: s < kShards && failed == kNone && (wanted & (1 << s)) -> try_lock(s); s++
  :: s < kShards && failed == kNone && !(wanted & (1 << s)) -> s++
  :: s == kShards || failed != kNone -> break
  od;
  s = 0;
  if
  :: failed == kNone -> goto have_all
  :: else
  fi;
  unlock_all();
  enter_queue(failed);

park:
  pass_on();
  atomic { loop_busy[kLoopOf] = false; failed = kNone; failures = (failures < kFailureLimit -> failures + 1 : failures) }

asleep:
  if
  :: mortal -> goto killed
  :: atomic { queued_at != kNone && (mail[me] & (1 << queued_at)) ->
       mail[me] = mail[me] & ~(1 << queued_at); from = queued_at; queued_at = kNone };
     if
     :: mortal -> goto killed  /* refused by its checks */
     :: true -> goto attempt
     fi
  :: atomic { in_line && (mail[me] & kMailOfU) -> mail[me] = mail[me] & ~kMailOfU };
     if
     :: mortal -> goto killed
     :: true -> goto attempt
     fi
  :: atomic { !in_line && (mail[me] & kMailOfU) -> mail[me] = mail[me] & ~kMailOfU }; goto asleep
  :: kOwedMail(0) -> s = 0; goto stale
  :: kOwedMail(1) -> s = 1; goto stale
  :: kOwedMail(2) -> s = 2; goto stale
  fi;

stale:
  atomic { !loop_busy[kLoopOf] -> loop_busy[kLoopOf] = true }
  settle_stale(s);
  atomic { loop_busy[kLoopOf] = false; s = 0 };
  goto asleep;

wait_all:
  s = 0;
  do
  :: s < kShards && (wanted & (1 << s)) && !(held & (1 << s)) -> wait_lock(s); s++
  :: s < kShards && !((wanted & (1 << s)) && !(held & (1 << s))) -> s++
  :: s == kShards -> s = 0; break
  od;

have_all:
#ifndef kMutantNoEpochCheck
  if
  :: seen_epoch != epoch -> goto again
  :: else
  fi;
#endif
#ifndef kMutantNoHandOver
  find_missing();
  if
  :: missing && has_u -> wanted = wanted | missing; goto wait_all  /* a holder of U just strays on */
  :: missing && !has_u ->
#ifdef kMutantRestartsForget
    wanted = keys | missing;
#else
    wanted = wanted | missing;
#endif
    goto again
  :: else
  fi;
#endif
  leave_line();
  act();

  if
  :: role == kEndless -> loop_busy[kLoopOf] = false; served[me] = true;
end_endless:
    false
  :: else
  fi;

  left = strays & ~held;
  do
  :: left ->
    if
    :: left & 1 -> target = 0
    :: left & 2 -> target = 1
    :: left & 4 -> target = 2
    fi;
    if  /* A script that ran for long lets its loop serve others meanwhile, by try-lock alone. */
    :: kLoops < kConnections ->
      loop_busy[kLoopOf] = false;
      atomic { !loop_busy[kLoopOf] -> loop_busy[kLoopOf] = true }
    :: true -> skip
    fi;
    wait_lock(target);
    atomic { left = left & ~(1 << target); wanted = wanted | (1 << target); target = 0 };
    act()
  :: else -> break
  od;

  unlock_all();
  if
  :: has_u -> release_u()
  :: else -> mail_next_in_line()
  fi;
  pass_on();
progress_served:
  atomic { loop_busy[kLoopOf] = false; served[me] = !forever; failures = 0; missing = 0; wanted = keys };
  if
  :: forever -> goto next_command
  :: else -> goto done
  fi;

again:  /* The checks must be made anew, or more shards are needed: it keeps its place in the line, or U itself. */
  unlock_all();
#ifdef kMutantRestartsLeaveLine
  if
  :: has_u -> release_u()
  :: else -> leave_line(); mail_next_in_line()
  fi;
#else
  if
  :: has_u -> reserve_u()
  :: else
  fi;
#endif
  pass_on();
#ifndef kMutantRestartsForget
  failures = (failures < kFailureLimit -> failures + 1 : failures);
#endif
  loop_busy[kLoopOf] = false;
  goto attempt;

killed:  /* The client is gone, or its checks refuse the command now: it waits for nothing more. */
  atomic { !loop_busy[kLoopOf] -> loop_busy[kLoopOf] = true };
  leave_queue();
#ifndef kMutantKilledStaysInLine
  leave_line();
  mail_next_in_line();
#endif
  pass_on();
  atomic { loop_busy[kLoopOf] = false; served[me] = true };

done:
  do
  :: owed & 1 -> settle_stale(0)
  :: owed & 2 -> settle_stale(1)
  :: owed & 4 -> settle_stale(2)
  :: else -> break
  od
}

inline nobody_blocks() {
  s = 0;
  do
  :: s < kShards -> carry_to[s] = kNone; s++
  :: else -> s = 0; break
  od
}
