#define _GNU_SOURCE
#include "CLinux.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

int linux_futex_wait(uint32_t *word, uint32_t expected) {
  return (int)syscall(SYS_futex, word, FUTEX_WAIT, expected, NULL, NULL, 0);
}

int linux_futex_wake_one(uint32_t *word) {
  return (int)syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

bool linux_has_invariant_counter(void) {
#if defined(__x86_64__)
  enum { has_rdtscp = 1 << 27, has_invariant_tsc = 1 << 8 };
  unsigned int a, b, c, d;
  if (!__get_cpuid(0x80000001u, &a, &b, &c, &d) || !(d & has_rdtscp)) return false;
  return __get_cpuid(0x80000007u, &a, &b, &c, &d) && (d & has_invariant_tsc);
#else
  return false;
#endif
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_THREAD_SANITIZER
#endif
#endif

bool linux_has_lanes(void) {
#if defined(__x86_64__) && !defined(HAS_THREAD_SANITIZER)
  return __builtin_cpu_supports("avx");
#else
  return false;
#endif
}

// cpu_set_t holds 1024 CPUs; a larger machine needs a set of the size that the kernel uses.
enum { cpu_limit = 8192 };

int linux_pin_to_cpu(int cpu) {
  if (cpu < 0 || cpu >= cpu_limit) {
    errno = EINVAL;
    return -1;
  }
  cpu_set_t *set = CPU_ALLOC(cpu_limit);
  if (set == NULL) return -1;
  size_t size = CPU_ALLOC_SIZE(cpu_limit);
  CPU_ZERO_S(size, set);
  CPU_SET_S(cpu, size, set);
  int result = sched_setaffinity(0, size, set);
  CPU_FREE(set);
  return result;
}

// Gets the calling thread's CPUs, and sets them to what they are if that is asked for.
static int affinity(bool setting) {
  cpu_set_t *set = CPU_ALLOC(cpu_limit);
  if (set == NULL) return -1;
  size_t size = CPU_ALLOC_SIZE(cpu_limit);
  int result = sched_getaffinity(0, size, set);
  if (result == 0 && setting) result = sched_setaffinity(0, size, set);
  CPU_FREE(set);
  return result;
}

int linux_check_affinity(void) { return affinity(false); }

int linux_check_pinning(void) { return affinity(true); }

static struct {
  int descriptor;
  const void *bytes;
  size_t count;
} last_words;

static void say_last_words(int number, siginfo_t *info, void *context) {
  (void)context;
  // Nothing else may be called here (signal-safety(7)).
  if (info->si_code == BUS_ADRERR) {
    send(last_words.descriptor, last_words.bytes, last_words.count, MSG_NOSIGNAL);
    _exit(0);
  }
  // Sent by somebody, or of the hardware's: the death that it stands for.
  signal(number, SIG_DFL);
  raise(number);
}

void linux_report_bus_error(int descriptor, const void *bytes, size_t count) {
  last_words.descriptor = descriptor;
  last_words.bytes = bytes;
  last_words.count = count;
  struct sigaction action = {.sa_sigaction = say_last_words, .sa_flags = SA_SIGINFO};
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, NULL);
}

int linux_current_cpu(void) { return sched_getcpu(); }

int linux_thread_usage(struct rusage *usage) { return getrusage(RUSAGE_THREAD, usage); }

int linux_memfd_create(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int linux_pipe(int *read_end, int *write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  *read_end = ends[0];
  *write_end = ends[1];
  return 0;
}

int linux_open_folder(int place, const char *name, bool follows_link) {
  return openat(place, name, O_PATH | O_DIRECTORY | O_CLOEXEC | (follows_link ? 0 : O_NOFOLLOW));
}

int linux_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

int linux_set_pipe_capacity(int descriptor, int bytes) {
  return fcntl(descriptor, F_SETPIPE_SZ, bytes);
}

int linux_set_nonblocking(int descriptor, bool nonblocking) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return -1;
  return fcntl(descriptor, F_SETFL, nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int linux_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

int linux_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

bool linux_ignores(int signal_number) {
  struct sigaction now;
  return sigaction(signal_number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

// What is to stop the program, but for what it was told to ignore: by nohup, by a shell's background job.
static void interrupts(sigset_t *set) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU};
  sigemptyset(set);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (!linux_ignores(numbers[i])) sigaddset(set, numbers[i]);
}

int linux_open_interrupts(void) {
  sigset_t set;
  interrupts(&set);
  int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (error != 0) {
    errno = error;
    return -1;
  }
  int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor < 0) {
    error = errno;
    // Nobody could read them.
    linux_unblock_interrupts();
    errno = error;
  }
  return descriptor;
}

void linux_unblock_interrupts(void) {
  sigset_t set;
  interrupts(&set);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int linux_read_interrupt(int descriptor) {
  struct signalfd_siginfo info;
  return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

// The signals that this program ignores of its own accord, and what its caller had them do.
static const int own_ignored[] = {SIGPIPE, SIGXFSZ};
enum { own_ignored_count = sizeof own_ignored / sizeof *own_ignored };
static bool caller_ignores[own_ignored_count];

// Before any code of this program can change them.
__attribute__((constructor)) static void keep_signals(void) {
  for (int i = 0; i < own_ignored_count; i++) caller_ignores[i] = linux_ignores(own_ignored[i]);
}

void linux_ignore_signals(void) {
  for (int i = 0; i < own_ignored_count; i++) signal(own_ignored[i], SIG_IGN);
  // A caller that ignores its children's ends would have the kernel reap them before anybody here can ask.
  if (linux_ignores(SIGCHLD)) signal(SIGCHLD, SIG_DFL);
}

int linux_set_callers_signals(posix_spawnattr_t *attributes) {
  sigset_t defaults, none;
  sigemptyset(&defaults);
  sigemptyset(&none);
  for (int i = 0; i < own_ignored_count; i++)
    if (!caller_ignores[i]) sigaddset(&defaults, own_ignored[i]);
  short flags;
  int error = posix_spawnattr_setsigdefault(attributes, &defaults);
  if (error == 0) error = posix_spawnattr_setsigmask(attributes, &none);
  if (error == 0) error = posix_spawnattr_getflags(attributes, &flags);
  if (error == 0)
    error = posix_spawnattr_setflags(
        attributes, (short)(flags | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  return error;
}

static const char cpu_limit_text[] =
    "ipcbench: the limit on CPU time is reached (SIGXCPU); raise it by ulimit -t\n";

static void end_at_cpu_limit(int number) {
  (void)number;
  if (write(STDERR_FILENO, cpu_limit_text, sizeof cpu_limit_text - 1) < 0) {
  }
  _exit(EX_IOERR);
}

void linux_end_at_cpu_limit(void) {
  if (linux_ignores(SIGXCPU)) return;
  signal(SIGXCPU, end_at_cpu_limit);
  // Where both limits are one (ulimit -t sets both), the kernel kills without a warning.
  struct rlimit limit;
  if (getrlimit(RLIMIT_CPU, &limit) == 0 && limit.rlim_max != RLIM_INFINITY && limit.rlim_max > 1
      && limit.rlim_cur >= limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max - 1;
    setrlimit(RLIMIT_CPU, &limit);
  }
}

int linux_spawn(pid_t *process, const char *path, char *const arguments[], char *const environment[],
                const int *descriptors, size_t descriptor_count) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0) return error;
  error = posix_spawnattr_init(&attributes);
  if (error != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }
  // Duplicating a descriptor onto itself is how posix_spawn is told to clear close-on-exec.
  for (size_t i = 0; error == 0 && i < descriptor_count; i++)
    error = posix_spawn_file_actions_adddup2(&actions, descriptors[i], descriptors[i]);

  if (error == 0) error = posix_spawnattr_setpgroup(&attributes, 0);
  if (error == 0) error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  if (error == 0) error = linux_set_callers_signals(&attributes);
  if (error == 0) error = posix_spawn(process, path, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int linux_peek_exit(pid_t process, int *exit_code, int *signal_number) {
  siginfo_t info;
  int result;
  do {
    result = waitid(P_PID, (id_t)process, &info, WEXITED | WNOWAIT);
  } while (result < 0 && errno == EINTR);
  if (result < 0) return -1;
  *exit_code = info.si_code == CLD_EXITED ? info.si_status : -1;
  *signal_number = info.si_code == CLD_EXITED ? -1 : info.si_status;
  return 0;
}

void linux_reap(pid_t process) {
  while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {
  }
}

static int argument_count;
static char **argument_values;

// glibc calls initialisers with what main gets; other C libraries with nothing, so that these would be what
// happens to lie in registers.
#ifdef __GLIBC__
__attribute__((constructor)) static void keep_arguments(int count, char **values, char **environment) {
  (void)environment;
  if (count < 1 || values == NULL || values[count] != NULL) return;
  argument_count = count;
  argument_values = values;
}
#endif

int linux_argument_count(void) { return argument_count; }

const char *linux_argument(int index) {
  return index >= 0 && index < argument_count ? argument_values[index] : NULL;
}

#ifndef IPCBENCH_COMMIT
#define IPCBENCH_COMMIT ""
#endif

const char *linux_build_commit(void) { return IPCBENCH_COMMIT; }

#ifndef IPCBENCH_COMPILER
#define IPCBENCH_COMPILER ""
#endif

const char *linux_build_compiler(void) {
  return sizeof IPCBENCH_COMPILER > 1 ? IPCBENCH_COMPILER : __VERSION__;
}

#define TEXT_OF(value) #value
#define VERSION_TEXT(major, minor) TEXT_OF(major) "." TEXT_OF(minor)

const char *linux_build_libc_version(void) { return VERSION_TEXT(__GLIBC__, __GLIBC_MINOR__); }

#ifndef IPCBENCH_SLOWDOWN_PERCENT
#define IPCBENCH_SLOWDOWN_PERCENT 0
#endif

int linux_injected_slowdown_percent(void) { return IPCBENCH_SLOWDOWN_PERCENT; }
