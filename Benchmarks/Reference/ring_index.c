/*
 * Rings with two counts and slots for whole messages: the lectures' bounded buffer, with what
 * people found since then to make it fast.
 *
 *   ring-index      Each side keeps a copy of the other's count: Lee, Bu, Chandranmenon, "A
 *                   lock-free, cache-efficient shared ring buffer" (ANCS 2009), and rigtorp's
 *                   SPSCQueue.
 *   ring-give-back  The receiver gives slots back an eighth of the ring at a time (half of
 *                   MCRingBuffer), so that the sender seldom loses the line with that count.
 *   ring-batch      The sender shows messages in batches as well: MCRingBuffer (the same three,
 *                   IPDPS 2010). A message waits until its batch is full, the ring is, or flush is
 *                   called.
 *   ring-packed     The same with slots that are not rounded up to whole cache lines.
 */
#include "ring.h"

/* What tells these rings from each other: constants wherever they are used. */
struct kind {
    size_t slot_multiple;   /* Slots are rounded up to a multiple of so many bytes. */
    bool gives_back_batches;
    bool shows_batches;
};

struct index_end {
    struct ring *outbound;
    struct ring *inbound;
    size_t slot_bytes;
    size_t slots_bytes;
    uint64_t slot_count;
    uint64_t wake_free;      /* Slots that have to be free before a sleeping sender is woken, */
    uint64_t wake_full;      /* and full before a sleeping receiver is. */

    size_t send_offset;      /* Where the next message goes; wraps by comparing, not by dividing. */
    uint64_t sent;
    uint64_t may_send;       /* What `sent` can grow to as far as the receiver's count is known. */
    uint64_t show_step;
    uint64_t next_show;      /* The value of `sent` that the receiver is shown next. */

    size_t receive_offset;
    uint64_t taken;
    uint64_t may_take;
    uint64_t give_step;
    uint64_t next_give;
};

/*
 * A batch of messages. Of 512 to 8192 bytes, interleaved, 20 runs each at 8 to 256 bytes, this one
 * was the fastest or within 3 % of it; 512 was up to 24 % slower.
 */
#define SHOW_BYTES 4096

ALWAYS_INLINE void show_sent(struct index_end *end, bool blocks, bool wakes_in_any_case)
{
    show_count(&end->outbound->sent, end->sent);
    if (blocks)
        wake_if_awaited(&end->outbound->receiver, end->sent, wakes_in_any_case);
}

ALWAYS_INLINE void give_taken(struct index_end *end, bool blocks, bool wakes_in_any_case)
{
    show_count(&end->inbound->taken, end->taken);
    if (blocks)
        wake_if_awaited(&end->inbound->sender, end->taken, wakes_in_any_case);
}

ALWAYS_INLINE void index_flush(struct index_end *end, const struct kind *kind, bool blocks)
{
    if (kind->shows_batches || blocks)
        show_sent(end, blocks, true);
}

ALWAYS_INLINE void index_send(struct index_end *end, const struct kind *kind,
                              const unsigned char *message, size_t bytes, bool blocks)
{
    struct ring *ring = end->outbound;

    if (end->sent == end->may_send) {
        index_flush(end, kind, blocks);
        end->may_send = end->slot_count +
            await_count(&ring->taken, end->sent - end->slot_count + 1,
                        end->sent - end->slot_count + end->wake_free, blocks, &ring->sender);
    }
    copy_message(ring->slots + end->send_offset, message, bytes);
    end->send_offset += end->slot_bytes;
    if (end->send_offset == end->slots_bytes)
        end->send_offset = 0;
    end->sent++;
    if (!kind->shows_batches)
        show_sent(end, blocks, false);
    else if (end->sent == end->next_show) {
        show_sent(end, blocks, false);
        end->next_show = end->sent + end->show_step;
    }
}

