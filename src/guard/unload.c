/* unload.c: dlclose: what is known of code that may be gone is thrown away. What libc closes by
 * itself passes us by; then a frame of the old code may be believed at an address of the new, which
 * shows wrong callers and nothing worse: the walk reads inside the stack only. */
#define _GNU_SOURCE
#include "code.h"
#include "state.h"

const char chi_guard_part_unload = 0;

#ifndef CHI_GUARD_STATIC
#include <dlfcn.h>

typedef int (*close_function)(void *handle);

CHI_EXPORT int dlclose(void *handle) {
    static close_function next;
    close_function close = __atomic_load_n(&next, __ATOMIC_RELAXED);
    if (close == NULL) {
        close = (close_function)(uintptr_t)chi_guard_next_symbol("dlclose");
        if (close == NULL) {
            return -1;
        }
        __atomic_store_n(&next, close, __ATOMIC_RELAXED);
    }
    const int result = close(handle);
    chi_code_changed();
    return result;
}
#endif
