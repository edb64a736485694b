/*
 * The ring in shared memory and its sleep/wake protocol: RingSender, RingReceiver, wait and
 * wakeIfAsleep in Sources/Mechanisms/Channels, whose names are used here. One sender, one receiver,
 * and a stream that may stop after any chunk, or never.
 *
 * What is checked:
 * - no stale read:     assert(copied == turn), where the receiver takes a chunk out of its slot;
 * - no overwrite:      assert(!unread[...]), where a chunk reaches the memory of its slot;
 * - no lost wake-up:   no invalid end state, in which a side sleeps although the stream has stopped
 *                      and it could have come to its end;
 * - no starvation:     roomComes and chunkComes, which speak of sides that spin as well.
 *
 * Chosen by -D, so that a mutant is the same text as the original and cannot drift away from it:
 * - SLOTS, BATCH (how many chunks are given back at a time), TURNS (what turns are counted modulo,
 *   2^32 in the program; it need not be a multiple of SLOTS there, and is none here), CHUNKS (how many
 *   chunks the sender may copy in one go, having waited for room for all of them), WORTH (how many slots
 *   must be free again before a sender that sleeps is woken), LATE_WAKE (whether the receiver is woken for
 *   the last chunk of a message only, and for a full ring), MEMORY (how many slots there are, of which SLOTS
 *   may be full; if they are more, the sender chooses for each lap whether to go through all of them);
 * - one of BLOCK, SPIN, ADAPTIVE;
 * - at most one mutant; README.md lists them.
 *
 * The in-place data path is the same protocol: the sender writes in the slot where PAYLOAD is
 * stored here, between having room and publishing, and the receiver inspects in the slot where
 * `copied` is assigned, between seeing the stamp and giving back. Nobody else may touch the slot
 * meanwhile, which is what the assertions say; only the copies to and from the caller's memory fall
 * away.
 */

#ifndef SLOTS
#define SLOTS 4
#endif
#ifndef BATCH
#define BATCH 1
#endif
#ifndef TURNS
#define TURNS 7
#endif
#ifndef CHUNKS
#define CHUNKS 1
#endif
#ifndef WORTH
#define WORTH 1
#endif
#ifndef MEMORY
#define MEMORY SLOTS
#endif
#if MEMORY > SLOTS && CHUNKS > 1
#error laps of two lengths are modelled for one chunk at a time
#endif
/* Short laps one after the other. After them every slot's stamp must be younger than TURNS. */
#define MOST_SHORT_LAPS 2
#if MEMORY > SLOTS && TURNS <= MEMORY + MOST_SHORT_LAPS * SLOTS
#error a stamp behind the short laps would look like one of the turn that is due
#endif
#if !defined(SPIN) && TURNS <= 2 * SLOTS
#error whether the head has come as far as the sender wants is asked over a distance of SLOTS both ways
#endif
#if TURNS <= SLOTS + CHUNKS
#error lastTurn, chosen while the ring is still full, would also name the turn of the oldest chunk
#endif
#if BATCH > SLOTS
#error a batch must not exceed the ring
#endif
#if defined(BLOCK) + defined(SPIN) + defined(ADAPTIVE) != 1
#error define one of BLOCK, SPIN and ADAPTIVE
#endif

#define SENDER 0
#define RECEIVER 1

/* --- Memory ------------------------------------------------------------------------------------ *
 *
 * Weaker than x86 and about as weak as Armv8: a store first goes to a buffer of its side and takes
 * effect later. A relaxed one may overtake older ones to other places; a releasing one comes after
 * all that are older. A sequentially consistent store is releasing, and a sequentially
 * consistent load waits until all such stores of its own side have taken effect; an acquiring load
 * does not, and may overtake them: the reordering that Dekker's algorithm dies of.
 *
 * Loads take place in the order of the program, since all that others depend on are acquiring at
 * least. The mutants EARLY_COPY and GIVE_BACK_FIRST do what weaker ones would allow.
 */

#define RELAXED 1
#define RELEASING 2
#define ACQUIRING 2
#define SEQUENTIAL 3

