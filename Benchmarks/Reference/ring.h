/*
 * What all rings share: where everything lies, how a side waits, how it wakes the other, and how a
 * message is copied.
 *
 * A sender counts what it has ever sent, a receiver what it has ever taken. Each count is
 * written by one side only and lies on cache lines of its own, so that a write by one side does
 * not take away a line that the other is writing (two lines, because some processors fetch them
 * in pairs). Each side keeps the last value that it saw of the other's count and looks again
 * only when that no longer suffices.
 */
#ifndef RING_H
#define RING_H

#include "loops.h"

#include <stdalign.h>
#include <stdatomic.h>

#define LINE_PAIR_BYTES 128
#define PAGE_BYTES 4096

/* Receivers that give back in batches do so when they have taken this part of the ring. */
#define GIVE_BACK_PARTS 8

/* Where a side sleeps. Used by --wait block only. */
struct sleeper {
    _Atomic uint32_t sleeps; /* Futex word: 1 while that side sleeps or is about to. */
    _Atomic uint64_t awaits; /* The other side's count that it is to be woken at. */
};

struct ring {
    alignas(LINE_PAIR_BYTES) _Atomic uint64_t sent;
    alignas(LINE_PAIR_BYTES) _Atomic uint64_t taken;
    alignas(LINE_PAIR_BYTES) struct sleeper receiver;
    alignas(LINE_PAIR_BYTES) struct sleeper sender;
    alignas(PAGE_BYTES) unsigned char slots[];
};

/* futex.c */
void sleep_while_set(_Atomic uint32_t *word);
void wake_sleeper(_Atomic uint32_t *word);

/* memory.c; of a ring whose slots take so many bytes. */
void open_two_rings(size_t slots_bytes, struct end *producer, struct end *consumer);
void touch_rings(const struct end *end, size_t slots_bytes);

/* memory.c; of rings whose slots hold whole messages. */
uint64_t slots_in_buffer(const struct options *options);
/* The memory that the slots lie in, of which those in flight may be a part. */
size_t bytes_of_slots(const struct options *options, size_t slot_bytes);
size_t capacity_of_slots(const struct options *options);

static inline size_t rounded_up(size_t bytes, size_t multiple)
{
    return (bytes + multiple - 1) / multiple * multiple;
}

static inline uint64_t at_least_one(uint64_t count)
{
    return count > 0 ? count : 1;
}

/*
 * Measured on a 2-core AMD EPYC (family 26) virtual machine, interleaved, 25 runs each: with this
 * pause in the spin loop a cross-core round trip of 48 or 64 bytes took 0.7 of the time without it
 * (102 against 147 ns), because the waiting core asks for the line less often while the other
 * writes it.
 */
ALWAYS_INLINE void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb"); /* Its YIELD does nothing on most parts. */
#endif
}

/*
 * Waits until a count has reached `least`, and returns it. A side that sleeps asks to be woken only
 * when it has reached `enough`, so that it then has work for a while.
 */
ALWAYS_INLINE uint64_t await_count(_Atomic uint64_t *word, uint64_t least, uint64_t enough,
                                   bool blocks, struct sleeper *self)
{
    uint64_t count;

    /* Pairs with the release in show_count: what was written before the count is visible, too. */
    while ((count = atomic_load_explicit(word, memory_order_acquire)) < least) {
        if (!blocks) {
            pause_briefly();
            continue;
        }
        atomic_store_explicit(&self->awaits, enough, memory_order_relaxed);
        atomic_store_explicit(&self->sleeps, 1, memory_order_relaxed);
        /* Pairs with the fence in wake_if_awaited: the other sees that we sleep or we its count. */
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load_explicit(word, memory_order_relaxed) < least)
            sleep_while_set(&self->sleeps);
        atomic_store_explicit(&self->sleeps, 0, memory_order_relaxed);
    }
    return count;
}

ALWAYS_INLINE void show_count(_Atomic uint64_t *word, uint64_t count)
{
    /* Pairs with the acquire in await_count. */
    atomic_store_explicit(word, count, memory_order_release);
}

