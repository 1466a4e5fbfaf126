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
  byte woken;            /* popped from the queue and not yet settled; guarded by the mutex (kStrictQueueBit) */
  /* For the checks alone. */
  byte holders;
  byte waiting;          /* entered the queue and not served, nor gone elsewhere */
  byte passed;           /* newcomers served while somebody waited */
};

Shard shard[kShards];
chan queue[kShards] = [kConnections] of { byte };
byte u_owner = kNone;
chan u_queue = [kConnections] of { byte };
bool mail[kConnections];
bool loop_busy[kLoops];
byte epoch = 0;
byte acting = 0;                    /* commands between first and last effect */
bool served[kConnections];
byte carry_to[kShards];             /* where the client that blocks on this shard carries an element; kNone: nobody */
byte in_u = 0;

/* ---- one shard's word and queue ---- */

#ifdef kMergedMutex
#define kSplit                      /* liveness runs: the section under the mutex is one step, see README.md */
#else
#define kSplit skip; } atomic {
#endif

#ifdef kStrictQueueBit
#define kMayClear(q) (len(queue[q]) == 0 && shard[q].woken == 0)
#else
#define kMayClear(q) (len(queue[q]) == 0)
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
    shard[q].queue_mutex = false
  }
  atomic {
    if
    :: head != kNone -> mail[head] = true; head = kNone
    :: else
    fi
  }
}

/* A woken connection is served or goes elsewhere: the queue bit may fall now. */
inline settle(q) {
#ifdef kStrictQueueBit
  atomic {
    !shard[q].queue_mutex -> shard[q].woken--;
    if
    :: kMayClear(q) -> shard[q].queue_not_empty = false
    :: else
    fi
  }
#else
  shard[q].woken--
#endif
}

/* The look of a command that may be the last to know that the shard is free while others queue. */
inline wake_if_free(q) {
  if
  :: !shard[q].locked && !shard[q].u_waits && shard[q].queue_not_empty -> wake_head(q)
  :: else
  fi
}

