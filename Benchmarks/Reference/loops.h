/*
 * The loops that are timed, once for all mechanisms. Each mechanism file calls them with its own
 * functions; because the loops are always inlined and the functions are constants there, the
 * compiler inlines them, as if every mechanism had its loops written by hand, and keeps what a
 * mechanism has to remember in registers from the first message to the last.
 */
#ifndef LOOPS_H
#define LOOPS_H

#include "reference.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/*
 * How a mechanism moves messages; state is its own. Both of the first two move one whole message or
 * end the process. A sender may keep messages back, to show several at once; flush shows them all.
 */
struct mover {
    void (*send)(void *state, const unsigned char *message, size_t bytes);
    void (*receive)(void *state, unsigned char *message, size_t bytes);
    void (*flush)(void *state);
};

ALWAYS_INLINE uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/*
 * Makes the compiler believe that somebody else reads and writes the message now. Without it, what
 * nobody looks at would be copied once, or never.
 */
ALWAYS_INLINE void show_to_others(unsigned char *message)
{
    __asm__ volatile("" : : "r"(message) : "memory");
}

/* The first 8 bytes carry the sequence number, the next 8 the length, as far as there is room. */
ALWAYS_INLINE void stamp(unsigned char *message, size_t bytes, uint64_t sequence, bool header)
{
    uint64_t length = bytes;

    if (header && bytes >= sizeof sequence)
        memcpy(message, &sequence, sizeof sequence);
    if (header && bytes >= sizeof sequence + sizeof length)
        memcpy(message + sizeof sequence, &length, sizeof length);
    show_to_others(message);
}

ALWAYS_INLINE void check(unsigned char *message, size_t bytes, uint64_t expected_sequence,
                         bool header)
{
    uint64_t sequence = expected_sequence;
    uint64_t length = bytes;

    show_to_others(message);
    if (!header)
        return;
    if (bytes >= sizeof sequence)
        memcpy(&sequence, message, sizeof sequence);
    if (bytes >= sizeof sequence + sizeof length)
        memcpy(&length, message + sizeof sequence, sizeof length);
    if (__builtin_expect(sequence != expected_sequence || length != bytes, 0))
        fail("expected message %" PRIu64 " of %zu bytes, received message %" PRIu64 " of %" PRIu64
             " bytes", expected_sequence, bytes, sequence, length);
}

/* The reply has a buffer of its own; in the sent one, a lost reply would look like success. */
ALWAYS_INLINE void round_trip(void *state, struct mover mover, unsigned char *request,
                              unsigned char *reply, size_t bytes, uint64_t sequence, bool header)
{
    stamp(request, bytes, sequence, header);
    mover.send(state, request, bytes);
    mover.flush(state);
    mover.receive(state, reply, bytes);
    check(reply, bytes, sequence, header);
}

/* Lets the other side go on: it is waiting in await_signal. */
ALWAYS_INLINE void signal_peer(void *state, struct mover mover, unsigned char *message,
                               size_t bytes)
{
    stamp(message, bytes, 0, true);
    mover.send(state, message, bytes);
    mover.flush(state);
}

ALWAYS_INLINE void await_signal(void *state, struct mover mover, unsigned char *message,
                                size_t bytes)
{
    mover.receive(state, message, bytes);
    check(message, bytes, 0, true);
}

ALWAYS_INLINE void send_many(void *state, struct mover mover, unsigned char *message, size_t bytes,
                             uint64_t first, uint64_t end, bool header)
{
    for (uint64_t sequence = first; sequence < end; sequence++) {
        stamp(message, bytes, sequence, header);
        mover.send(state, message, bytes);
    }
    mover.flush(state);
}

ALWAYS_INLINE void receive_many(void *state, struct mover mover, unsigned char *message,
                                size_t bytes, uint64_t first, uint64_t end, bool header)
{
    for (uint64_t sequence = first; sequence < end; sequence++) {
        mover.receive(state, message, bytes);
        check(message, bytes, sequence, header);
    }
}

