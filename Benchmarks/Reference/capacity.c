/*
 * What fits in flight. The number given to a pipe or socket says little about it: the kernel
 * doubles it, and counts its own bookkeeping. So a spare link is filled until it takes no more.
 */
#include "reference.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEARCH_STEPS 16

static void close_link(const struct end *end)
{
    close(end->read_descriptor);
    if (end->write_descriptor != end->read_descriptor)
        close(end->write_descriptor);
}

/* Bytes that a descriptor takes while nobody reads. TCP needs a moment to move what it has. */
static size_t fill(int descriptor, const unsigned char *message, size_t bytes)
{
    const int looks_in_vain = 3;
    size_t taken = 0;
    int flags = fcntl(descriptor, F_GETFL);

    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
        fail_call("fcntl", "setting O_NONBLOCK");
    for (int look = 0; look < looks_in_vain;) {
        size_t rest = bytes - taken % bytes;
        ssize_t written = write(descriptor, message + (bytes - rest), rest);

        if (written >= 0) {
            taken += (size_t)written;
        } else if (errno == EAGAIN) {
            look++;
            usleep(1000);
        } else if (errno != EINTR) {
            fail_call("write", "filling a spare link");
        }
    }
    return taken;
}

size_t measure_capacity(const struct mechanism *mechanism, const struct options *options)
{
    if (mechanism->capacity != NULL)
        return mechanism->capacity(options);

    struct end producer, consumer;
    unsigned char *message = allocate_message(options->payload_bytes);

    mechanism->open(options, &producer, &consumer);
    size_t bytes = fill(producer.write_descriptor, message, options->payload_bytes);
    close_link(&producer);
    close_link(&consumer);
    free(message);
    return bytes;
}

static size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

/* By bisection: more in the knob never means less in flight. Keeps the knob that came nearest. */
void equalize_capacity(const struct mechanism *mechanism, struct options *options)
{
    size_t wanted = options->buffer_bytes;
    size_t low = 1, high = wanted, nearest = SIZE_MAX, best_knob = wanted;
    bool is_enough = false;

    if (mechanism->capacity != NULL)
        return;
    for (int step = 0; step < SEARCH_STEPS && low < high; step++) {
        /* Upwards until enough fits, and then halfway between too little and enough. */
        options->knob_bytes = is_enough ? low + (high - low) / 2 : high;
        size_t capacity = measure_capacity(mechanism, options);

        is_enough = is_enough || capacity >= wanted;
        if (distance(capacity, wanted) < nearest) {
            nearest = distance(capacity, wanted);
            best_knob = options->knob_bytes;
        }
        if (capacity < wanted)
            low = options->knob_bytes + 1;
        if (!is_enough)
            high *= 2;
        else if (capacity >= wanted)
            high = options->knob_bytes;
    }
    options->knob_bytes = best_knob;
}
