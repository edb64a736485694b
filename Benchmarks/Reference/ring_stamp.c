/*
 * Rings in which the turn stands in the slot, in front of the message, so that one cache line
 * carries both: after FastForward (Giacomoni, Moseley, Vachharajani, PPoPP 2008), whose empty
 * slots hold a null. Slots are given back by a count, an eighth of the ring at a time, and not
 * one by one.
 *
 *   ring-stamp  The receiver looks at the stamp of each slot.
 *   ring-probe  The receiver looks at the stamp of the last slot of a batch first, and at one
 *               nearer by where that is not there yet: after B-Queue (Wang, Zhang, Tang, Hua,
 *               International Journal of Parallel Programming 41, 2013).
 */
#include "ring.h"

struct kind {
    size_t slot_multiple;
    bool probes_ahead;
};

struct stamp_end {
    struct ring *outbound;
    struct ring *inbound;
    size_t slot_bytes;
    size_t slots_bytes;
    uint64_t slot_count;
    uint64_t wake_free;
    uint64_t wake_full;

    size_t send_offset;
    uint64_t sent;
    uint64_t may_send;

    size_t receive_offset;
    uint64_t taken;
    uint64_t may_take;
    uint64_t probe_step;
    uint64_t give_step;
    uint64_t next_give;
};

#define STAMP_BYTES sizeof(uint64_t)

/* How far ahead ring-probe looks first. */
#define PROBE_BYTES 1024

ALWAYS_INLINE _Atomic uint64_t *stamp_of(struct ring *ring, size_t offset)
{
    return (_Atomic uint64_t *)(void *)(ring->slots + offset);
}

ALWAYS_INLINE void stamp_flush(struct stamp_end *end, bool blocks)
{
    if (blocks)
        wake_if_awaited(&end->outbound->receiver, end->sent, true);
}

ALWAYS_INLINE void stamp_send(struct stamp_end *end, const unsigned char *message, size_t bytes,
                              bool blocks)
{
    struct ring *ring = end->outbound;

    if (end->sent == end->may_send) {
        stamp_flush(end, blocks);
        end->may_send = end->slot_count +
            await_count(&ring->taken, end->sent - end->slot_count + 1,
                        end->sent - end->slot_count + end->wake_free, blocks, &ring->sender);
    }
    copy_message(ring->slots + end->send_offset + STAMP_BYTES, message, bytes);
    end->sent++;
    /* Pairs with the acquire in await_count, as the count of another ring does. */
    show_count(stamp_of(ring, end->send_offset), end->sent);
    end->send_offset += end->slot_bytes;
    if (end->send_offset == end->slots_bytes)
        end->send_offset = 0;
    if (blocks)
        wake_if_awaited(&ring->receiver, end->sent, false);
}

/*
 * How many messages there are at least: those of a whole batch, or of a smaller one, or one. A
 * stamp of an earlier round is less than the one that is looked for.
 */
ALWAYS_INLINE uint64_t probe_ahead(struct stamp_end *end)
{
    for (uint64_t step = end->probe_step; step > 1; step /= 2) {
        size_t offset = end->receive_offset + (step - 1) * end->slot_bytes;

        if (offset < end->slots_bytes &&
            atomic_load_explicit(stamp_of(end->inbound, offset), memory_order_acquire) ==
                end->taken + step)
            return step;
    }
    return 1;
}

ALWAYS_INLINE void give_taken(struct stamp_end *end, bool blocks, bool wakes_in_any_case)
{
    show_count(&end->inbound->taken, end->taken);
    if (blocks)
        wake_if_awaited(&end->inbound->sender, end->taken, wakes_in_any_case);
}

ALWAYS_INLINE void stamp_receive(struct stamp_end *end, const struct kind *kind,
                                 unsigned char *message, size_t bytes, bool blocks)
{
    struct ring *ring = end->inbound;
    _Atomic uint64_t *turn = stamp_of(ring, end->receive_offset);

    if (!kind->probes_ahead || end->taken == end->may_take) {
        if (blocks && atomic_load_explicit(turn, memory_order_relaxed) <= end->taken)
            give_taken(end, blocks, true);
        await_count(turn, end->taken + 1, end->taken + end->wake_full, blocks, &ring->receiver);
        if (kind->probes_ahead)
            end->may_take = end->taken + probe_ahead(end);
    }
    copy_message(message, ring->slots + end->receive_offset + STAMP_BYTES, bytes);
    end->receive_offset += end->slot_bytes;
    if (end->receive_offset == end->slots_bytes)
        end->receive_offset = 0;
    end->taken++;
    if (end->taken == end->next_give) {
        give_taken(end, blocks, false);
        end->next_give = end->taken + end->give_step;
    }
}

ALWAYS_INLINE struct stamp_end adopt(const struct options *options, const struct end *end,
                                     const struct kind *kind)
{
    size_t slot = rounded_up(STAMP_BYTES + options->payload_bytes, kind->slot_multiple);
    uint64_t slots = slots_in_buffer(options);
    uint64_t give_step = at_least_one(slots / GIVE_BACK_PARTS);

    touch_rings(end, bytes_of_slots(options, slot));
    return (struct stamp_end){
        .outbound = end->outbound,
        .inbound = end->inbound,
        .slot_bytes = slot,
        .slots_bytes = bytes_of_slots(options, slot),
        .slot_count = slots,
        .wake_free = at_least_one(slots * options->wake_sender / 100),
        .wake_full = at_least_one(slots * options->wake_receiver / 100),
        .may_send = slots,
        .probe_step = at_least_one(PROBE_BYTES / options->payload_bytes),
        .give_step = give_step,
        .next_give = give_step,
    };
}

#define STAMP_RING(KIND, NAME, ...)                                                                \
    static const struct kind KIND = {__VA_ARGS__};                                                 \
    ALWAYS_INLINE void KIND##_spinning_send(void *s, const unsigned char *m, size_t bytes)         \
    { stamp_send(s, m, bytes, false); }                                                            \
    ALWAYS_INLINE void KIND##_spinning_receive(void *s, unsigned char *m, size_t bytes)            \
    { stamp_receive(s, &KIND, m, bytes, false); }                                                  \
    ALWAYS_INLINE void KIND##_spinning_flush(void *s) { stamp_flush(s, false); }                   \
    ALWAYS_INLINE void KIND##_blocking_send(void *s, const unsigned char *m, size_t bytes)         \
    { stamp_send(s, m, bytes, true); }                                                             \
    ALWAYS_INLINE void KIND##_blocking_receive(void *s, unsigned char *m, size_t bytes)            \
    { stamp_receive(s, &KIND, m, bytes, true); }                                                   \
    ALWAYS_INLINE void KIND##_blocking_flush(void *s) { stamp_flush(s, true); }                    \
    RING_ROW(KIND, NAME, struct stamp_end, adopt(options, end, &KIND), capacity_of_slots,          \
             bytes_of_slots(options, rounded_up(STAMP_BYTES + options->payload_bytes,              \
                                                KIND.slot_multiple)))

STAMP_RING(ring_stamp, "ring-stamp", .slot_multiple = CACHE_LINE_BYTES)
STAMP_RING(ring_probe, "ring-probe", .slot_multiple = CACHE_LINE_BYTES, .probes_ahead = true)