/* Places of memory. PAYLOAD and STAMP are arrays, one element a slot. */
#define PAYLOAD 1
#define STAMP 2
#define HEAD 3
#define ASLEEP 4
#define WANTED 5

byte payload[MEMORY];  /* The chunk, by the turn that it belongs to; 0 in fresh memory. */
byte stamp[MEMORY];    /* The turn; with RESTART on top, the chunk of this turn is in the first slot. */
byte head;
byte wanted;          /* The head that the sleeping sender waits for: wantedHead. */
bool asleep[2];       /* The futex words: senderAsleep and receiverAsleep. */

#define RESTART TURNS

#define DEPTH 3

typedef Store { byte place; byte slot; byte value; byte order };
typedef StoreBuffer { Store stores[DEPTH]; byte count };
StoreBuffer buffer[2];

#define STORE(side, i) buffer[side].stores[i]
#define SAME_PLACE(side, i, j) \
  (STORE(side, i).place == STORE(side, j).place && STORE(side, i).slot == STORE(side, j).slot)
#define HAS_SEQUENTIAL(side) \
  (STORE(side, 0).order == SEQUENTIAL || STORE(side, 1).order == SEQUENTIAL || \
   STORE(side, 2).order == SEQUENTIAL)
#define IS_EMPTY(side) (buffer[side].count == 0)

/* The program's stores. A full buffer makes them wait. */
inline storeTo(side, aPlace, aSlot, aValue, anOrder) {
  d_step {
    buffer[side].count < DEPTH ->
    STORE(side, buffer[side].count).place = aPlace;
    STORE(side, buffer[side].count).slot = aSlot;
    STORE(side, buffer[side].count).value = aValue;
    STORE(side, buffer[side].count).order = anOrder;
    buffer[side].count++
  }
}

/* What a load does before it reads: it stands at the beginning of an atomic sequence. */
inline beginLoad(side, anOrder) {
  (anOrder != SEQUENTIAL || !HAS_SEQUENTIAL(side))
}

/* --- What only the checks look at ------------------------------------------------------------- */

/* The turn that the stream ends with; TURNS as long as it goes on. */
byte lastTurn = TURNS;
/* The turns last sent and received. */
byte sent, received;
/* Whether a side has looked in vain and goes on looking, by spinning or sleeping. */
bool awaitsRoom, awaitsChunk;
/* Whether the slot's chunk has taken effect in memory and was not taken out yet. */
bool unread[MEMORY];

/* --- Memory at work: the oldest store takes effect, or one that may overtake it --------------- */

inline takeEffect(side, i) {
  d_step {
    if
    :: STORE(side, i).place == PAYLOAD ->
       assert(!unread[STORE(side, i).slot]);
       unread[STORE(side, i).slot] = true;
       payload[STORE(side, i).slot] = STORE(side, i).value
    :: STORE(side, i).place == STAMP -> stamp[STORE(side, i).slot] = STORE(side, i).value
    :: STORE(side, i).place == HEAD -> head = STORE(side, i).value
    :: STORE(side, i).place == WANTED -> wanted = STORE(side, i).value
    :: STORE(side, i).place == ASLEEP -> asleep[side] = STORE(side, i).value
    fi;
    /* The younger ones move up, and what they leave behind is cleared: equal states look equal. */
    moved = i;
    do
    :: moved + 1 < DEPTH ->
       STORE(side, moved).place = STORE(side, moved + 1).place;
       STORE(side, moved).slot = STORE(side, moved + 1).slot;
       STORE(side, moved).value = STORE(side, moved + 1).value;
       STORE(side, moved).order = STORE(side, moved + 1).order;
       moved++
    :: else -> break
    od;
    STORE(side, DEPTH - 1).place = 0;
    STORE(side, DEPTH - 1).slot = 0;
    STORE(side, DEPTH - 1).value = 0;
    STORE(side, DEPTH - 1).order = 0;
    buffer[side].count--;
    moved = 0
  }
}

