/*
 * A ring of fixed-size slots in shared memory for each direction, with one sender and one receiver.
 *
 * Two counters say all: how many messages were ever sent and how many were ever received. Each is
 * written by one side only and lies on a cache line of its own, so that a write by one side does
 * not take away a line that the other is writing. Each side keeps the last value that it saw of the
 * other's counter and reads the shared one again only when that value no longer suffices; in a
 * stream most messages then touch no line but their slot and the own counter.
 */
#include "loops.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ring {
    alignas(CACHE_LINE_BYTES) _Atomic uint64_t sent;
    alignas(CACHE_LINE_BYTES) _Atomic uint64_t received;
    /* Futex words: 1 while that side sleeps or is about to. Used by --wait block only. */
    alignas(CACHE_LINE_BYTES) _Atomic uint32_t receiver_sleeps;
    alignas(CACHE_LINE_BYTES) _Atomic uint32_t sender_sleeps;
    alignas(CACHE_LINE_BYTES) unsigned char slots[];
};

/* One process's view of one direction. The counters and offsets here are private to it. */
struct position {
    struct ring *ring;
    uint64_t own_count;      /* messages this side has sent or received */
    uint64_t peer_count;     /* the other side's counter when it was last read */
    size_t slot_offset;      /* where the next message lies; wraps by comparing, not by dividing */
};

struct ring_end {
    struct position outbound;
    struct position inbound;
    size_t slot_bytes;
    size_t slots_bytes;
    uint64_t slot_count;
};

/*
 * Measured on a 2-core AMD EPYC (family 26) virtual machine, interleaved, 25 runs each: with this
 * pause in the spin loop a cross-core round trip of 48 or 64 bytes took 0.7 of the time without it
 * (102 against 147 ns), because the waiting core asks for the line less often while the other
 * writes it. A stream was 3 to 4 % slower with it (64 bytes and 4 KiB). A channel does not know its
 * pattern, so it has one loop for both, and pauses.
 */
static inline void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb"); /* Its YIELD does nothing on most parts. */
#endif
}

/* The ring is shared between processes, so the futexes are not FUTEX_PRIVATE. */
static void sleep_while_set(_Atomic uint32_t *word)
{
    if (syscall(SYS_futex, word, FUTEX_WAIT, 1, NULL, NULL, 0) < 0 && errno != EAGAIN &&
        errno != EINTR)
        fail_call("futex", "sleeping until the other side moves on");
}

static void wake_sleeper(_Atomic uint32_t *word)
{
    atomic_store_explicit(word, 0, memory_order_relaxed);
    if (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) < 0)
        fail_call("futex", "waking the other side");
}

/* Returns the first value of the peer's counter that differs from the one last seen. */
ALWAYS_INLINE uint64_t await_change(_Atomic uint64_t *counter, uint64_t seen, bool blocks,
                                    _Atomic uint32_t *sleeps)
{
    uint64_t count;

    /* Pairs with the release in publish: the slot is ours once its count is visible. */
    while ((count = atomic_load_explicit(counter, memory_order_acquire)) == seen) {
        if (!blocks) {
            pause_briefly();
            continue;
        }
        atomic_store_explicit(sleeps, 1, memory_order_relaxed);
        /* Pairs with the fence in publish: either the peer sees the word or we see its count. */
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load_explicit(counter, memory_order_relaxed) == seen)
            sleep_while_set(sleeps);
        atomic_store_explicit(sleeps, 0, memory_order_relaxed);
    }
    return count;
}

