/* local_info.c: the list of threads that are set up, sums over it, one thread's figures and its
 * self-check (local.h).
 *
 * The lock is taken at set-up, at a thread's end and when sums are read, never by alloc, release or
 * reset. It holds the number of its process: a lock or a list that a fork brought along belongs to
 * threads that do not exist here, and is dropped. */
#include <coldheap/hash.h>

#include "base/os.h"
#include "base/text.h"
#include "mem/local_parts.h"

enum { SPINS_MAX = 64 };

#define SEAL_SEED 0x4c4f43414cu

static uint64_t holder;  /* process that holds the lock, 0: none */
static uint64_t process; /* whose list this is */
static chi_local *first;
static ch_local_sums ended; /* counts of threads that ended; threads_ever of all */

void chi_local_lock(void) {
    uint64_t here = chi_os_process();
    for (unsigned spins = 0;; spins++) {
        uint64_t seen = 0;
        if (__atomic_compare_exchange_n(&holder, &seen, here, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED) ||
            (seen != here && __atomic_compare_exchange_n(&holder, &seen, here, false,
                                                         __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))) {
            break;
        }
        if (spins >= SPINS_MAX) {
            chi_os_yield();
        }
    }
    if (process != here) {
        process = here;
        first = NULL;
        ended = (ch_local_sums){0};
    }
}

void chi_local_unlock(void) {
    __atomic_store_n(&holder, 0, __ATOMIC_RELEASE);
}

static void link_in(chi_local *mine) {
    mine->next = first;
    mine->prev = NULL;
    if (first != NULL) {
        first->prev = mine;
    }
    first = mine;
    mine->process = process;
    ended.threads_ever++;
}

void chi_local_register(chi_local *mine) {
    chi_local_lock();
    link_in(mine);
    chi_local_unlock();
}

static void add_counts(ch_local_sums *sums, const chi_local *mine) {
    sums->overflows += CH_PEEK(mine->overflows);
    sums->fallbacks += CH_PEEK(mine->fallbacks);
    sums->fallback_bytes += CH_PEEK(mine->fallback_bytes);
}

void chi_local_unregister(chi_local *mine) {
    chi_local_lock();
    if (mine->process == process) { /* else the list was dropped by a fork */
        chi_local *next = mine->next;
        if (mine->prev != NULL) {
            mine->prev->next = next;
        } else {
            first = next;
        }
        if (next != NULL) {
            next->prev = mine->prev;
        }
        add_counts(&ended, mine);
    }
    chi_local_unlock();
}

uint64_t chi_local_seal(const chi_local *mine) {
    return ch_hash_bytes(&mine->fixed, sizeof mine->fixed, SEAL_SEED);
}

ch_status ch_local_stats(ch_local_figures *figures) {
    const chi_local *mine = chi_local_self();
    if (figures == NULL) {
        return CH_EINVAL;
    }
    if (mine == NULL) {
        return CH_ESTATE;
    }
    *figures = (ch_local_figures){.overflows = mine->overflows,
                                  .fallbacks = mine->fallbacks,
                                  .fallback_bytes = mine->fallback_bytes,
                                  .fallback_held_bytes = mine->fallback_held_bytes};
    (void)ch_arena_stats(&mine->areas.arena, &figures->arena);
    (void)ch_arena_stats(&mine->areas.scratch, &figures->scratch);
    return CH_OK;
}

static void sum_up(ch_local_sums *sums) {
    *sums = ended;
    for (const chi_local *one = first; one != NULL; one = one->next) {
        add_counts(sums, one);
        sums->used_bytes += ch_arena_used(&one->areas.arena) + ch_arena_used(&one->areas.scratch);
        sums->peak_bytes += ch_arena_peak(&one->areas.arena) + ch_arena_peak(&one->areas.scratch);
        sums->threads++;
    }
}

ch_status ch_local_totals(ch_local_sums *sums) {
    chi_local *mine = chi_local_self();
    if (sums == NULL) {
        return CH_EINVAL;
    }
    if (!chi_local_enter()) {
        return CH_EBUSY;
    }
    chi_local_lock();
    if (mine != NULL && mine->process != process) {
        link_in(mine); /* the thread that a fork left over */
    }
    sum_up(sums);
    chi_local_unlock();
    chi_local_leave();
    return CH_OK;
}