/* One process a side, so that neither buffer can be passed over for ever. */
proctype Memory(byte side) {
  byte moved;
end:
  do
  :: atomic { STORE(side, 0).order != 0 -> takeEffect(side, 0) }
  :: atomic { STORE(side, 1).order == RELAXED && !SAME_PLACE(side, 0, 1) -> takeEffect(side, 1) }
  :: atomic {
       STORE(side, 2).order == RELAXED && !SAME_PLACE(side, 0, 2) && !SAME_PLACE(side, 1, 2) ->
       takeEffect(side, 2)
     }
  od
}

init {
  atomic { run Memory(SENDER); run Memory(RECEIVER) }
}

/* --- The kernel ------------------------------------------------------------------------------- */

bool sleeps[2];
/* Signals may interrupt any sleep as long as this is true. Afterwards only a wake-up ends one, so
 * that one which was lost is not made good by chance. */
bool signalsMayCome = true;

active proctype LastSignal() {
  signalsMayCome = false
}

/* FUTEX_WAIT: compares and begins to sleep in one step, behind a full barrier; ends by a wake-up,
 * by a signal (EINTR), or at once if the word has changed. */
inline futexWait(side) {
  atomic {
    IS_EMPTY(side);
    if
#ifdef SLEEP_UNCHECKED
    :: true -> sleeps[side] = true
#else
    :: asleep[side] -> sleeps[side] = true
    :: else
#endif
    fi
  }
  if
  :: !sleeps[side]
  :: signalsMayCome -> sleeps[side] = false
  fi
}

/* FUTEX_WAKE of one, behind a full barrier. */
inline futexWake(side, sleeper) {
  d_step { IS_EMPTY(side) -> sleeps[sleeper] = false }
}

/* --- Mutants of an ordering ------------------------------------------------------------------- */

#if defined(PUBLISH_RELAXED)
#define PUBLISH_ORDER RELAXED
#elif defined(SPIN) || defined(PUBLISH_RELEASING)
#define PUBLISH_ORDER RELEASING
#else
#define PUBLISH_ORDER SEQUENTIAL
#endif

#if defined(SPIN) || defined(GIVE_BACK_RELEASING)
#define GIVE_BACK_ORDER RELEASING
#else
#define GIVE_BACK_ORDER SEQUENTIAL
#endif

#ifdef ASLEEP_RELEASING
#define ASLEEP_ORDER RELEASING
#else
#define ASLEEP_ORDER SEQUENTIAL
#endif

#ifdef LOOK_ACQUIRING
#define LOOK_ORDER ACQUIRING
#else
#define LOOK_ORDER SEQUENTIAL
#endif

#ifdef WAKE_ACQUIRING
#define WAKE_ORDER ACQUIRING
#else
#define WAKE_ORDER SEQUENTIAL
#endif

/* --- wait and wakeIfAsleep -------------------------------------------------------------------- */

/* The closure isReady begins with a load, of `place`; the expression isReady then judges it. */
inline look(side, known, place, anOrder) {
  atomic { beginLoad(side, anOrder); known = place }
}

inline wait(side, known, place, isReady) {
  look(side, known, place, LOOK_ORDER);
  do
  :: isReady -> break
#ifndef BLOCK
  /* Spinning. How often an adaptive side looks before it sleeps is left open. */
  :: !(isReady) -> look(side, known, place, LOOK_ORDER)
#endif
#ifndef SPIN
  :: !(isReady) ->
     storeTo(side, ASLEEP, 0, 1, ASLEEP_ORDER);
#ifndef NO_LAST_LOOK
     look(side, known, place, LOOK_ORDER);
     if
     :: isReady ->
        storeTo(side, ASLEEP, 0, 0, RELAXED);
        break
     :: else
     fi;
#endif
     futexWait(side);
     storeTo(side, ASLEEP, 0, 0, RELAXED);
     look(side, known, place, LOOK_ORDER)
#endif
  od
}