ALWAYS_INLINE void publish(_Atomic uint64_t *counter, uint64_t count, bool blocks,
                           _Atomic uint32_t *peer_sleeps)
{
    /* Pairs with the acquire in await_change. */
    atomic_store_explicit(counter, count, memory_order_release);
    if (!blocks)
        return;
    /* Pairs with the fence in await_change. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(peer_sleeps, memory_order_relaxed) != 0)
        wake_sleeper(peer_sleeps);
}

ALWAYS_INLINE void advance(struct position *position, const struct ring_end *end)
{
    position->own_count++;
    position->slot_offset += end->slot_bytes;
    if (position->slot_offset == end->slots_bytes)
        position->slot_offset = 0;
}

ALWAYS_INLINE void ring_send(struct ring_end *end, const unsigned char *message, size_t bytes,
                             bool blocks)
{
    struct position *to = &end->outbound;
    struct ring *ring = to->ring;

    if (to->own_count - to->peer_count == end->slot_count)
        to->peer_count = await_change(&ring->received, to->peer_count, blocks,
                                      &ring->sender_sleeps);
    memcpy(ring->slots + to->slot_offset, message, bytes);
    advance(to, end);
    publish(&ring->sent, to->own_count, blocks, &ring->receiver_sleeps);
}

ALWAYS_INLINE void ring_receive(struct ring_end *end, unsigned char *message, size_t bytes,
                                bool blocks)
{
    struct position *from = &end->inbound;
    struct ring *ring = from->ring;

    if (from->own_count == from->peer_count)
        from->peer_count = await_change(&ring->sent, from->peer_count, blocks,
                                        &ring->receiver_sleeps);
    memcpy(message, ring->slots + from->slot_offset, bytes);
    advance(from, end);
    publish(&ring->received, from->own_count, blocks, &ring->sender_sleeps);
}

static inline void send_spinning(void *state, const unsigned char *message, size_t bytes)
{
    ring_send(state, message, bytes, false);
}

static inline void receive_spinning(void *state, unsigned char *message, size_t bytes)
{
    ring_receive(state, message, bytes, false);
}

static inline void send_blocking(void *state, const unsigned char *message, size_t bytes)
{
    ring_send(state, message, bytes, true);
}

static inline void receive_blocking(void *state, unsigned char *message, size_t bytes)
{
    ring_receive(state, message, bytes, true);
}

/* Slots start on cache lines, so that two messages never share one. */
static size_t slot_bytes(const struct options *options)
{
    return (options->payload_bytes + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
}

static size_t ring_bytes(const struct options *options)
{
    return sizeof(struct ring) + options->buffer_bytes;
}

static void open_rings(const struct options *options, struct end *producer, struct end *consumer)
{
    if (options->buffer_bytes / slot_bytes(options) < 2)
        fail("shm-ring: a payload of %zu bytes needs a --buffer of at least %zu bytes (two slots)",
             options->payload_bytes, 2 * slot_bytes(options));
    producer->outbound = consumer->inbound = map_shared(ring_bytes(options));
    producer->inbound = consumer->outbound = map_shared(ring_bytes(options));
}

static struct ring_end adopt(const struct options *options, const struct end *end)
{
    size_t slot = slot_bytes(options);
    uint64_t slot_count = options->buffer_bytes / slot;

    touch_pages(end->outbound, ring_bytes(options));
    touch_pages(end->inbound, ring_bytes(options));
    return (struct ring_end){
        .outbound.ring = end->outbound,
        .inbound.ring = end->inbound,
        .slot_bytes = slot,
        .slots_bytes = slot * slot_count,
        .slot_count = slot_count,
    };
}

static void produce_over_rings(const struct options *options, const struct end *end,
                               struct outcome *outcome)
{
    struct ring_end state = adopt(options, end);

    if (options->spins)
        produce(options, &state, send_spinning, receive_spinning, outcome);
    else
        produce(options, &state, send_blocking, receive_blocking, outcome);
}

static void consume_over_rings(const struct options *options, const struct end *end,
                               struct outcome *outcome)
{
    struct ring_end state = adopt(options, end);

    if (options->spins)
        consume(options, &state, send_spinning, receive_spinning, outcome);
    else
        consume(options, &state, send_blocking, receive_blocking, outcome);
}

const struct mechanism shm_ring_mechanism = {
    "shm-ring", open_rings, produce_over_rings, consume_over_rings,
};