static void put_area(chi_text *text, const char *key, const ch_arena_figures *figures) {
    chi_text_put(text, ",\"");
    chi_text_put(text, key);
    chi_text_put(text, "\":{\"used_bytes\":");
    chi_text_put_u64(text, figures->used_bytes);
    chi_text_put_field(text, "capacity_bytes", figures->capacity_bytes);
    chi_text_put_field(text, "peak_bytes", figures->peak_bytes);
    chi_text_put_field(text, "allocations", figures->allocations);
    chi_text_put_field(text, "total_bytes", figures->total_bytes);
    chi_text_put_field(text, "failures_full", figures->failures_full);
    chi_text_put_field(text, "failures_invalid", figures->failures_invalid);
    chi_text_put(text, ",\"utilization\":");
    chi_text_put_ratio(text, figures->used_bytes, figures->capacity_bytes);
    chi_text_put(text, "}");
}

static void put_thread(chi_text *text) {
    ch_local_figures mine = {0};
    if (ch_local_stats(&mine) != CH_OK) {
        chi_text_put(text, ",\"thread\":null");
        return;
    }
    chi_text_put(text, ",\"thread\":{\"overflows\":");
    chi_text_put_u64(text, mine.overflows);
    chi_text_put_field(text, "fallbacks", mine.fallbacks);
    chi_text_put_field(text, "fallback_bytes", mine.fallback_bytes);
    chi_text_put_field(text, "fallback_held_bytes", mine.fallback_held_bytes);
    put_area(text, "arena", &mine.arena);
    put_area(text, "scratch", &mine.scratch);
    chi_text_put(text, "}");
}

static void put_totals(chi_text *text) {
    ch_local_sums sums = {0};
    if (ch_local_totals(&sums) != CH_OK) {
        chi_text_put(text, ",\"totals\":null");
        return;
    }
    chi_text_put(text, ",\"totals\":{\"used_bytes\":");
    chi_text_put_u64(text, sums.used_bytes);
    chi_text_put_field(text, "peak_bytes", sums.peak_bytes);
    chi_text_put_field(text, "overflows", sums.overflows);
    chi_text_put_field(text, "fallbacks", sums.fallbacks);
    chi_text_put_field(text, "fallback_bytes", sums.fallback_bytes);
    chi_text_put_field(text, "threads", sums.threads);
    chi_text_put_field(text, "threads_ever", sums.threads_ever);
    chi_text_put(text, "}");
}

size_t ch_local_stats_json(char *out, size_t size) {
    chi_text text;
    chi_text_begin(&text, out, size);
    chi_text_put(&text, "{\"object\":\"local\"");
    put_thread(&text);
    put_totals(&text);
    chi_text_put(&text, "}");
    return chi_text_end(&text);
}

static bool area_holds(const chi_local *mine, const chi_local_area *area, const ch_arena *arena) {
    const ch_region *region = &mine->fixed.region;
    return area->owner == mine && area->arena == arena && arena->config.base == area->base &&
           arena->config.limit_bytes == area->size_bytes &&
           ch_region_contains(region, area->base) &&
           area->size_bytes <= region->size_bytes - (size_t)(area->base - region->base);
}

static unsigned broken_invariant(const chi_local *mine) {
    unsigned inside = 0;
    if (mine->magic != (CHI_LOCAL_MAGIC ^ (uintptr_t)mine) || mine->seal != chi_local_seal(mine)) {
        return 1;
    }
    if (!area_holds(mine, &mine->fixed.arena, &mine->areas.arena) ||
        !area_holds(mine, &mine->fixed.scratch, &mine->areas.scratch)) {
        return 2;
    }
    if (mine->fallback_held_bytes !=
            mine->areas.arena.acquired_bytes + mine->areas.scratch.acquired_bytes ||
        mine->fallback_held_bytes > mine->fixed.fallback_limit_bytes) {
        return 3;
    }
    if (ch_arena_check(&mine->areas.arena, &inside) != CH_OK) {
        return 10 + inside;
    }
    return ch_arena_check(&mine->areas.scratch, &inside) != CH_OK ? 20 + inside : 0;
}

ch_status ch_local_check(unsigned *invariant) {
    const chi_local *mine = chi_local_self();
    unsigned broken = mine != NULL ? broken_invariant(mine) : 0;
    if (invariant != NULL) {
        *invariant = broken;
    }
    return broken == 0 ? CH_OK : CH_ECORRUPT;
}