/* isDue begins with a load, of `wanted`, by the receiver; the sender always wakes. */
inline wakeIfAsleep(side, sleeper, isDue) {
  atomic { beginLoad(side, WAKE_ORDER); peerSleeps = asleep[sleeper] }
#ifndef WANTED_EARLY
  if
  :: peerSleeps -> wantedSeen = wanted
  :: else
  fi;
#endif
  if
  :: peerSleeps && (isDue) ->
#ifndef FLAG_NOT_TAKEN
     /* The exchange: a read and a write in one step, behind all older stores of this side. */
     d_step { IS_EMPTY(side) -> peerSleeps = asleep[sleeper]; asleep[sleeper] = false }
#endif
#ifndef NO_WAKE
     if
     :: peerSleeps -> futexWake(side, sleeper)
     :: else
     fi
#endif
  :: else
  fi;
  peerSleeps = false;
  wantedSeen = 0
}

/* --- The sender ------------------------------------------------------------------------------- */

#if defined(HEAD_IGNORED)
#define HAS_ROOM true
#elif defined(ROOM_OFF_BY_ONE)
#define HAS_ROOM ((position + TURNS - knownHead) % TURNS + chunks <= SLOTS + 1)
#elif defined(WRAP_IGNORED)
#define HAS_ROOM (position + chunks <= knownHead + SLOTS)
#else
#define HAS_ROOM ((position + TURNS - knownHead) % TURNS + chunks <= SLOTS)
#endif

/* What is worth a wake-up, or what is needed if that is more. Who is awake takes any room. */
#define WANTED_ROOM ((chunks > WORTH) * chunks + (chunks <= WORTH) * WORTH)
inline awaitRoom() {
  look(SENDER, knownHead, head, ACQUIRING);
  if
  :: HAS_ROOM
  :: else ->
     awaitsRoom = true;
#ifndef SPIN
#ifndef NO_WAKE_BEFORE_WAITING
     wakeIfAsleep(SENDER, RECEIVER, true);
#endif
     storeTo(SENDER, WANTED, 0, (position + TURNS + WANTED_ROOM - SLOTS) % TURNS, RELAXED);
#endif
     wait(SENDER, knownHead, head, HAS_ROOM);
     awaitsRoom = false
  fi
}

inline writeChunk(number) {
  storeTo(SENDER, PAYLOAD, (slot + number) % MEMORY, (position + 1 + number) % TURNS, RELAXED)
}

inline publish() {
  position = (position + 1) % TURNS;
  atomic { sent = position; storeTo(SENDER, STAMP, slot, position, PUBLISH_ORDER) }
#if defined(LATE_WAKE)
  /* Only the last chunk of a message wakes, and where messages end is left open. */
  if
  :: lastTurn != position
  :: wakeIfAsleep(SENDER, RECEIVER, true)
  fi;
#elif !defined(SPIN)
  wakeIfAsleep(SENDER, RECEIVER, true);
#endif
  slot = (slot + 1) % MEMORY;
#if MEMORY > SLOTS
  if
  :: slot == 0 -> lapEnd = SLOTS
  :: else
  fi;
#ifdef MARK_EARLY
  endShortLap()
#endif
#endif
}

/* Whether there are more slots than may be full, and the sender has come behind those of a short lap. */
inline endShortLap() {
  if
  :: slot == lapEnd ->
     if
     :: lapEnd = MEMORY; shortLaps = 0
#ifdef SHORT_FOR_EVER
     :: true ->
#else
     :: shortLaps < MOST_SHORT_LAPS ->
        shortLaps++;
#endif
        storeTo(SENDER, STAMP, slot, RESTART + (position + 1) % TURNS, PUBLISH_ORDER);
        slot = 0
     fi
  :: else
  fi
}

active proctype Sender() {
  byte position, knownHead, slot;
#if MEMORY > SLOTS
  byte lapEnd = SLOTS;
  byte shortLaps;
#endif
  byte chunks = 1;  /* Chunks that go in one copy. */
  bool peerSleeps;
  byte wantedSeen;
  do
  :: lastTurn == TURNS ->
#if CHUNKS > 1
     if
     :: chunks = 1
     :: chunks = CHUNKS
     fi;
#endif
     if
     :: skip
     :: lastTurn = (position + chunks) % TURNS
     fi;
     if
     :: HAS_ROOM
     :: else -> awaitRoom()
     fi;
#if MEMORY > SLOTS && !defined(MARK_EARLY)
     endShortLap();
#endif
#ifdef STAMP_FIRST
     publish();
     storeTo(SENDER, PAYLOAD, (slot + MEMORY - 1) % MEMORY, position, RELAXED)
#elif CHUNKS > 1
     writeChunk(0);
     if
     :: chunks > 1 ->
        writeChunk(1);
        publish();
        publish()
     :: else -> publish()
     fi
#else
     writeChunk(0);
     publish()
#endif
  :: else -> break
  od
}

