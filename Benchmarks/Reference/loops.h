/*
 * The loops that are timed, once for all mechanisms. Each mechanism file calls them with its own
 * send and receive; because the loops are always inlined and the functions are constants there, the
 * compiler calls (or inlines) them directly, as if every mechanism had its loops written by hand.
 */
#ifndef LOOPS_H
#define LOOPS_H

#include "reference.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Both move one whole message or end the process; state is the mechanism's own. */
typedef void send_function(void *state, const unsigned char *message, size_t bytes);
typedef void receive_function(void *state, unsigned char *message, size_t bytes);

ALWAYS_INLINE uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* The first 8 bytes carry the sequence number, the next 8 the length, as far as there is room. */
ALWAYS_INLINE void stamp(unsigned char *message, size_t bytes, uint64_t sequence)
{
    uint64_t length = bytes;

    if (bytes >= sizeof sequence)
        memcpy(message, &sequence, sizeof sequence);
    if (bytes >= sizeof sequence + sizeof length)
        memcpy(message + sizeof sequence, &length, sizeof length);
}

ALWAYS_INLINE void check(const unsigned char *message, size_t bytes, uint64_t expected_sequence)
{
    uint64_t sequence = expected_sequence;
    uint64_t length = bytes;

    if (bytes >= sizeof sequence)
        memcpy(&sequence, message, sizeof sequence);
    if (bytes >= sizeof sequence + sizeof length)
        memcpy(&length, message + sizeof sequence, sizeof length);
    if (__builtin_expect(sequence != expected_sequence || length != bytes, 0))
        fail("expected message %" PRIu64 " of %zu bytes, received message %" PRIu64 " of %" PRIu64
             " bytes", expected_sequence, bytes, sequence, length);
}

/* The reply has a buffer of its own; in the sent one, a lost reply would look like success. */
ALWAYS_INLINE void round_trip(void *state, send_function *send, receive_function *receive,
                              unsigned char *request, unsigned char *reply, size_t bytes,
                              uint64_t sequence)
{
    stamp(request, bytes, sequence);
    send(state, request, bytes);
    receive(state, reply, bytes);
    check(reply, bytes, sequence);
}

/* Lets the other side go on: it is waiting in await_signal. */
ALWAYS_INLINE void signal_peer(void *state, send_function *send, unsigned char *message,
                               size_t bytes)
{
    stamp(message, bytes, 0);
    send(state, message, bytes);
}

ALWAYS_INLINE void await_signal(void *state, receive_function *receive, unsigned char *message,
                                size_t bytes)
{
    receive(state, message, bytes);
    check(message, bytes, 0);
}

ALWAYS_INLINE void produce(const struct options *options, void *state, send_function *send,
                           receive_function *receive, struct outcome *outcome)
{
    size_t bytes = options->payload_bytes;
    uint64_t warmup = options->warmup_messages;
    uint64_t messages = options->messages;
    uint64_t batch = options->batch;
    uint64_t sequence = 0;
    unsigned char *request = allocate_message(bytes);
    unsigned char *reply = allocate_message(bytes);

    await_signal(state, receive, reply, bytes); /* The consumer is pinned and has its buffers. */

    if (options->streams) {
        for (; sequence < warmup; sequence++) {
            stamp(request, bytes, sequence);
            send(state, request, bytes);
        }
        await_signal(state, receive, reply, bytes); /* The timed part starts with empty buffers. */

        outcome->started_ns = now_ns();
        for (; sequence < warmup + messages; sequence++) {
            stamp(request, bytes, sequence);
            send(state, request, bytes);
        }
        return;
    }

    for (; sequence < warmup; sequence++)
        round_trip(state, send, receive, request, reply, bytes, sequence);

    uint64_t started = now_ns();
    uint64_t before = started;

    for (uint64_t sample = 0; sample < messages / batch; sample++) {
        for (uint64_t end = sequence + batch; sequence < end; sequence++)
            round_trip(state, send, receive, request, reply, bytes, sequence);
        uint64_t after = now_ns();
        outcome->samples_ns[sample] = after - before;
        before = after;
    }
    outcome->started_ns = started;
    outcome->finished_ns = before;
    outcome->sample_count = messages / batch;
}

ALWAYS_INLINE void consume(const struct options *options, void *state, send_function *send,
                           receive_function *receive, struct outcome *outcome)
{
    size_t bytes = options->payload_bytes;
    uint64_t warmup = options->warmup_messages;
    uint64_t messages = options->messages;
    uint64_t sequence = 0;
    unsigned char *message = allocate_message(bytes);

    signal_peer(state, send, message, bytes);

    if (options->streams) {
        for (; sequence < warmup; sequence++) {
            receive(state, message, bytes);
            check(message, bytes, sequence);
        }
        signal_peer(state, send, message, bytes);

        for (; sequence < warmup + messages; sequence++) {
            receive(state, message, bytes);
            check(message, bytes, sequence);
        }
        outcome->finished_ns = now_ns();
        return;
    }

    for (; sequence < warmup + messages; sequence++) {
        receive(state, message, bytes);
        check(message, bytes, sequence);
        send(state, message, bytes);
    }
}

#endif
