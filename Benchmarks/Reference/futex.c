/* Sleeping and waking for the rings that block; see await_count in ring.h. */
#include "ring.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A ring is shared between processes, so the futexes are not FUTEX_PRIVATE. */
void sleep_while_set(_Atomic uint32_t *word)
{
    if (syscall(SYS_futex, word, FUTEX_WAIT, 1, NULL, NULL, 0) < 0 && errno != EAGAIN &&
        errno != EINTR)
        fail_call("futex", "sleeping until the other side moves on");
}

void wake_sleeper(_Atomic uint32_t *word)
{
    atomic_store_explicit(word, 0, memory_order_relaxed);
    if (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) < 0)
        fail_call("futex", "waking the other side");
}