/* After show_count. A side that is about to sleep itself wakes the other in any case. */
ALWAYS_INLINE void wake_if_awaited(struct sleeper *peer, uint64_t count, bool in_any_case)
{
    /* Pairs with the fence in await_count. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&peer->sleeps, memory_order_relaxed) != 0 &&
        (in_any_case || count >= atomic_load_explicit(&peer->awaits, memory_order_relaxed)))
        wake_sleeper(&peer->sleeps);
}

typedef unsigned char lane __attribute__((vector_size(32), aligned(1), may_alias));
typedef unsigned char half_lane __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t eight_bytes __attribute__((aligned(1), may_alias));

#define MOST_INLINE_BYTES 256

/*
 * memcpy for small sizes, without the call, which would cost registers and the stores that save
 * them. The last part is copied so that it ends where the message does, over the part before it.
 */
ALWAYS_INLINE void copy_message(unsigned char *to, const unsigned char *from, size_t bytes)
{
    if (bytes > MOST_INLINE_BYTES || bytes < sizeof(eight_bytes)) {
        memcpy(to, from, bytes);
    } else if (bytes == sizeof(eight_bytes)) {
        *(eight_bytes *)to = *(const eight_bytes *)from;
    } else if (bytes <= sizeof(half_lane)) {
        eight_bytes last = *(const eight_bytes *)(from + bytes - sizeof last);

        *(eight_bytes *)to = *(const eight_bytes *)from;
        *(eight_bytes *)(to + bytes - sizeof last) = last;
    } else if (bytes <= sizeof(lane)) {
        half_lane last = *(const half_lane *)(from + bytes - sizeof last);

        *(half_lane *)to = *(const half_lane *)from;
        *(half_lane *)(to + bytes - sizeof last) = last;
    } else {
        lane last = *(const lane *)(from + bytes - sizeof last);

        for (size_t at = 0; at + sizeof last < bytes; at += sizeof last)
            *(lane *)(to + at) = *(const lane *)(from + at);
        *(lane *)(to + bytes - sizeof last) = last;
    }
}

/*
 * The table row of a ring, and what it calls. ADOPT makes the end of one process, with all that it
 * has to remember; SLOTS_BYTES is how much memory messages take. Both know `options`.
 */
#define RING_ROW(KIND, NAME, STATE, ADOPT, CAPACITY, SLOTS_BYTES)                                  \
    static const struct mover KIND##_spinning_mover = {                                            \
        KIND##_spinning_send, KIND##_spinning_receive, KIND##_spinning_flush};                     \
    static const struct mover KIND##_blocking_mover = {                                            \
        KIND##_blocking_send, KIND##_blocking_receive, KIND##_blocking_flush};                     \
    static void KIND##_open(const struct options *options, struct end *producer,                   \
                            struct end *consumer)                                                  \
    {                                                                                              \
        open_two_rings(SLOTS_BYTES, producer, consumer);                                           \
    }                                                                                              \
    static void KIND##_produce(const struct options *options, const struct end *end,               \
                               struct outcome *outcome)                                            \
    {                                                                                              \
        STATE state = ADOPT;                                                                       \
        if (options->spins)                                                                        \
            produce(options, &state, KIND##_spinning_mover, outcome);                              \
        else                                                                                       \
            produce(options, &state, KIND##_blocking_mover, outcome);                              \
    }                                                                                              \
    static void KIND##_consume(const struct options *options, const struct end *end,               \
                               struct outcome *outcome)                                            \
    {                                                                                              \
        STATE state = ADOPT;                                                                       \
        if (options->spins)                                                                        \
            consume(options, &state, KIND##_spinning_mover, outcome);                              \
        else                                                                                       \
            consume(options, &state, KIND##_blocking_mover, outcome);                              \
    }                                                                                              \
    const struct mechanism KIND##_mechanism = {                                                    \
        NAME, KIND##_open, KIND##_produce, KIND##_consume, CAPACITY};

#endif