/* --- The receiver ----------------------------------------------------------------------------- */

inline copyChunk() {
  d_step {
#ifdef EARLY_COPY
    if
    :: early
    :: else -> copied = payload[slot]
    fi;
    early = false;
#else
    copied = payload[slot];
#endif
    assert(copied == turn);
    unread[slot] = false;
    received = turn;
    copied = 0
  }
}

/* Whether the head has come as far as the sender wants, or farther. */
#ifdef DUE_ONE_LATE
#define IS_DUE ((turn + TURNS - wantedSeen - 1) % TURNS <= SLOTS)
#else
#define IS_DUE ((turn + TURNS - wantedSeen) % TURNS <= SLOTS)
#endif

inline giveBackAll() {
  givenBack = turn;
#ifdef WANTED_EARLY
  wantedSeen = wanted;
#endif
  storeTo(RECEIVER, HEAD, 0, turn, GIVE_BACK_ORDER);
#ifndef SPIN
  wakeIfAsleep(RECEIVER, SENDER, IS_DUE)
#endif
}

inline giveBack() {
#ifdef HEAD_KEPT
  skip
#else
  if
  :: (turn + TURNS - givenBack) % TURNS >= BATCH -> giveBackAll()
  :: else
  fi
#endif
}

/* Before it sleeps, the receiver gives back what is less than a batch, if the sender sleeps. */
inline giveBackAllToASleeper() {
#if BATCH > 1 && !defined(SPIN) && !defined(REST_KEPT)
  atomic { beginLoad(RECEIVER, SEQUENTIAL); peerSleeps = asleep[SENDER] }
  if
  :: peerSleeps && position != givenBack ->
     peerSleeps = false;
     turn = position;
     giveBackAll();
     turn = (position + 1) % TURNS
  :: else -> peerSleeps = false
  fi
#else
  skip
#endif
}

#if MEMORY > SLOTS
#define HAS_TURN (seen == turn || seen == RESTART + turn)
#else
#define HAS_TURN (seen == turn)
#endif

inline awaitTurn() {
  look(RECEIVER, seen, stamp[slot], ACQUIRING);
  if
  :: HAS_TURN
  :: else ->
#ifdef EARLY_COPY
     early = false;
#endif
     awaitsChunk = true;
     giveBackAllToASleeper();
     wait(RECEIVER, seen, stamp[slot], HAS_TURN);
     awaitsChunk = false
  fi
}

active proctype Receiver() {
  byte position, givenBack, slot, turn, seen, copied, wantedSeen;
  bool peerSleeps;
#ifdef EARLY_COPY
  bool early;
#endif
  do
  :: position != lastTurn ->
     turn = (position + 1) % TURNS;
#ifdef EARLY_COPY
     if
     :: d_step { copied = payload[slot]; early = true }
     :: skip
     fi;
#endif
     awaitTurn();
#if MEMORY > SLOTS
     if
     :: seen >= RESTART -> slot = 0; awaitTurn()
     :: else
     fi;
#endif
     seen = 0;
#ifdef GIVE_BACK_FIRST
     giveBack();
     copyChunk();
#else
     copyChunk();
     giveBack();
#endif
     position = turn;
     slot = (slot + 1) % MEMORY
  :: else -> break
  od
}

/* --- What must come to pass, if every process that can go on does so some day ----------------- */

ltl roomComes { [] (awaitsRoom -> <> !awaitsRoom) }
ltl chunkComes { [] ((awaitsChunk && sent != received) -> <> !awaitsChunk) }
