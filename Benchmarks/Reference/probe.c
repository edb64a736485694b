/*
 * How long a cache line takes to the other core and back, for two milliseconds. The host of a
 * virtual machine moves virtual cores from one physical one to another; nothing else in a guest
 * tells.
 */
#include "ring.h"

#include <stdlib.h>

#define PROBE_NS 2000000
#define ROUND_TRIPS_PER_SAMPLE 32
#define MOST_SAMPLES 4096
#define FINISHED UINT32_MAX

struct probe_word {
    alignas(LINE_PAIR_BYTES) _Atomic uint32_t turn; /* Odd while it is the consumer's. */
};

struct probe_word *make_probe_word(void)
{
    return map_shared(sizeof(struct probe_word));
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

static uint32_t hand_over_and_await(struct probe_word *word, uint32_t turn)
{
    /* Pairs with the acquire in answer_probe. */
    atomic_store_explicit(&word->turn, turn + 1, memory_order_release);
    /* Pairs with the release in answer_probe. */
    while (atomic_load_explicit(&word->turn, memory_order_acquire) != turn + 2)
        pause_briefly();
    return turn + 2;
}

/* Returns the median; 0 where both sides share a core, so that nothing can bounce. */
double probe_ns(const struct options *options, struct probe_word *word)
{
    static uint64_t samples[MOST_SAMPLES];
    size_t count = 0;
    uint32_t turn = 0;

    if (options->producer_core == options->consumer_core)
        return 0;
    turn = hand_over_and_await(word, turn); /* The consumer may not have come yet. */

    uint64_t before = now_ns();
    uint64_t end = before + PROBE_NS;

    while (before < end && count < MOST_SAMPLES) {
        for (int trip = 0; trip < ROUND_TRIPS_PER_SAMPLE; trip++)
            turn = hand_over_and_await(word, turn);
        uint64_t after = now_ns();
        samples[count++] = after - before;
        before = after;
    }
    /* Pairs with the acquire in answer_probe. */
    atomic_store_explicit(&word->turn, FINISHED, memory_order_release);
    /* Until it is answered: the word is used again for the next probe. */
    while (atomic_load_explicit(&word->turn, memory_order_acquire) != 0)
        pause_briefly();
    qsort(samples, count, sizeof samples[0], by_value);
    return (double)samples[count / 2] / ROUND_TRIPS_PER_SAMPLE;
}

void answer_probe(const struct options *options, struct probe_word *word)
{
    uint32_t turn;

    if (options->producer_core == options->consumer_core)
        return;
    /* Pairs with the releases in probe_ns. */
    while ((turn = atomic_load_explicit(&word->turn, memory_order_acquire)) != FINISHED) {
        if (turn % 2 == 1)
            atomic_store_explicit(&word->turn, turn + 1, memory_order_release);
        else
            pause_briefly();
    }
    atomic_store_explicit(&word->turn, 0, memory_order_release);
}
