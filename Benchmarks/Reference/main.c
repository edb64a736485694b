/*
 * Yardsticks in C: what the same messages cost without the Swift harness, and in rings by others'
 * ideas. The parent is the producer; the child that it forks is the consumer.
 */
#include "reference.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_SECONDS 60

static const struct mechanism *const mechanisms[] = {
    &pipe_mechanism, &unix_stream_mechanism, &tcp_mechanism, &ring_index_mechanism,
    &ring_give_back_mechanism, &ring_batch_mechanism, &ring_packed_mechanism,
    &ring_stamp_mechanism, &ring_probe_mechanism, &ring_bytes_mechanism,
};

static const char usage[] =
    "usage: reference MECHANISM [OPTION]...\n"
    "MECHANISM is one of those that --list names.\n"
    "  --pattern ping-pong|stream  (ping-pong)\n"
    "  --payload BYTES             (64)\n"
    "  --messages N                timed messages (100000)\n"
    "  --warmup-messages N         messages before the timed ones (1000)\n"
    "  --wait block|spin           (block)\n"
    "  --touch none|header         look at number and length of each message (header)\n"
    "  --producer-core N           (0)\n"
    "  --consumer-core N           (0)\n"
    "  --buffer BYTES              payload that fits in flight, in each direction (131072):\n"
    "                              rings hold just that, pipes and sockets are set to it\n"
    "  --memory BYTES              that the slots of a ring lie in, if those in flight take less\n"
    "                              (0): one that is more than the caches hold can be faster\n"
    "  --equal-capacity            set pipes and sockets to what lets so much payload in\n"
    "  --knob BYTES                set pipes and sockets to this instead\n"
    "  --wake-sender PERCENT       of a ring free before a sleeping sender is woken (50)\n"
    "  --wake-receiver PERCENT     of a ring full before a sleeping receiver is woken (0)\n"
    "  --batch N                   round trips between two reads of the clock (1)\n"
    "  --header                    print the CSV header first\n"
    "  --list                      print the names of the mechanisms, and end\n";

/* The child while it has not been waited for; 0 in the child itself. */
static volatile pid_t consumer_process;

static uint64_t parse_number(const char *name, const char *text, uint64_t least, uint64_t most)
{
    char *end;

    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || value < least || value > most)
        fail("--%s takes a number from %" PRIu64 " to %" PRIu64 ", not '%s'", name, least, most,
             text);
    return value;
}

static unsigned parse_percent(const char *name, const char *text)
{
    return (unsigned)parse_number(name, text, 0, 100);
}

/* Returns whether the second of the two words was given. */
static bool parse_choice(const char *name, const char *text, const char *first, const char *second)
{
    if (strcmp(text, second) == 0)
        return true;
    if (strcmp(text, first) != 0)
        fail("--%s takes %s or %s, not '%s'", name, first, second, text);
    return false;
}

static void list_mechanisms(void)
{
    for (size_t index = 0; index < sizeof mechanisms / sizeof mechanisms[0]; index++)
        puts(mechanisms[index]->name);
}