/* A woken command that fails at the same shard enters again; the second look settles the wake that it had. */
inline enter_queue(q) {
  atomic {
    !shard[q].queue_mutex -> shard[q].queue_mutex = true;
    queue[q]!me;
    kSplit
    shard[q].queue_not_empty = true;
    if
    :: from == q -> shard[q].woken--; from = kNone
    :: else -> shard[q].waiting++
    fi;
    shard[q].queue_mutex = false
  }
#ifndef kMutantNoSecondLook
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
      :: from == q -> shard[q].barges = 0; shard[q].waiting--; shard[q].passed = 0
      :: from != q ->
        if
        :: shard[q].queue_not_empty && shard[q].barges < 200 -> shard[q].barges++
        :: else
        fi;
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
  if
  :: failed == kNone && from == q -> settle(q); from = kNone
  :: else
  fi
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
  fi
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

/* Whether U was free is learnt in the section itself: who looked again later might see it handed over already, and
 * leave a stale mail behind. */
inline enter_u() {
  atomic {
    if
    :: u_owner == kNone -> u_owner = me; has_u = true
    :: else -> u_queue!me
    fi
  }
}

inline release_u() {
  atomic {
    if
    :: len(u_queue) > 0 -> u_queue?head; u_owner = head
    :: else -> u_owner = kNone; head = kNone
    fi
  }
  atomic {
    if
    :: head != kNone -> mail[head] = true; head = kNone
    :: else
    fi
  }
}

/* ---- a connection ---- */

#define kLoopOf (me % kLoops)

/* A command that ends its attempt without the shard whose queue woke it owes that queue a wake. */
inline pass_on() {
  if
  :: from != kNone ->
    atomic { shard[from].waiting--; if :: shard[from].waiting == 0 -> shard[from].passed = 0 :: else fi }
    settle(from);
#ifndef kMutantNoPassOn
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
  byte wanted, held, failures, seen_epoch, s, missing, left, target;
  byte failed = kNone, from = kNone, head = kNone;
  bool u_waited, queued, has_u;

next_command:
  wanted = (class == 3 -> kAllShards : keys);
  failures = 0;

attempt:
  atomic { !loop_busy[kLoopOf] -> loop_busy[kLoopOf] = true }

check:
  seen_epoch = epoch;
  if
#ifdef kMutantClass2WithoutU
  :: class == 2 && !has_u && failures < kFailureLimit -> goto try_all
  :: class == 2 && !has_u && failures >= kFailureLimit -> goto need_u
#else
  :: class == 2 && !has_u -> goto need_u
#endif
  :: class == 3 && !has_u -> goto need_u
  :: has_u -> goto wait_all
#ifdef kMutantNoFailureLimit
  :: class == 1 && !has_u -> goto try_all
#else
  :: class == 1 && !has_u && failures >= kFailureLimit -> goto need_u
  :: class == 1 && !has_u && failures < kFailureLimit -> goto try_all
#endif
  fi;

try_all:
  s = 0;
  do
  :: s < kShards && failed == kNone && (wanted & (1 << s)) -> try_lock(s); s++
  :: s < kShards && failed == kNone && !(wanted & (1 << s)) -> s++
  :: s == kShards || failed != kNone -> break
  od;
  if
  :: failed == kNone -> goto have_all
  :: else
  fi;

  unlock_all();
  if
  :: failures < kFailureLimit -> failures++
  :: else
  fi;
#ifndef kMutantNoFailureLimit
  if
  :: failures >= kFailureLimit -> failed = kNone; goto need_u
  :: else
  fi;
#endif
  enter_queue(failed);
  pass_on();
  atomic { loop_busy[kLoopOf] = false; s = 0 }
  atomic { mail[me] -> mail[me] = false; from = failed; failed = kNone };
  if
  :: mortal -> goto killed
  :: true -> goto attempt
  fi;

need_u:
  pass_on();
  enter_u();
  if
  :: has_u
  :: else ->
    loop_busy[kLoopOf] = false;
    atomic { mail[me] -> mail[me] = false };
    assert(u_owner == me);
    if
    :: mortal -> has_u = true; goto killed
    :: true -> skip
    fi;
    atomic { !loop_busy[kLoopOf] -> loop_busy[kLoopOf] = true }
  fi;
  atomic { in_u++; assert(in_u == 1); has_u = true };
  goto check;

wait_all:
  s = 0;
  do
  :: s < kShards && (wanted & (1 << s)) && !(held & (1 << s)) -> wait_lock(s); s++
  :: s < kShards && !((wanted & (1 << s)) && !(held & (1 << s))) -> s++
  :: s == kShards -> s = 0; break
  od;

have_all:
  s = 0;
#ifndef kMutantNoEpochCheck
  if
  :: seen_epoch != epoch ->
    assert(!has_u);  /* only a holder of U moves the epoch, so under U it stands still after the check */
    unlock_all();
    failures = (failures < kFailureLimit -> failures + 1 : failures);
    goto check
  :: else
  fi;
#endif
#ifndef kMutantNoHandOver
  find_missing();
  if
  :: missing && has_u -> wanted = wanted | missing; goto wait_all  /* a holder of U just strays on */
  :: missing && !has_u ->
    unlock_all();
#ifdef kMutantRestartsForget
    wanted = keys | missing;
#else
    wanted = wanted | missing;
    failures = (failures < kFailureLimit -> failures + 1 : failures);
#endif
    goto check
  :: else
  fi;
#endif
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
  :: has_u -> atomic { in_u--; has_u = false }; release_u()
  :: else
  fi;
progress_served:
  atomic { loop_busy[kLoopOf] = false; served[me] = true };
  if
  :: forever -> goto next_command
  :: else -> goto done
  fi;

killed:  /* The client is gone when its mail comes: its loop settles what the mail brought. */
  atomic { !loop_busy[kLoopOf] -> loop_busy[kLoopOf] = true };
  pass_on();
  if
#ifndef kMutantKilledKeepsU
  :: has_u -> has_u = false; release_u()
#endif
  :: else
  fi;
  atomic { loop_busy[kLoopOf] = false; served[me] = true };

done:
  skip
}

inline nobody_blocks() {
  s = 0;
  do
  :: s < kShards -> carry_to[s] = kNone; s++
  :: else -> s = 0; break
  od
}
