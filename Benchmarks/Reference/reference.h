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
    bool touches_header;     /* --touch header; otherwise nobody looks at a message */
    size_t payload_bytes;
    uint64_t messages;
    uint64_t warmup_messages;
    uint64_t batch;          /* round trips between two reads of the clock */
    int producer_core;
    int consumer_core;
    size_t buffer_bytes;     /* payload that is to fit in flight, in each direction */
    size_t memory_bytes;     /* that a ring's slots lie in, if those in flight take less */
    size_t knob_bytes;       /* what a pipe or socket is set to; 0 for buffer_bytes */
    bool equalizes_capacity; /* --equal-capacity: finds the knob that lets buffer_bytes in */
    unsigned wake_sender;    /* percent of a ring that are free before a sleeping sender is woken */
    unsigned wake_receiver;  /* percent of it that are full before a sleeping receiver is */
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
    /* Payload bytes that fit in flight. A ring knows; for a descriptor it is found by trying. */
    size_t (*capacity)(const struct options *options);
};

extern const struct mechanism pipe_mechanism;
extern const struct mechanism unix_stream_mechanism;
extern const struct mechanism tcp_mechanism;
extern const struct mechanism ring_index_mechanism;
extern const struct mechanism ring_give_back_mechanism;
extern const struct mechanism ring_batch_mechanism;
extern const struct mechanism ring_packed_mechanism;
extern const struct mechanism ring_stamp_mechanism;
extern const struct mechanism ring_probe_mechanism;
extern const struct mechanism ring_bytes_mechanism;

/* descriptor.c: the hot path of the three mechanisms that are a pair of byte streams. */
void produce_over_descriptors(const struct options *, const struct end *, struct outcome *);
void consume_over_descriptors(const struct options *, const struct end *, struct outcome *);
void make_nonblocking_if_spinning(const struct options *options, int descriptor);
void set_socket_buffers(const struct options *options, int socket);

/* capacity.c: what fits in flight, and the knob that makes it what is wanted. */
size_t measure_capacity(const struct mechanism *mechanism, const struct options *options);
void equalize_capacity(const struct mechanism *mechanism, struct options *options);

/* probe.c: how long a cache line takes to the other core and back, just before and after. */
struct probe_word;
struct probe_word *make_probe_word(void);
double probe_ns(const struct options *options, struct probe_word *word);
void answer_probe(const struct options *options, struct probe_word *word);

/* failure.c: each prints one line and exits with status 1. */
_Noreturn void fail_call(const char *call, const char *attempt);
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* memory.c: pages that are present before they are first used, so that no loop takes a fault. */
void *map_shared(size_t bytes);
void touch_pages(void *pages, size_t bytes);
unsigned char *allocate_message(size_t bytes);

#endif
