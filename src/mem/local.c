/* local.c: set-up and end of a thread's memory, its scratch area out of line, and what happens to a
 * request that does not fit (local.h). */
#include <coldheap/local.h>

#include "base/misuse.h"
#include "base/os.h"
#include "base/text.h"
#include "mem/arena_parts.h"
#include "mem/checked.h"
#include "mem/local_parts.h"

__thread ch_local_areas *ch_local_current __attribute__((tls_model("initial-exec")));

/* Set while this thread is inside set-up, fini or the registry; read by signal handlers. */
static __thread volatile bool inside __attribute__((tls_model("initial-exec")));

bool chi_local_enter(void) {
    if (inside) {
        return false;
    }
    inside = true;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return true;
}

void chi_local_leave(void) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    inside = false;
}

/* ---- Overflow -------------------------------------------------------------------------------- */

static void tell_overflow(const chi_local_area *area, size_t size_bytes) {
    char line[160];
    chi_text text;
    chi_text_begin(&text, line, sizeof line);
    chi_text_put(&text, "coldheap: ");
    chi_text_put(&text, area->name);
    chi_text_put(&text, " overflow: thread ");
    chi_text_put_u64(&text, chi_os_thread());
    chi_text_put(&text, ", size ");
    chi_text_put_u64(&text, size_bytes);
    chi_text_put(&text, ", used ");
    chi_text_put_u64(&text, ch_arena_used(area->arena));
    chi_text_put(&text, ", capacity ");
    chi_text_put_u64(&text, ch_arena_capacity(area->arena));
    chi_text_put(&text, "\n");
    chi_os_write_error(line, chi_text_end(&text));
}

static void *map_fallback(chi_local *mine, size_t size_bytes) {
    size_t whole = 0;
    uint8_t *block = NULL;
    if (size_bytes > mine->fixed.fallback_limit_bytes - mine->fallback_held_bytes ||
        !ch_size_round_up(&whole, size_bytes, mine->fixed.region.page_bytes) ||
        chi_os_reserve(&block, whole) != CH_OK) {
        return NULL;
    }
    if (chi_os_commit(block, whole) != CH_OK) {
        (void)chi_os_unreserve(block, whole);
        return NULL;
    }
    CH_PUBLISH(mine->fallbacks, mine->fallbacks + 1);
    CH_PUBLISH(mine->fallback_bytes, mine->fallback_bytes + size_bytes);
    CH_PUBLISH(mine->fallback_held_bytes, mine->fallback_held_bytes + size_bytes);
    return block;
}

/* The source behind an area. Mappings are page-aligned, and no alignment is larger than a page. */
static void *overflow_alloc(void *user, size_t size_bytes, size_t align) {
    chi_local_area *area = user;
    chi_local *mine = area->owner;
    CH_PUBLISH(mine->overflows, mine->overflows + 1);
    switch ((ch_local_overflow)mine->fixed.overflow) {
    case CH_LOCAL_ABORT:
        tell_overflow(area, size_bytes);
        chi_os_abort();
    case CH_LOCAL_FALLBACK:
        return align <= mine->fixed.region.page_bytes ? map_fallback(mine, size_bytes) : NULL;
    default:
        return NULL;
    }
}

static ch_status overflow_free(void *user, void *block, size_t size_bytes) {
    chi_local *mine = ((chi_local_area *)user)->owner;
    size_t whole = 0;
    CH_PUBLISH(mine->fallback_held_bytes, mine->fallback_held_bytes - size_bytes);
    return ch_size_round_up(&whole, size_bytes, mine->fixed.region.page_bytes)
               ? chi_os_unreserve(block, whole)
               : CH_ECORRUPT;
}

/* ---- Set-up and end -------------------------------------------------------------------------- */

static void end_of_thread(void *unused) {
    (void)unused;
    (void)ch_local_fini();
}

/* The system's key is taken early: it keeps the first few of each thread without the heap. */
__attribute__((constructor)) static void begin(void) {
    (void)chi_os_thread_end_begin(end_of_thread);
}

__attribute__((destructor)) static void end(void) {
    (void)ch_local_fini();
    chi_os_thread_end_forget(); /* this code may be unloaded before threads end */
}

/* Offsets in the reservation: state, arena, scratch; the last is the size of it all. */
typedef struct layout {
    size_t arena;
    size_t scratch;
    size_t total;
} layout;

static bool lay_out(layout *l, const ch_local_config *config, size_t page) {
    return ch_size_round_up(&l->arena, sizeof(chi_local), page) &&
           ch_size_add(&l->scratch, l->arena, config->arena_bytes) &&
           ch_size_round_up(&l->scratch, l->scratch, page) &&
           ch_size_add(&l->total, l->scratch, config->scratch_bytes);
}

static ch_status reserve(ch_region *region, layout *l, const ch_local_config *config) {
    ch_region_options wish = {0};
    if (!lay_out(l, config, chi_os_page_bytes())) {
        return CH_ERANGE;
    }
    wish.size_bytes = l->total;
    ch_status status = ch_region_reserve(region, &wish);
    if (status != CH_OK) {
        return status;
    }
    status = ch_region_commit(region, 0, region->size_bytes);
    if (status == CH_OK && config->prefault) {
        status = ch_region_prefault(region, 0, region->size_bytes);
    }
    if (status != CH_OK) {
        (void)ch_region_fini(region);
    }
    return status;
}

