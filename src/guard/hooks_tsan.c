/* hooks_tsan.c: ThreadSanitizer's hooks do not tell of aligned allocations (gcc 12, clang 14), so
 * those functions are taken here and passed on to the sanitizer's own. Frees it does tell of. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "state.h"

#define CALLER __builtin_return_address(0)

const char chi_guard_part_tsan = 0;

void *memalign(size_t align, size_t size_bytes);
void *valloc(size_t size_bytes);
void *pvalloc(size_t size_bytes);
void *__interceptor_memalign(size_t align, size_t size_bytes);
void *__interceptor_aligned_alloc(size_t align, size_t size_bytes);
int __interceptor_posix_memalign(void **pointer, size_t align, size_t size_bytes);
void *__interceptor_valloc(size_t size_bytes);
void *__interceptor_pvalloc(size_t size_bytes);

static bool allowed(chi_guard_call_name name, size_t size_bytes, size_t align, const void *caller) {
    const chi_guard_call call = {CH_OP_ALLOC, name, size_bytes, align, NULL, caller};
    if (!chi_guard_watching() || chi_guard_event(&call)) {
        return true;
    }
    errno = ENOMEM;
    return false;
}

CHI_EXPORT void *memalign(size_t align, size_t size_bytes) {
    return allowed(CHI_CALL_MEMALIGN, size_bytes, align, CALLER)
               ? __interceptor_memalign(align, size_bytes)
               : NULL;
}

CHI_EXPORT void *aligned_alloc(size_t align, size_t size_bytes) {
    return allowed(CHI_CALL_ALIGNED_ALLOC, size_bytes, align, CALLER)
               ? __interceptor_aligned_alloc(align, size_bytes)
               : NULL;
}

CHI_EXPORT int posix_memalign(void **pointer, size_t align, size_t size_bytes) {
    return allowed(CHI_CALL_POSIX_MEMALIGN, size_bytes, align, CALLER)
               ? __interceptor_posix_memalign(pointer, align, size_bytes)
               : ENOMEM;
}

CHI_EXPORT void *valloc(size_t size_bytes) {
    return allowed(CHI_CALL_VALLOC, size_bytes, 0, CALLER) ? __interceptor_valloc(size_bytes)
                                                           : NULL;
}

CHI_EXPORT void *pvalloc(size_t size_bytes) {
    return allowed(CHI_CALL_PVALLOC, size_bytes, 0, CALLER) ? __interceptor_pvalloc(size_bytes)
                                                            : NULL;
}
