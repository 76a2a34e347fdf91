/* mapping.c: memory taken from the kernel without the heap: mmap and its kin, as the program calls
 * them. They are operations of their own (CH_OP_MAP), denied where a mark says so, and with ops=map
 * wherever the heap is. libc's own calls do not come by here: system calls are watched for those.
 *
 * mmap, munmap and mremap are the plain system calls; brk and sbrk share their idea of the break
 * with libc's, and go on to it. */
#define _GNU_SOURCE
#include "state.h"

const char chi_guard_part_mapping = 0;

#ifdef CHI_GUARD_INTERPOSES

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLER __builtin_return_address(0)

typedef int (*brk_fn)(void *);
typedef void *(*sbrk_fn)(intptr_t);

static void *slot_brk;
static void *slot_sbrk;

__attribute__((constructor(102))) static void find_breaks(void) {
    slot_brk = chi_guard_next_symbol("brk");
    slot_sbrk = chi_guard_next_symbol("sbrk");
}

static CH_NOINLINE bool watched(chi_guard_call_name name, const void *pointer, size_t size_bytes,
                                const void *caller) {
    const chi_guard_call call = {CH_OP_MAP, name, size_bytes, 0, pointer, caller};
    return chi_guard_event(&call);
}

/* False, with errno, if the call must be refused. */
static bool allowed(chi_guard_call_name name, const void *pointer, size_t size_bytes,
                    const void *caller) {
    if (CH_LIKELY(!chi_guard_watching()) || watched(name, pointer, size_bytes, caller)) {
        return true;
    }
    errno = ENOMEM;
    return false;
}

static void *map(void *address, size_t size_bytes, int protection, int flags, int file,
                 off_t offset, const void *caller) {
    if (!allowed(CHI_CALL_MMAP, address, size_bytes, caller)) {
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, address, size_bytes, protection, flags, file, offset);
}

CHI_EXPORT void *mmap(void *address, size_t size_bytes, int protection, int flags, int file,
                      off_t offset) {
    return map(address, size_bytes, protection, flags, file, offset, CALLER);
}

CHI_EXPORT void *mmap64(void *address, size_t size_bytes, int protection, int flags, int file,
                        off64_t offset) {
    return map(address, size_bytes, protection, flags, file, offset, CALLER);
}

/* Goes on also when it is denied: like a free, the caller has no way to do without. */
CHI_EXPORT int munmap(void *address, size_t size_bytes) {
    if (CH_UNLIKELY(chi_guard_watching())) {
        (void)watched(CHI_CALL_MUNMAP, address, size_bytes, CALLER);
    }
    return (int)syscall(SYS_munmap, address, size_bytes);
}

CHI_EXPORT void *mremap(void *address, size_t old_bytes, size_t new_bytes, int flags, ...) {
    void *target = NULL;
    if ((flags & MREMAP_FIXED) != 0) {
        va_list list;
        va_start(list, flags);
        target = va_arg(list, void *);
        va_end(list);
    }
    if (!allowed(CHI_CALL_MREMAP, address, new_bytes, CALLER)) {
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mremap, address, old_bytes, new_bytes, flags, target);
}

static uintptr_t behind(void *slot, const char *name) {
    return (uintptr_t)(slot != NULL ? slot : chi_guard_next_symbol(name));
}

CHI_EXPORT int brk(void *address) {
    const brk_fn next = (brk_fn)behind(slot_brk, "brk");
    if (next == NULL || !allowed(CHI_CALL_BRK, address, 0, CALLER)) {
        errno = ENOMEM;
        return -1;
    }
    return next(address);
}

/* sbrk(0) only asks. */
CHI_EXPORT void *sbrk(intptr_t increment) {
    const sbrk_fn next = (sbrk_fn)behind(slot_sbrk, "sbrk");
    const size_t size_bytes = increment > 0 ? (size_t)increment : 0;
    if (next == NULL || (increment != 0 && !allowed(CHI_CALL_SBRK, NULL, size_bytes, CALLER))) {
        errno = ENOMEM;
        return (void *)-1;
    }
    return next(increment);
}

#endif
