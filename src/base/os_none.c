/* os_none.c: os.h where there is no operating system, for programs that link without libc. It owns
 * nothing: regions are the caller's memory (ch_region_from), and what only a system can do answers
 * CH_EUNSUP. Part of no library here; test/freestanding builds it. */
#include "base/os.h"

size_t chi_os_page_bytes(void) {
    return 4096;
}

ch_status chi_os_reserve(uint8_t **base, size_t size) {
    (void)base, (void)size;
    return CH_EUNSUP;
}

ch_status chi_os_reserve_huge(uint8_t *base, size_t size, unsigned page_log2) {
    (void)base, (void)size, (void)page_log2;
    return CH_EUNSUP;
}

ch_status chi_os_commit(uint8_t *base, size_t size) {
    (void)base, (void)size;
    return CH_EUNSUP;
}

ch_status chi_os_decommit(uint8_t *base, size_t size) {
    (void)base, (void)size;
    return CH_EUNSUP;
}

ch_status chi_os_unreserve(uint8_t *base, size_t size) {
    (void)base, (void)size;
    return CH_EUNSUP;
}

ch_status chi_os_advise_huge(uint8_t *base, size_t size) {
    (void)base, (void)size;
    return CH_EUNSUP;
}

ch_status chi_os_bind_node(uint8_t *base, size_t size, unsigned node, bool strict) {
    (void)base, (void)size, (void)node, (void)strict;
    return CH_EUNSUP;
}

ch_status chi_os_prefault(uint8_t *base, size_t size) {
    (void)base, (void)size;
    return CH_EUNSUP;
}

ch_status chi_os_lock(uint8_t *base, size_t size) {
    (void)base, (void)size;
    return CH_EUNSUP;
}

ch_status chi_os_name(uint8_t *base, size_t size, const char *name) {
    (void)base, (void)size, (void)name;
    return CH_EUNSUP;
}

/* There are no last words: whoever wants them installs a misuse hook. */
void chi_os_write_error(const char *text, size_t length) {
    (void)text, (void)length;
}

void chi_os_abort(void) {
    __builtin_trap();
}