static struct options parse_options(int count, char **arguments)
{
    enum { PATTERN, PAYLOAD, MESSAGES, WARMUP, WAIT, TOUCH, PRODUCER, CONSUMER, BUFFER, MEMORY, EQUAL,
           KNOB,
           WAKE_SENDER, WAKE_RECEIVER, BATCH, HEADER, LIST, HELP };
    static const struct option names[] = {
        {"pattern", required_argument, NULL, PATTERN},
        {"payload", required_argument, NULL, PAYLOAD},
        {"messages", required_argument, NULL, MESSAGES},
        {"warmup-messages", required_argument, NULL, WARMUP},
        {"wait", required_argument, NULL, WAIT},
        {"touch", required_argument, NULL, TOUCH},
        {"producer-core", required_argument, NULL, PRODUCER},
        {"consumer-core", required_argument, NULL, CONSUMER},
        {"buffer", required_argument, NULL, BUFFER},
        {"memory", required_argument, NULL, MEMORY},
        {"equal-capacity", no_argument, NULL, EQUAL},
        {"knob", required_argument, NULL, KNOB},
        {"wake-sender", required_argument, NULL, WAKE_SENDER},
        {"wake-receiver", required_argument, NULL, WAKE_RECEIVER},
        {"batch", required_argument, NULL, BATCH},
        {"header", no_argument, NULL, HEADER},
        {"list", no_argument, NULL, LIST},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    struct options options = {
        .payload_bytes = 64,
        .messages = 100000,
        .warmup_messages = 1000,
        .batch = 1,
        .touches_header = true,
        .wake_sender = 50,
        .buffer_bytes = 128 << 10,
    };
    const uint64_t most_messages = UINT64_C(1) << 40;
    int which, index = 0;

    while ((which = getopt_long(count, arguments, "", names, &index)) != -1) {
        const char *name = names[index].name;

        switch (which) {
        case PATTERN: options.streams = parse_choice(name, optarg, "ping-pong", "stream"); break;
        case PAYLOAD: options.payload_bytes = parse_number(name, optarg, 1, 1 << 30); break;
        case MESSAGES: options.messages = parse_number(name, optarg, 1, most_messages); break;
        case WARMUP: options.warmup_messages = parse_number(name, optarg, 0, most_messages); break;
        case WAIT: options.spins = parse_choice(name, optarg, "block", "spin"); break;
        case TOUCH: options.touches_header = parse_choice(name, optarg, "none", "header"); break;
        case PRODUCER: options.producer_core = (int)parse_number(name, optarg, 0, INT_MAX); break;
        case CONSUMER: options.consumer_core = (int)parse_number(name, optarg, 0, INT_MAX); break;
        case BUFFER: options.buffer_bytes = parse_number(name, optarg, 1, 1 << 30); break;
        case MEMORY: options.memory_bytes = parse_number(name, optarg, 0, 1 << 30); break;
        case EQUAL: options.equalizes_capacity = true; break;
        case KNOB: options.knob_bytes = parse_number(name, optarg, 1, 1 << 30); break;
        case WAKE_SENDER: options.wake_sender = parse_percent(name, optarg); break;
        case WAKE_RECEIVER: options.wake_receiver = parse_percent(name, optarg); break;
        case BATCH: options.batch = parse_number(name, optarg, 1, most_messages); break;
        case HEADER: options.prints_header = true; break;
        case LIST: list_mechanisms(); exit(EXIT_SUCCESS);
        case HELP: fputs(usage, stdout); exit(EXIT_SUCCESS);
        default: fputs(usage, stderr); exit(EXIT_FAILURE);
        }
    }
    if (optind != count - 1) {
        fputs(usage, stderr);
        exit(EXIT_FAILURE);
    }
    options.mechanism = arguments[optind];
    if (options.messages % options.batch != 0)
        fail("--messages must be a multiple of --batch");
    if (options.spins && options.producer_core == options.consumer_core)
        fail("spinning on one core would measure the scheduler's time slices: give two cores");
    return options;
}

static const struct mechanism *find_mechanism(const char *name)
{
    for (size_t index = 0; index < sizeof mechanisms / sizeof mechanisms[0]; index++)
        if (strcmp(mechanisms[index]->name, name) == 0)
            return mechanisms[index];
    fail("no mechanism '%s': see --list", name);
}

static void pin_to_core(int core)
{
    cpu_set_t cores;

    CPU_ZERO(&cores);
    if (core >= CPU_SETSIZE)
        fail("core %d: this program knows cores below %d", core, CPU_SETSIZE);
    CPU_SET(core, &cores);
    if (sched_setaffinity(0, sizeof cores, &cores) < 0)
        fail_call("sched_setaffinity", "pinning a process to its core");
}

/* Runs at every exit of the parent, so that neither a process nor a zombie is left behind. */
static void end_consumer(void)
{
    if (consumer_process == 0)
        return;
    signal(SIGCHLD, SIG_DFL); /* Its end is our doing now, and nothing to report. */
    kill(consumer_process, SIGKILL);
    waitpid(consumer_process, NULL, 0);
}

/* A handler may call only what is async-signal-safe, so no stdio here. */
static _Noreturn void die_in_handler(const char *message)
{
    ssize_t ignored = write(STDERR_FILENO, message, strlen(message));

    (void)ignored;
    end_consumer();
    _exit(EXIT_FAILURE);
}

static void on_deadline(int signal)
{
    (void)signal;
    die_in_handler("reference: killed, it did not end within 60 s\n");
}

/*
 * A spinning or sleeping producer would never notice that its consumer is gone. The child is only
 * looked at here, not reaped: main waits for it in the ordinary way.
 */
static void on_child_change(int signal)
{
    int saved_errno = errno;
    siginfo_t child = {0};

    (void)signal;
    if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 && child.si_pid != 0) {
        if (child.si_code != CLD_EXITED)
            die_in_handler("reference: the consumer was killed by a signal\n");
        if (child.si_status != EXIT_SUCCESS)
            die_in_handler(""); /* The consumer has said why. */
    }
    errno = saved_errno;
}

static void handle(int signal, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    if (sigaction(signal, &action, NULL) < 0)
        fail_call("sigaction", "installing a signal handler");
}

static void close_descriptors(const struct end *end)
{
    if (end->read_descriptor >= 0)
        close(end->read_descriptor);
    if (end->write_descriptor >= 0 && end->write_descriptor != end->read_descriptor)
        close(end->write_descriptor);
}

