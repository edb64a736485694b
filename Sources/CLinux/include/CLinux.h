/// The Linux calls that Swift's Glibc module cannot see, each as a plain function.
///
/// Four reasons bring a call here: glibc has no wrapper for it (futex, pidfd_open); its header hides
/// it behind _GNU_SOURCE, which the module map does not set (pipe2, accept4, memfd_create,
/// sched_setaffinity); it is a macro that Swift cannot import (WIFEXITED, CPU_SET, variadic
/// prctl and fcntl, the PAUSE, RDTSCP and CPUID instructions); or it has to happen before Swift code can run (the
/// program's arguments). Nothing here decides anything: results and errno are handed through.
#ifndef IPCBENCH_CLINUX_H
#define IPCBENCH_CLINUX_H

#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/// Sleeps while `*word == expected`, until woken; the word may be shared between processes.
/// futex(2) FUTEX_WAIT. Returns 0, or -1 with errno EAGAIN (the word differs) or EINTR.
int linux_futex_wait(uint32_t *word, uint32_t expected);

/// Wakes at most one sleeper on the word. futex(2) FUTEX_WAKE. Returns how many woke, or -1.
int linux_futex_wake_one(uint32_t *word);

/// Tells the processor that this is a spin loop: x86 PAUSE, Arm ISB. Arm's YIELD does nothing on processors
/// without several threads a core; ISB empties the pipeline, which takes about as long as a PAUSE.
static inline void linux_cpu_relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/// Keeps the compiler from moving memory accesses across this place or leaving them out; no instruction.
static inline void linux_compiler_barrier(void) { __asm__ volatile("" ::: "memory"); }

/// Whether the processor and the kernel have registers of 32 bytes for linux_copy_by_lanes (AVX). Not under
/// ThreadSanitizer, which does not see what assembly copies.
bool linux_has_lanes(void);

/// Copies 33 to `count` bytes by registers of 32 bytes, the last ones so that they end where the message does: half
/// as many stores as by registers of 16. Stores commit one after the other, so that each of them keeps the
/// line of a message back. Only where linux_has_lanes. The compiler may not use such registers itself,
/// because the program has to run without them.
static inline void linux_copy_by_lanes(void *to, const void *from, size_t count) {
#if defined(__x86_64__)
  size_t at = 0;
  do {
    __asm__ volatile("vmovdqu (%0,%2), %%ymm0\n\tvmovdqu %%ymm0, (%1,%2)"
                     :
                     : "r"(from), "r"(to), "r"(at)
                     : "xmm0", "memory");
    at += 32;
  } while (at + 32 < count);
  __asm__ volatile("vmovdqu -32(%0,%2), %%ymm0\n\tvmovdqu %%ymm0, -32(%1,%2)"
                   :
                   : "r"(from), "r"(to), "r"(count)
                   : "xmm0", "memory");
#else
  (void)to, (void)from, (void)count;
#endif
}

/// Ends the use of such registers: without it, later instructions on their lower halves can be slow. VZEROUPPER.
static inline void linux_end_lanes(void) {
#if defined(__x86_64__)
  __asm__ volatile("vzeroupper" ::: "memory");
#endif
}

/// Enters the kernel and comes back with what it has at hand: the least that a system call can do.
/// syscall(2) SYS_getppid, which no library answers from a cache.
static inline long linux_enter_kernel(void) { return syscall(SYS_getppid); }

/// CLOCK_MONOTONIC in nanoseconds: one clock for all processes of the machine.
static inline uint64_t linux_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/// The time-stamp counter, once all loads before it have their values (x86 RDTSCP; Intel SDM volume 2B,
/// AMD APM volume 3). 0 on machines that have none; see linux_has_invariant_counter.
static inline uint64_t linux_read_counter(void) {
#if defined(__x86_64__)
  unsigned int processor;
  return __builtin_ia32_rdtscp(&processor);
#else
  return 0;
#endif
}

/// Whether the processor has such a counter and says that it runs at one rate, whatever the clock frequency
/// and the sleep of its cores. CPUID leaves 80000001H and 80000007H.
bool linux_has_invariant_counter(void);

/// Binds the calling thread to one logical CPU. sched_setaffinity(2).
int linux_pin_to_cpu(int cpu);

/// Whether the kernel tells which CPUs the calling thread may use: 0, or -1 with errno. hwloc would ask
/// again and again, for ever. sched_getaffinity(2).
int linux_check_affinity(void);

/// Whether the kernel lets the calling thread choose its CPUs: 0, or -1 with errno. Chooses those that it
/// has. sched_setaffinity(2).
int linux_check_pinning(void);

