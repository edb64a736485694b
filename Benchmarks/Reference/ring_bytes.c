/*
 * A ring of bytes, in which a message lies as it comes, over the end and on from the beginning:
 * after Linux's kfifo. A large message goes in pieces, so that it need not fit into the ring,
 * and so that the receiver copies the first piece out while the sender copies the second one in.
 *
 * The counts are of bytes. Both sides know the length of a message, as those of a pipe do.
 */
#include "ring.h"

struct bytes_end {
    struct ring *outbound;
    struct ring *inbound;
    size_t ring_bytes;       /* in memory */
    size_t capacity_bytes;   /* in flight */
    size_t piece_bytes;      /* What is copied at most between two looks at the other side. */
    uint64_t wake_free;
    uint64_t wake_full;

    size_t send_offset;
    uint64_t sent;
    uint64_t may_send;

    size_t receive_offset;
    uint64_t taken;
    uint64_t may_take;
    uint64_t next_give;
};

/* Of 8, 16 and 32 this one was the fastest in most cells of blocking streams of 4 KiB to 1 MiB. */
#define PIECE_PARTS 16

ALWAYS_INLINE size_t least_of(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

ALWAYS_INLINE void bytes_flush(struct bytes_end *end, bool blocks)
{
    if (blocks)
        wake_if_awaited(&end->outbound->receiver, end->sent, true);
}

ALWAYS_INLINE void bytes_send(struct bytes_end *end, const unsigned char *message, size_t bytes,
                              bool blocks)
{
    struct ring *ring = end->outbound;

    while (bytes > 0) {
        if (end->sent == end->may_send) {
            bytes_flush(end, blocks);
            end->may_send = end->capacity_bytes +
                await_count(&ring->taken, end->sent - end->capacity_bytes + 1,
                            end->sent - end->capacity_bytes + end->wake_free, blocks, &ring->sender);
        }
        size_t piece = least_of(bytes, end->piece_bytes, end->may_send - end->sent);
        if (piece > end->ring_bytes - end->send_offset)
            piece = end->ring_bytes - end->send_offset;
        copy_message(ring->slots + end->send_offset, message, piece);
        message += piece;
        bytes -= piece;
        end->send_offset += piece;
        if (end->send_offset == end->ring_bytes)
            end->send_offset = 0;
        end->sent += piece;
        show_count(&ring->sent, end->sent);
        if (blocks)
            wake_if_awaited(&ring->receiver, end->sent, false);
    }
}

ALWAYS_INLINE void give_taken(struct bytes_end *end, bool blocks, bool wakes_in_any_case)
{
    show_count(&end->inbound->taken, end->taken);
    if (blocks)
        wake_if_awaited(&end->inbound->sender, end->taken, wakes_in_any_case);
}

ALWAYS_INLINE void bytes_receive(struct bytes_end *end, unsigned char *message, size_t bytes,
                                 bool blocks)
{
    struct ring *ring = end->inbound;

    while (bytes > 0) {
        if (end->taken == end->may_take) {
            if (blocks && atomic_load_explicit(&ring->sent, memory_order_relaxed) == end->taken)
                give_taken(end, blocks, true);
            end->may_take = await_count(&ring->sent, end->taken + 1, end->taken + end->wake_full,
                                        blocks, &ring->receiver);
        }
        size_t piece = least_of(bytes, end->piece_bytes, end->may_take - end->taken);
        if (piece > end->ring_bytes - end->receive_offset)
            piece = end->ring_bytes - end->receive_offset;
        copy_message(message, ring->slots + end->receive_offset, piece);
        message += piece;
        bytes -= piece;
        end->receive_offset += piece;
        if (end->receive_offset == end->ring_bytes)
            end->receive_offset = 0;
        end->taken += piece;
        if (end->taken >= end->next_give) {
            give_taken(end, blocks, false);
            end->next_give = end->taken + end->capacity_bytes / GIVE_BACK_PARTS;
        }
    }
}

static size_t bytes_capacity(const struct options *options)
{
    return options->buffer_bytes;
}

static size_t ring_memory(const struct options *options)
{
    return options->memory_bytes > options->buffer_bytes ? options->memory_bytes
                                                         : options->buffer_bytes;
}

ALWAYS_INLINE struct bytes_end adopt(const struct options *options, const struct end *end)
{
    size_t size = options->buffer_bytes;

    if (size < PIECE_PARTS)
        fail("%s: a --buffer of at least %d bytes is needed", options->mechanism, PIECE_PARTS);
    touch_rings(end, ring_memory(options));
    return (struct bytes_end){
        .outbound = end->outbound,
        .inbound = end->inbound,
        .ring_bytes = ring_memory(options),
        .capacity_bytes = size,
        .piece_bytes = size / PIECE_PARTS,
        .wake_free = at_least_one(size * options->wake_sender / 100),
        .wake_full = at_least_one(size * options->wake_receiver / 100),
        .may_send = size,
        .next_give = size / GIVE_BACK_PARTS,
    };
}

ALWAYS_INLINE void ring_bytes_spinning_send(void *s, const unsigned char *m, size_t bytes)
{
    bytes_send(s, m, bytes, false);
}

ALWAYS_INLINE void ring_bytes_spinning_receive(void *s, unsigned char *m, size_t bytes)
{
    bytes_receive(s, m, bytes, false);
}

ALWAYS_INLINE void ring_bytes_spinning_flush(void *s) { bytes_flush(s, false); }

ALWAYS_INLINE void ring_bytes_blocking_send(void *s, const unsigned char *m, size_t bytes)
{
    bytes_send(s, m, bytes, true);
}

ALWAYS_INLINE void ring_bytes_blocking_receive(void *s, unsigned char *m, size_t bytes)
{
    bytes_receive(s, m, bytes, true);
}

ALWAYS_INLINE void ring_bytes_blocking_flush(void *s) { bytes_flush(s, true); }

RING_ROW(ring_bytes, "ring-bytes", struct bytes_end, adopt(options, end), bytes_capacity,
         ring_memory(options))
