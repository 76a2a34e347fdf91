/* local_parts.h: what local.c (set-up, exit, fallback), local_config.c (options, environment) and
 * local_info.c (registry of threads, sums, checks) share. */
#ifndef CHI_LOCAL_PARTS_H
#define CHI_LOCAL_PARTS_H

#include <coldheap/local.h>

struct chi_local;

/* An area with what its overflow needs to know; the source of its arena points here. */
typedef struct chi_local_area {
    struct chi_local *owner;
    ch_arena *arena;
    const char *name;
    uint8_t *base;
    size_t size_bytes;
} chi_local_area;

/* What never changes between set-up and end; sealed by a checksum. */
typedef struct chi_local_fixed {
    ch_region region; /* where all of this lies */
    chi_local_area arena;
    chi_local_area scratch;
    size_t fallback_limit_bytes;
    size_t overflow;
    uint64_t number; /* of threads set up, this was the nth */
} chi_local_fixed;

/* State of one thread, at the first byte of its reservation. */
typedef struct chi_local {
    ch_local_areas areas; /* first: ch_local_current points here */
    uint64_t overflows;
    uint64_t fallbacks;
    uint64_t fallback_bytes;
    size_t fallback_held_bytes;
    struct chi_local *next; /* the registry's, under its lock */
    struct chi_local *prev;
    uint64_t process; /* the process whose registry this is in; 0: none */
    chi_local_fixed fixed;
    uint64_t seal;
    uintptr_t magic;
} chi_local;

#define CHI_LOCAL_MAGIC ((uintptr_t)0x4c41434fu)

uint64_t chi_local_seal(const chi_local *mine);

/* chi_local_self returns the calling thread's state, NULL before set-up. */
static inline chi_local *chi_local_self(void) {
    return (chi_local *)(void *)ch_local_current;
}

/* chi_local_enter marks this thread as inside set-up, fini or the registry; false if it is already,
 * which means that a signal handler or hook runs in the middle of it. */
bool chi_local_enter(void);
void chi_local_leave(void);

/* The registry's lock, also of the configuration. Only between enter and leave. */
void chi_local_lock(void);
void chi_local_unlock(void);

/* chi_local_register puts a thread's state on the list of the process, chi_local_unregister takes
 * it off and keeps its counts in the sums. Both take the lock themselves. */
void chi_local_register(chi_local *mine);
void chi_local_unregister(chi_local *mine);

/* chi_local_config_now tells what holds now. Under the lock. */
void chi_local_config_now(ch_local_config *config);

/* chi_local_size_of reads "64", "64K", "1M" or "1G" (either case); false if that is no size or does
 * not fit. *size changes on true only. */
bool chi_local_size_of(const char *text, size_t *size_bytes);

/* chi_local_read_environment reads the four variables through `look` once more; a test's way in. */
typedef const char *chi_local_look(const char *name);
void chi_local_read_environment(chi_local_look *look);

#endif
