/* One pair of connected AF_UNIX stream sockets. */
#include "reference.h"

#include <sys/socket.h>

static void open_pair(const struct options *options, struct end *producer, struct end *consumer)
{
    int sockets[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
        fail_call("socketpair", "connecting the two ends");
    for (int side = 0; side < 2; side++) {
        set_socket_buffers(options, sockets[side]);
        make_nonblocking_if_spinning(options, sockets[side]);
    }
    producer->read_descriptor = producer->write_descriptor = sockets[0];
    consumer->read_descriptor = consumer->write_descriptor = sockets[1];
}

const struct mechanism unix_stream_mechanism = {
    "unix-stream", open_pair, produce_over_descriptors, consume_over_descriptors, NULL,
};
