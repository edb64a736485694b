/* Two pipes, one for each direction. */
#include "reference.h"

#include <fcntl.h>
#include <unistd.h>

static void open_one(const struct options *options, int *read_descriptor, int *write_descriptor)
{
    int descriptors[2];
    size_t bytes = options->knob_bytes ? options->knob_bytes : options->buffer_bytes;

    if (pipe2(descriptors, O_CLOEXEC) < 0)
        fail_call("pipe2", "making a pipe");
    /* The kernel rounds up to whole pages; more than fs.pipe-max-size is refused with EPERM. */
    if (fcntl(descriptors[1], F_SETPIPE_SZ, (int)bytes) < 0)
        fail_call("fcntl F_SETPIPE_SZ", "setting the pipe's size; see the sysctl fs.pipe-max-size");
    make_nonblocking_if_spinning(options, descriptors[0]);
    make_nonblocking_if_spinning(options, descriptors[1]);
    *read_descriptor = descriptors[0];
    *write_descriptor = descriptors[1];
}

static void open_pipes(const struct options *options, struct end *producer, struct end *consumer)
{
    open_one(options, &consumer->read_descriptor, &producer->write_descriptor);
    open_one(options, &producer->read_descriptor, &consumer->write_descriptor);
}

const struct mechanism pipe_mechanism = {
    "pipe", open_pipes, produce_over_descriptors, consume_over_descriptors, NULL,
};