ALWAYS_INLINE void produce_stream(const struct options *options, void *state, struct mover mover,
                                  struct outcome *outcome, size_t bytes, bool header)
{
    uint64_t warmup = options->warmup_messages;
    unsigned char *message = allocate_message(bytes);
    unsigned char *reply = allocate_message(bytes);

    await_signal(state, mover, reply, bytes); /* The consumer is pinned and has its buffers. */
    send_many(state, mover, message, bytes, 0, warmup, header);
    await_signal(state, mover, reply, bytes); /* The timed part starts with empty buffers. */

    outcome->started_ns = now_ns();
    send_many(state, mover, message, bytes, warmup, warmup + options->messages, header);
}

ALWAYS_INLINE void consume_stream(const struct options *options, void *state, struct mover mover,
                                  struct outcome *outcome, size_t bytes, bool header)
{
    uint64_t warmup = options->warmup_messages;
    unsigned char *message = allocate_message(bytes);

    signal_peer(state, mover, message, bytes);
    receive_many(state, mover, message, bytes, 0, warmup, header);
    signal_peer(state, mover, message, bytes);

    receive_many(state, mover, message, bytes, warmup, warmup + options->messages, header);
    outcome->finished_ns = now_ns();
}

ALWAYS_INLINE void produce_round_trips(const struct options *options, void *state,
                                       struct mover mover, struct outcome *outcome, size_t bytes,
                                       bool header)
{
    uint64_t batch = options->batch;
    uint64_t sample_count = options->messages / batch;
    uint64_t sequence = 0;
    unsigned char *request = allocate_message(bytes);
    unsigned char *reply = allocate_message(bytes);

    await_signal(state, mover, reply, bytes);
    for (; sequence < options->warmup_messages; sequence++)
        round_trip(state, mover, request, reply, bytes, sequence, header);

    uint64_t started = now_ns();
    uint64_t before = started;

    for (uint64_t sample = 0; sample < sample_count; sample++) {
        for (uint64_t end = sequence + batch; sequence < end; sequence++)
            round_trip(state, mover, request, reply, bytes, sequence, header);
        uint64_t after = now_ns();
        outcome->samples_ns[sample] = after - before;
        before = after;
    }
    outcome->started_ns = started;
    outcome->finished_ns = before;
    outcome->sample_count = sample_count;
}

ALWAYS_INLINE void consume_round_trips(const struct options *options, void *state,
                                       struct mover mover, size_t bytes, bool header)
{
    uint64_t messages = options->warmup_messages + options->messages;
    unsigned char *message = allocate_message(bytes);

    signal_peer(state, mover, message, bytes);
    for (uint64_t sequence = 0; sequence < messages; sequence++) {
        mover.receive(state, message, bytes);
        check(message, bytes, sequence, header);
        mover.send(state, message, bytes);
        mover.flush(state);
    }
}

/* The two answers to --touch are loops of their own: none of them asks in the timed part. */
ALWAYS_INLINE void produce(const struct options *options, void *state, struct mover mover,
                           struct outcome *outcome)
{
    size_t bytes = options->payload_bytes;

    if (!options->streams)
        produce_round_trips(options, state, mover, outcome, bytes, options->touches_header);
    else if (options->touches_header)
        produce_stream(options, state, mover, outcome, bytes, true);
    else
        produce_stream(options, state, mover, outcome, bytes, false);
}

ALWAYS_INLINE void consume(const struct options *options, void *state, struct mover mover,
                           struct outcome *outcome)
{
    size_t bytes = options->payload_bytes;

    if (!options->streams)
        consume_round_trips(options, state, mover, bytes, options->touches_header);
    else if (options->touches_header)
        consume_stream(options, state, mover, outcome, bytes, true);
    else
        consume_stream(options, state, mover, outcome, bytes, false);
}

#endif
