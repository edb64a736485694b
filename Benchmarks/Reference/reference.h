/*
 * What the parts of the reference share: the options, the two ends of a channel, and the table row
 * that a mechanism is. The loops that are timed are in loops.h.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

/* For pipe2, accept4 and CPU_SET; every file includes this header first. */
#define _GNU_SOURCE

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every supported x86 and most ARM cores move memory between caches in lines of this size. */
#define CACHE_LINE_BYTES 64

struct options {
    const char *mechanism;
    bool streams;            /* --pattern stream; otherwise ping-pong */
    bool spins;              /* --wait spin; otherwise block */
    size_t payload_bytes;
    uint64_t messages;
    uint64_t warmup_messages;
    uint64_t batch;          /* round trips between two reads of the clock */
    int producer_core;
    int consumer_core;
    size_t buffer_bytes;     /* capacity of the mechanism's own buffer, in each direction */
    bool prints_header;
};

/* One end of a two-way message path. A mechanism uses the two descriptors or the two rings. */
struct end {
    int read_descriptor;
    int write_descriptor;
    struct ring *inbound;
    struct ring *outbound;
};

/*
 * What a run yields. It lies in memory that both processes share, because the last message of a
 * stream is seen by the consumer. CLOCK_MONOTONIC is one clock for all processes of a machine.
 */
struct outcome {
    uint64_t started_ns;
    uint64_t finished_ns;
    uint64_t sample_count;
    uint64_t samples_ns[];   /* one duration per batch of round trips; unused by a stream */
};

struct mechanism {
    const char *name;
    /* Makes the message path; called in the parent, before the fork. */
    void (*open)(const struct options *options, struct end *producer, struct end *consumer);
    void (*produce)(const struct options *options, const struct end *end, struct outcome *outcome);
    void (*consume)(const struct options *options, const struct end *end, struct outcome *outcome);
};

extern const struct mechanism pipe_mechanism;
extern const struct mechanism unix_stream_mechanism;
extern const struct mechanism tcp_mechanism;
extern const struct mechanism shm_ring_mechanism;

/* descriptor.c: the hot path of the three mechanisms that are a pair of byte streams. */
void produce_over_descriptors(const struct options *, const struct end *, struct outcome *);
void consume_over_descriptors(const struct options *, const struct end *, struct outcome *);
void make_nonblocking_if_spinning(const struct options *options, int descriptor);
void set_socket_buffers(const struct options *options, int socket);

/* failure.c: each prints one line and exits with status 1. */
_Noreturn void fail_call(const char *call, const char *attempt);
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* memory.c: pages that are present before they are first used, so that no loop takes a fault. */
void *map_shared(size_t bytes);
void touch_pages(void *pages, size_t bytes);
unsigned char *allocate_message(size_t bytes);

#endif
