/* os_linux.c: os.h on Linux. The only file of the libraries that maps memory. */
#define _GNU_SOURCE
#include "base/os.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Values of newer kernel headers; the kernel answers EINVAL if it is older. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA           0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

enum { MPOL_PREFERRED_ = 1, MPOL_BIND_ = 2, NODES_MAX = 1024 };

static const int RESERVED = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

static ch_status status_of(int error) {
    switch (error) {
    case ENOMEM:
    case EAGAIN:
        return CH_ENOMEM;
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP:
    case EPERM:
        return CH_EUNSUP;
    default:
        return CH_EOS;
    }
}

static ch_status status_of_call(int result) {
    return result == 0 ? CH_OK : status_of(errno);
}

size_t chi_os_page_bytes(void) {
    long page = sysconf(_SC_PAGESIZE);
    return page > 0 ? (size_t)page : 4096u;
}

ch_status chi_os_reserve(uint8_t **base, size_t size) {
    void *start = mmap(NULL, size, PROT_NONE, RESERVED, -1, 0);
    if (start == MAP_FAILED) {
        return status_of(errno) == CH_EOS ? CH_EOS : CH_ENOMEM;
    }
    *base = start;
    return CH_OK;
}

ch_status chi_os_reserve_huge(uint8_t *base, size_t size, unsigned page_log2) {
    /* Without MAP_NORESERVE: the pages are counted off the pool now, not at the first touch. */
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (int)(page_log2 << MAP_HUGE_SHIFT);
    if (mmap(base, size, PROT_NONE, flags | MAP_FIXED, -1, 0) != MAP_FAILED) {
        return CH_OK;
    }
    ch_status status = errno == ENOMEM ? CH_ENOMEM : CH_EUNSUP;
    /* The kernel may have dropped the old range before it failed: take the hole again. */
    void *again = mmap(base, size, PROT_NONE, RESERVED | MAP_FIXED_NOREPLACE, -1, 0);
    if (again == base || (again == MAP_FAILED && errno == EEXIST)) {
        return status;
    }
    if (again != MAP_FAILED) {
        munmap(again, size);
    }
    return CH_EOS;
}

ch_status chi_os_commit(uint8_t *base, size_t size) {
    return status_of_call(mprotect(base, size, PROT_READ | PROT_WRITE));
}

ch_status chi_os_decommit(uint8_t *base, size_t size) {
    if (madvise(base, size, MADV_DONTNEED) != 0) {
        if (errno != EINVAL || munlock(base, size) != 0 ||
            madvise(base, size, MADV_DONTNEED) != 0) {
            return CH_EOS;
        }
    }
    return status_of_call(mprotect(base, size, PROT_NONE));
}

ch_status chi_os_unreserve(uint8_t *base, size_t size) {
    return munmap(base, size) == 0 ? CH_OK : CH_EOS;
}

ch_status chi_os_advise_huge(uint8_t *base, size_t size) {
    return status_of_call(madvise(base, size, MADV_HUGEPAGE));
}

ch_status chi_os_bind_node(uint8_t *base, size_t size, unsigned node, bool strict) {
    enum { BITS = 8 * sizeof(unsigned long) };
    unsigned long mask[NODES_MAX / BITS] = {0};
    if (node >= NODES_MAX) {
        return CH_EUNSUP;
    }
    mask[node / BITS] = 1ul << (node % BITS);
    long result = syscall(SYS_mbind, base, size, strict ? MPOL_BIND_ : MPOL_PREFERRED_, mask,
                          (unsigned long)NODES_MAX + 1, 0u);
    return status_of_call((int)result);
}

static void touch_pages(uint8_t *base, size_t size) {
    size_t page = chi_os_page_bytes();
    for (size_t offset = 0; offset < size; offset += page) {
        volatile uint8_t *byte = base + offset;
        *byte = *byte;
    }
}

ch_status chi_os_prefault(uint8_t *base, size_t size) {
    if (madvise(base, size, MADV_POPULATE_WRITE) == 0) {
        return CH_OK;
    }
    if (errno != EINVAL) {
        return errno == ENOMEM || errno == EFAULT ? CH_ENOMEM : CH_EOS;
    }
    if (madvise(base, 0, MADV_POPULATE_WRITE) == 0) {
        return CH_ENOMEM; /* the kernel knows the request: some page may not be written */
    }
    touch_pages(base, size); /* kernels before 5.14 */
    return CH_OK;
}

ch_status chi_os_lock(uint8_t *base, size_t size) {
    if (mlock(base, size) == 0) {
        return CH_OK;
    }
    return errno == EPERM ? CH_ENOMEM : status_of(errno);
}

ch_status chi_os_name(uint8_t *base, size_t size, const char *name) {
    return status_of_call(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, base, size, name));
}

const char *chi_os_environment(const char *name) {
    return getenv(name);
}

uint64_t chi_os_process(void) {
    return (uint64_t)getpid();
}

uint64_t chi_os_thread(void) {
    return (uint64_t)syscall(SYS_gettid);
}

void chi_os_yield(void) {
    (void)sched_yield();
}

/* The key of the thread-end hook plus one; 0: none. */
static unsigned long thread_end_key;

static ch_status thread_end_key_of(void (*hook)(void *), pthread_key_t *key) {
    unsigned long have = __atomic_load_n(&thread_end_key, __ATOMIC_ACQUIRE);
    if (have == 0) {
        if (pthread_key_create(key, hook) != 0) {
            return CH_EOS;
        }
        unsigned long made = (unsigned long)*key + 1;
        if (__atomic_compare_exchange_n(&thread_end_key, &have, made, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            return CH_OK;
        }
        (void)pthread_key_delete(*key); /* another thread was first */
    }
    *key = (pthread_key_t)(have - 1);
    return CH_OK;
}

ch_status chi_os_thread_end_begin(void (*hook)(void *)) {
    pthread_key_t key;
    return thread_end_key_of(hook, &key);
}

ch_status chi_os_thread_end_watch(void (*hook)(void *), void *value) {
    pthread_key_t key;
    ch_status status = thread_end_key_of(hook, &key);
    if (status != CH_OK) {
        return status;
    }
    return pthread_setspecific(key, value) == 0 ? CH_OK : CH_EOS;
}

void chi_os_thread_end_forget(void) {
    unsigned long have = __atomic_exchange_n(&thread_end_key, 0, __ATOMIC_ACQ_REL);
    if (have != 0) {
        (void)pthread_key_delete((pthread_key_t)(have - 1));
    }
}

void chi_os_write_error(const char *text, size_t length) {
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, length);
        if (written <= 0) {
            return;
        }
        text += written;
        length -= (size_t)written;
    }
}

void chi_os_abort(void) {
    abort();
}