/// Has these bytes sent, and the process ended, where a page of mapped memory cannot be had when it is first
/// touched (SIGBUS with BUS_ADRERR); any other SIGBUS ends the process as ever. The bytes must stay. sigaction(2).
void linux_report_bus_error(int descriptor, const void *bytes, size_t count);

/// The logical CPU that the calling thread is on. getcpu(2).
int linux_current_cpu(void);

/// CPU time and switches of the calling thread alone. getrusage(2) RUSAGE_THREAD.
int linux_thread_usage(struct rusage *usage);

/// An anonymous file in memory, close-on-exec. memfd_create(2).
int linux_memfd_create(const char *name);

/// A pipe whose ends are close-on-exec. pipe2(2).
int linux_pipe(int *read_end, int *write_end);

/// A descriptor that stands for a folder, close-on-exec; names in it can be made and looked up relative to it,
/// whatever its mode. openat(2) O_PATH. Returns -1 with errno ENOTDIR for a link that may not be followed.
int linux_open_folder(int place, const char *name, bool follows_link);

/// accept4(2) with SOCK_CLOEXEC.
int linux_accept(int listener);

/// fcntl(2) F_SETPIPE_SZ: returns the capacity that the kernel set, in bytes, or -1.
int linux_set_pipe_capacity(int descriptor, int bytes);

/// fcntl(2) F_GETFL and F_SETFL, to add or remove O_NONBLOCK.
int linux_set_nonblocking(int descriptor, bool nonblocking);

/// Asks the kernel to kill this process when its parent's thread ends. prctl(2) PR_SET_PDEATHSIG.
int linux_die_with_parent(void);

/// A descriptor that becomes readable when the process ends, close-on-exec. pidfd_open(2).
int linux_pidfd_open(pid_t process);

/// A descriptor that becomes readable when SIGINT, SIGTERM, SIGHUP or SIGXCPU is pending, close-on-exec;
/// blocks them for the calling thread. Those that are ignored stay so. signalfd(2), sigprocmask(2).
int linux_open_interrupts(void);

/// Whether this process ignores a signal, as its caller may have had it do. sigaction(2).
bool linux_ignores(int signal_number);

/// Undoes linux_open_interrupts for the calling thread.
void linux_unblock_interrupts(void);

/// The signal read from such a descriptor, or 0 when none is pending.
int linux_read_interrupt(int descriptor);

/// Ignores the signals that come in place of an error: SIGPIPE for EPIPE, SIGXFSZ for EFBIG. No longer
/// ignores SIGCHLD if the caller did, because then no child's end could be seen. signal(7).
void linux_ignore_signals(void);

/// Makes SIGXCPU end the program with a message and EX_IOERR, as a full disk does, unless the caller
/// ignores it, and have it come a second before the kernel kills. setrlimit(2) RLIMIT_CPU.
void linux_end_at_cpu_limit(void);

/// Has a program that is started so find signals ignored as this one found them, and none blocked.
/// Returns 0 or an error number. posix_spawnattr_setsigdefault(3).
int linux_set_callers_signals(posix_spawnattr_t *attributes);

/// Starts a program with exactly the given descriptors open at the same numbers (plus 0, 1, 2), in a
/// process group of its own, with signals ignored as this one found them, and none blocked. posix_spawn(3).
/// Returns 0 or an error number.
int linux_spawn(pid_t *process, const char *path, char *const arguments[], char *const environment[],
                const int *descriptors, size_t descriptor_count);

/// Tells how a child has ended without reaping it. waitid(2) WNOWAIT. Returns 0, or -1 with errno;
/// fills one of exit code and signal and sets the other to -1.
int linux_peek_exit(pid_t process, int *exit_code, int *signal_number);

/// Waits until a child has ended and lets go of it. waitpid(2).
void linux_reap(pid_t process);

/// How many arguments the program was started with, its name included, as the kernel put them on the stack;
/// 0 where the C library does not tell. Swift finds its own through the environment or /proc, and has none
/// where a library has moved the one or nothing is mounted on the other. execve(2).
int linux_argument_count(void);

/// One of them, byte for byte, as long as the process lives; NULL for any other index.
const char *linux_argument(int index);

/// The commit that this program was built from, with "-dirty" behind it if there were changes; empty
/// if it was not built in a git checkout.
const char *linux_build_commit(void);

/// What the package was built with: the Swift compiler if the Makefile said so, otherwise the C
/// compiler that comes with it.
const char *linux_build_compiler(void);

/// The version of the C library that this was compiled against, as in "2.36".
const char *linux_build_libc_version(void);

/// By how many per cent this build's messages are made to take longer; 0 in every ordinary build.
int linux_injected_slowdown_percent(void);

/// Passes time without looking at a clock, by so many steps of about one cycle each.
static inline void linux_pass_time(uint64_t steps) {
  for (; steps > 0; steps--) linux_compiler_barrier();
}

#endif