static size_t outcome_bytes(const struct options *options)
{
    uint64_t samples = options->streams ? 0 : options->messages / options->batch;

    return sizeof(struct outcome) + samples * sizeof(uint64_t);
}

static _Noreturn void run_child(const struct options *options, const struct mechanism *mechanism,
                                const struct end *producer, const struct end *consumer,
                                struct outcome *outcome, struct probe_word *word, pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        fail_call("prctl", "asking to die with the parent");
    if (getppid() != parent)
        exit(EXIT_FAILURE); /* The parent died before we could ask. */
    pin_to_core(options->consumer_core);
    close_descriptors(producer);
    answer_probe(options, word);
    mechanism->consume(options, consumer, outcome);
    answer_probe(options, word);
    exit(EXIT_SUCCESS);
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

struct surroundings {
    double probe_before_ns;
    double probe_after_ns;
    size_t capacity_bytes;
};

/* Empty where both sides shared a core, so that nothing could bounce. */
static void print_probe(double nanoseconds)
{
    if (nanoseconds > 0)
        printf(",%.1f", nanoseconds);
    else
        putchar(',');
}

static void print_outcome(const struct options *options, struct outcome *outcome,
                          const struct surroundings *surroundings)
{
    uint64_t elapsed_ns = outcome->finished_ns - outcome->started_ns;

    if (options->prints_header)
        puts("mechanism,pattern,payload_bytes,wait,producer_core,consumer_core,messages,elapsed_ns,"
             "ns_per_message,median_ns,touch,buffer_bytes,capacity_bytes,wake_sender,"
             "wake_receiver,probe_before_ns,probe_after_ns");
    printf("%s,%s,%zu,%s,%d,%d,%" PRIu64 ",%" PRIu64 ",%.3f,", options->mechanism,
           options->streams ? "stream" : "ping-pong", options->payload_bytes,
           options->spins ? "spin" : "block", options->producer_core, options->consumer_core,
           options->messages, elapsed_ns, (double)elapsed_ns / (double)options->messages);
    /* A stream has no round trips, so it leaves the median empty. */
    if (outcome->sample_count > 0) {
        qsort(outcome->samples_ns, outcome->sample_count, sizeof(uint64_t), by_value);
        uint64_t median_ns = outcome->samples_ns[(outcome->sample_count - 1) / 2];
        printf("%.3f", (double)median_ns / (double)options->batch);
    }
    printf(",%s,%zu,%zu,%u,%u", options->touches_header ? "header" : "none",
           options->buffer_bytes, surroundings->capacity_bytes, options->wake_sender,
           options->wake_receiver);
    print_probe(surroundings->probe_before_ns);
    print_probe(surroundings->probe_after_ns);
    putchar('\n');
    if (fflush(stdout) != 0)
        fail_call("fflush", "printing the result");
}

int main(int argument_count, char **arguments)
{
    struct options options = parse_options(argument_count, arguments);
    const struct mechanism *mechanism = find_mechanism(options.mechanism);
    struct end producer = {.read_descriptor = -1, .write_descriptor = -1};
    struct end consumer = producer;
    int status;

    alarm(DEADLINE_SECONDS);
    handle(SIGALRM, on_deadline);
    handle(SIGCHLD, on_child_change);
    handle(SIGPIPE, SIG_IGN); /* Then a write to a dead peer fails with EPIPE, which is reported. */

    pin_to_core(options.producer_core); /* First, so that what is touched below is local to it. */
    struct outcome *outcome = map_shared(outcome_bytes(&options));
    struct probe_word *word = make_probe_word();
    struct surroundings surroundings;

    if (options.equalizes_capacity)
        equalize_capacity(mechanism, &options);
    surroundings.capacity_bytes = measure_capacity(mechanism, &options);
    mechanism->open(&options, &producer, &consumer);

    pid_t parent = getpid();
    pid_t child = fork();

    if (child < 0)
        fail_call("fork", "starting the consumer");
    if (child == 0)
        run_child(&options, mechanism, &producer, &consumer, outcome, word, parent);

    consumer_process = child;
    if (atexit(end_consumer) != 0)
        fail_call("atexit", "arranging the end of the consumer");
    close_descriptors(&consumer);
    surroundings.probe_before_ns = probe_ns(&options, word);
    mechanism->produce(&options, &producer, outcome);
    surroundings.probe_after_ns = probe_ns(&options, word);
    if (waitpid(child, &status, 0) < 0)
        fail_call("waitpid", "waiting for the consumer");
    consumer_process = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
        fail("the consumer failed");
    print_outcome(&options, outcome, &surroundings);
    return EXIT_SUCCESS;
}