ALWAYS_INLINE void index_receive(struct index_end *end, const struct kind *kind,
                                 unsigned char *message, size_t bytes, bool blocks)
{
    struct ring *ring = end->inbound;

    if (end->taken == end->may_take) {
        if (blocks && atomic_load_explicit(&ring->sent, memory_order_relaxed) == end->taken)
            give_taken(end, blocks, true);
        end->may_take = await_count(&ring->sent, end->taken + 1, end->taken + end->wake_full,
                                    blocks, &ring->receiver);
    }
    copy_message(message, ring->slots + end->receive_offset, bytes);
    end->receive_offset += end->slot_bytes;
    if (end->receive_offset == end->slots_bytes)
        end->receive_offset = 0;
    end->taken++;
    if (!kind->gives_back_batches)
        give_taken(end, blocks, false);
    else if (end->taken == end->next_give) {
        give_taken(end, blocks, false);
        end->next_give = end->taken + end->give_step;
    }
}

ALWAYS_INLINE struct index_end adopt(const struct options *options, const struct end *end,
                                     const struct kind *kind)
{
    size_t slot_bytes = rounded_up(options->payload_bytes, kind->slot_multiple);
    uint64_t slots = slots_in_buffer(options);
    uint64_t give_step = at_least_one(slots / GIVE_BACK_PARTS);
    uint64_t show_step = at_least_one(SHOW_BYTES / options->payload_bytes);

    if (show_step > give_step)
        show_step = give_step;
    touch_rings(end, bytes_of_slots(options, slot_bytes));
    return (struct index_end){
        .outbound = end->outbound,
        .inbound = end->inbound,
        .slot_bytes = slot_bytes,
        .slots_bytes = bytes_of_slots(options, slot_bytes),
        .slot_count = slots,
        .wake_free = at_least_one(slots * options->wake_sender / 100),
        .wake_full = at_least_one(slots * options->wake_receiver / 100),
        .may_send = slots,
        .show_step = show_step,
        .next_show = show_step,
        .give_step = give_step,
        .next_give = give_step,
    };
}

/* The functions and the table row of one kind, each specialised for it and for one way to wait. */
#define INDEX_RING(KIND, NAME, ...)                                                                \
    static const struct kind KIND = {__VA_ARGS__};                                                 \
    ALWAYS_INLINE void KIND##_spinning_send(void *s, const unsigned char *m, size_t bytes)         \
    { index_send(s, &KIND, m, bytes, false); }                                                     \
    ALWAYS_INLINE void KIND##_spinning_receive(void *s, unsigned char *m, size_t bytes)            \
    { index_receive(s, &KIND, m, bytes, false); }                                                  \
    ALWAYS_INLINE void KIND##_spinning_flush(void *s) { index_flush(s, &KIND, false); }            \
    ALWAYS_INLINE void KIND##_blocking_send(void *s, const unsigned char *m, size_t bytes)         \
    { index_send(s, &KIND, m, bytes, true); }                                                      \
    ALWAYS_INLINE void KIND##_blocking_receive(void *s, unsigned char *m, size_t bytes)            \
    { index_receive(s, &KIND, m, bytes, true); }                                                   \
    ALWAYS_INLINE void KIND##_blocking_flush(void *s) { index_flush(s, &KIND, true); }             \
    RING_ROW(KIND, NAME, struct index_end, adopt(options, end, &KIND), capacity_of_slots,          \
             bytes_of_slots(options, rounded_up(options->payload_bytes, KIND.slot_multiple)))

INDEX_RING(ring_index, "ring-index", .slot_multiple = CACHE_LINE_BYTES)
INDEX_RING(ring_give_back, "ring-give-back", .slot_multiple = CACHE_LINE_BYTES,
           .gives_back_batches = true)
INDEX_RING(ring_batch, "ring-batch", .slot_multiple = CACHE_LINE_BYTES,
           .gives_back_batches = true, .shows_batches = true)
INDEX_RING(ring_packed, "ring-packed", .slot_multiple = sizeof(uint64_t),
           .gives_back_batches = true, .shows_batches = true)