/* Pages come zeroed, so clearing what is released keeps every block all zero. Where memory is
 * checked, released bytes cannot be read, and only clearing what is given out tells Valgrind that
 * it is zero. */
static ch_zeroing zeroing_of(bool zero) {
    ch_zeroing when = chi_checked() ? CH_ZERO_ON_ALLOC : CH_ZERO_ON_RELEASE;
    return zero ? when : CH_ZERO_NONE;
}

static void begin_area(chi_local *mine, chi_local_area *area, ch_arena *arena, bool zero) {
    ch_allocator source = {.alloc = overflow_alloc, .free = overflow_free, .user = area};
    ch_arena_options options = {.name = area->name, .zeroing = zeroing_of(zero)};
    area->owner = mine;
    area->arena = arena;
    ch_status status = ch_arena_init_spill(arena, area->base, area->size_bytes, &source, &options);
    CH_REQUIRE(status == CH_OK); /* memory and options are ours */
}

static ch_status give_back(chi_local *mine) {
    (void)ch_arena_fini(&mine->areas.arena);
    (void)ch_arena_fini(&mine->areas.scratch);
    ch_region region = mine->fixed.region; /* it lies inside what it gives back */
    return ch_region_fini(&region);
}

static ch_status set_up(void) {
    ch_local_config config;
    ch_region region = {0};
    layout l;
    chi_local_lock();
    chi_local_config_now(&config);
    chi_local_unlock();
    ch_status status = reserve(&region, &l, &config);
    if (status != CH_OK) {
        return status;
    }
    chi_local *mine = (chi_local *)(void *)region.base; /* fresh pages: all zero */
    mine->fixed.region = region;
    mine->fixed.arena = (chi_local_area){
        .name = "arena", .base = region.base + l.arena, .size_bytes = config.arena_bytes};
    mine->fixed.scratch = (chi_local_area){
        .name = "scratch", .base = region.base + l.scratch, .size_bytes = config.scratch_bytes};
    mine->fixed.fallback_limit_bytes = config.fallback_limit_bytes;
    mine->fixed.overflow = (size_t)config.overflow;
    begin_area(mine, &mine->fixed.arena, &mine->areas.arena, config.zero);
    begin_area(mine, &mine->fixed.scratch, &mine->areas.scratch, config.zero);
    mine->seal = chi_local_seal(mine);
    mine->magic = CHI_LOCAL_MAGIC ^ (uintptr_t)mine;
    status = chi_os_thread_end_watch(end_of_thread, mine);
    if (status != CH_OK) {
        (void)give_back(mine);
        return status;
    }
    chi_local_register(mine);
    ch_local_current = &mine->areas;
    return CH_OK;
}

ch_status ch_local_prepare(void) {
    ch_status status = CH_OK;
    if (!chi_local_enter()) {
        return CH_EBUSY;
    }
    if (ch_local_current == NULL) {
        status = set_up();
    }
    chi_local_leave();
    return status;
}

ch_status ch_local_fini(void) {
    if (!chi_local_enter()) {
        return CH_EBUSY;
    }
    chi_local *mine = chi_local_self();
    ch_status status = CH_OK;
    if (mine != NULL) {
        ch_local_current = NULL;
        chi_local_unregister(mine);
        status = give_back(mine);
    }
    chi_local_leave();
    return status;
}

/* ---- The out-of-line halves ------------------------------------------------------------------ */

ch_arena *ch_local_arena_slow(void) {
    return ch_local_prepare() == CH_OK ? &ch_local_current->arena : NULL;
}

void *ch_scratch_alloc_slow(size_t size_bytes, size_t align) {
    void *block = NULL;
    return ch_scratch_alloc_try(&block, size_bytes, align) == CH_OK ? block : NULL;
}

ch_status ch_scratch_alloc_try(void **out, size_t size_bytes, size_t align) {
    if (out == NULL) {
        return CH_EINVAL;
    }
    ch_status status = ch_local_current == NULL ? ch_local_prepare() : CH_OK;
    if (status != CH_OK) {
        return status;
    }
    ch_arena *scratch = &ch_local_current->scratch;
    status = chi_arena_take(scratch, out, size_bytes, align, CH_RETURN_ADDRESS());
    bool misuse = status == CH_EALIGN || status == CH_ETHREAD;
    return misuse ? CHI_MISUSE(scratch, scratch->config.name, NULL, status) : status;
}

ch_status ch_local_track(ch_tracker *tracker) {
    ch_status status = ch_local_current == NULL ? ch_local_prepare() : CH_OK;
    if (status == CH_OK) {
        status = ch_arena_track(&ch_local_current->arena, tracker);
    }
    return status == CH_OK ? ch_arena_track(&ch_local_current->scratch, tracker) : status;
}

/* A mark from before set-up has no arena: the area was empty then. */
ch_status ch_scratch_release_slow(ch_arena_point point) {
    chi_local *mine = chi_local_self();
    if (mine == NULL) {
        return point.arena == NULL ? CH_OK : CH_ESTATE;
    }
    ch_arena *scratch = &mine->areas.scratch;
    ch_arena_point start = {scratch->config.base, scratch->life + 1, scratch};
    return ch_arena_release(scratch, point.arena == NULL ? start : point);
}

ch_status ch_scratch_reset(void) {
    chi_local *mine = chi_local_self();
    return mine != NULL ? ch_arena_reset(&mine->areas.scratch) : CH_OK;
}
