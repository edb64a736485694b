/* The hot path of pipe, unix-stream and tcp: read and write until the whole message has moved. */
#include "loops.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Only spinning meets EAGAIN: then the descriptor does not block and is asked again at once. */
static inline bool may_retry(void)
{
    return errno == EINTR || errno == EAGAIN;
}

ALWAYS_INLINE void send_message(void *state, const unsigned char *message, size_t bytes)
{
    const struct end *end = state;

    while (bytes > 0) {
        ssize_t written = write(end->write_descriptor, message, bytes);
        if (written < 0) {
            if (may_retry())
                continue;
            fail_call("write", "sending a message");
        }
        message += written;
        bytes -= (size_t)written;
    }
}

ALWAYS_INLINE void receive_message(void *state, unsigned char *message, size_t bytes)
{
    const struct end *end = state;

    while (bytes > 0) {
        ssize_t count = read(end->read_descriptor, message, bytes);
        if (count < 0) {
            if (may_retry())
                continue;
            fail_call("read", "receiving a message");
        }
        if (count == 0)
            fail("read: the other process closed its end before the last message");
        message += count;
        bytes -= (size_t)count;
    }
}

/* Whatever write has taken, the other side can read. */
ALWAYS_INLINE void flush_nothing(void *state)
{
    (void)state;
}

static const struct mover descriptor_mover = {send_message, receive_message, flush_nothing};

void produce_over_descriptors(const struct options *options, const struct end *end,
                              struct outcome *outcome)
{
    struct end state = *end;

    produce(options, &state, descriptor_mover, outcome);
}

void consume_over_descriptors(const struct options *options, const struct end *end,
                              struct outcome *outcome)
{
    struct end state = *end;

    consume(options, &state, descriptor_mover, outcome);
}

void make_nonblocking_if_spinning(const struct options *options, int descriptor)
{
    if (!options->spins)
        return;

    int flags = fcntl(descriptor, F_GETFL);

    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
        fail_call("fcntl", "setting O_NONBLOCK");
}

/* The kernel clamps silently to net.core.wmem_max and rmem_max; a smaller run must not pass. */
static void set_socket_buffer(int socket, int option, const char *name, const char *limit,
                              int bytes)
{
    int granted = 0;
    socklen_t length = sizeof granted;

    if (setsockopt(socket, SOL_SOCKET, option, &bytes, sizeof bytes) < 0)
        fail_call("setsockopt", name);
    if (getsockopt(socket, SOL_SOCKET, option, &granted, &length) < 0)
        fail_call("getsockopt", name);
    /* What is read back is double what was granted: the kernel adds room for its bookkeeping. */
    if (granted / 2 < bytes)
        fail("%s: %d bytes asked for, %d granted; raise the sysctl %s", name, bytes, granted / 2,
             limit);
}

void set_socket_buffers(const struct options *options, int socket)
{
    int bytes = (int)(options->knob_bytes ? options->knob_bytes : options->buffer_bytes);

    set_socket_buffer(socket, SO_SNDBUF, "SO_SNDBUF", "net.core.wmem_max", bytes);
    set_socket_buffer(socket, SO_RCVBUF, "SO_RCVBUF", "net.core.rmem_max", bytes);
}
