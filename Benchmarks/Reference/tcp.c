/*
 * One TCP connection over 127.0.0.1. The host's congestion control is left as it is, as ipcbench
 * leaves it: changing it here alone would make the two incomparable.
 */
#include "reference.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* The window scale is agreed in the handshake, so the buffers are set before it. */
static int make_socket(const struct options *options)
{
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (descriptor < 0)
        fail_call("socket", "making a TCP socket");
    set_socket_buffers(options, descriptor);
    return descriptor;
}

/* Without this, a small message waits for the acknowledgement of the one before (Nagle). */
static void send_at_once(int descriptor)
{
    int yes = 1;

    if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) < 0)
        fail_call("setsockopt", "TCP_NODELAY");
}

static void open_connection(const struct options *options, struct end *producer,
                            struct end *consumer)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = 0, /* The kernel picks a free port. */
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t length = sizeof address;
    /* An accepted socket inherits its buffer sizes from the listener. */
    int listener = make_socket(options);
    int connecting = make_socket(options);

    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0)
        fail_call("bind", "taking a port on 127.0.0.1");
    if (listen(listener, 1) < 0)
        fail_call("listen", "waiting for one connection");
    if (getsockname(listener, (struct sockaddr *)&address, &length) < 0)
        fail_call("getsockname", "learning the port");
    if (connect(connecting, (struct sockaddr *)&address, sizeof address) < 0)
        fail_call("connect", "connecting to our own listener");

    int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (accepted < 0)
        fail_call("accept4", "taking our own connection");
    close(listener);

    send_at_once(connecting);
    send_at_once(accepted);
    make_nonblocking_if_spinning(options, connecting);
    make_nonblocking_if_spinning(options, accepted);
    producer->read_descriptor = producer->write_descriptor = connecting;
    consumer->read_descriptor = consumer->write_descriptor = accepted;
}

const struct mechanism tcp_mechanism = {
    "tcp", open_connection, produce_over_descriptors, consume_over_descriptors, NULL,
};
