#include "ring.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *map_shared(size_t bytes)
{
    void *mapping = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (mapping == MAP_FAILED)
        fail_call("mmap", "sharing memory between the two processes");
    return mapping;
}

/*
 * A child inherits a shared mapping without its page table entries, so it would take a minor fault
 * at the first use of each page. Reading one byte of each gives the entries beforehand.
 */
void touch_pages(void *pages, size_t bytes)
{
    const volatile unsigned char *byte = pages;
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);

    for (size_t offset = 0; offset < bytes; offset += page_bytes)
        (void)byte[offset];
}

unsigned char *allocate_message(size_t bytes)
{
    size_t lines = (bytes + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES;
    unsigned char *message = aligned_alloc(CACHE_LINE_BYTES, lines * CACHE_LINE_BYTES);

    if (message == NULL)
        fail_call("aligned_alloc", "allocating a message buffer");
    memset(message, 0xA5, lines * CACHE_LINE_BYTES);
    return message;
}

void open_two_rings(size_t slots_bytes, struct end *producer, struct end *consumer)
{
    producer->outbound = consumer->inbound = map_shared(sizeof(struct ring) + slots_bytes);
    producer->inbound = consumer->outbound = map_shared(sizeof(struct ring) + slots_bytes);
}

void touch_rings(const struct end *end, size_t slots_bytes)
{
    touch_pages(end->outbound, sizeof(struct ring) + slots_bytes);
    touch_pages(end->inbound, sizeof(struct ring) + slots_bytes);
}

/* So many that their payload, without what lies between, is what the buffer is to hold. */
uint64_t slots_in_buffer(const struct options *options)
{
    uint64_t count = options->buffer_bytes / options->payload_bytes;

    if (count < 2)
        fail("%s: a payload of %zu bytes needs a --buffer of at least %zu bytes (two slots)",
             options->mechanism, options->payload_bytes, 2 * options->payload_bytes);
    return count;
}

size_t bytes_of_slots(const struct options *options, size_t slot_bytes)
{
    uint64_t in_memory = options->memory_bytes / slot_bytes;
    uint64_t in_flight = slots_in_buffer(options);

    return slot_bytes * (in_memory > in_flight ? in_memory : in_flight);
}

size_t capacity_of_slots(const struct options *options)
{
    return slots_in_buffer(options) * options->payload_bytes;
}
