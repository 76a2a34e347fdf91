/* track.c: heap calls while the tracker is on. Each comes in two ways: the hot one, for a thread
 * that has its table, a site seen before and no options; and the general one, which does the rest.
 * Both are here in full; what happens once per site or thread is elsewhere (track.h). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "track.h"

#include "next.h"
#include "track_block.h"
#include "walk.h"

CHI_THREAD_LOCAL chi_track_thread chi_track_self;

#define PUBLISH_STEP ((uint64_t)65536)
#define PAGE_BYTES   4096u

/* ---- the hot way ---- */

CH_INLINE chi_track_counters *row_of(const chi_track_thread *self, uint32_t site) {
    return (chi_track_counters *)(void *)self->table + site;
}

/* Marks the thread as busy with its table, for signal handlers. */
CH_INLINE void begin(chi_track_thread *self) {
    self->state = CHI_TRACK_BUSY;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

CH_INLINE void end(chi_track_thread *self) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self->state = CHI_TRACK_READY;
}

CH_INLINE void hot_book_alloc(chi_track_thread *self, uint32_t site, size_t size_bytes) {
    chi_track_counters *row = row_of(self, site);
    chi_track_tail *tail = self->tail;
    begin(self);
    row->count++;
    row->bytes += size_bytes;
    const uint64_t live = row->bytes - row->freed_bytes;
    if ((int64_t)live > (int64_t)row->peak_bytes) {
        row->peak_bytes = live;
    }
    if (size_bytes > row->largest_bytes) {
        row->largest_bytes = size_bytes;
    }
    tail->live_bytes += size_bytes;
    if ((int64_t)tail->live_bytes > (int64_t)tail->high_bytes) {
        tail->high_bytes = tail->live_bytes;
        if (CH_UNLIKELY(tail->live_bytes - tail->published_bytes >= PUBLISH_STEP)) {
            chi_track_publish(tail);
        }
    }
    end(self);
}

CH_INLINE void hot_book_free(chi_track_thread *self, uint32_t site, size_t size_bytes) {
    chi_track_counters *row = row_of(self, site);
    chi_track_tail *tail = self->tail;
    begin(self);
    row->frees++;
    row->freed_bytes += size_bytes;
    tail->live_bytes -= size_bytes;
    if (CH_UNLIKELY((int64_t)(tail->published_bytes - tail->live_bytes) >= (int64_t)PUBLISH_STEP)) {
        chi_track_publish(tail);
    }
    end(self);
}

CH_INLINE void write_trailer(void *block, size_t size_bytes, uint32_t site, size_t usable_bytes) {
    const size_t slack = usable_bytes - CHI_TRAILER_BYTES - size_bytes;
    *chi_trailer_at(block, usable_bytes) =
        chi_trailer_mix(block) ^ (site | (uint64_t)slack << CHI_SITE_BITS);
}

/* ---- the general way: booking ---- */

/* Room for the trailer; 0 if the request is so large that it must fail anyway. */
CH_INLINE size_t with_trailer(size_t size_bytes) {
    return size_bytes <= (size_t)PTRDIFF_MAX - PAGE_BYTES ? size_bytes + CHI_PLAN->trailer_bytes
                                                          : size_bytes;
}

static bool plan_is_there(void) {
    return CH_LIKELY(CHI_PLAN->index != NULL) || chi_track_forked();
}

static uint64_t time_of_block(void) {
    const uint32_t timed = CHI_TRACK_LIFETIMES | CHI_TRACK_SAMPLED;
    return (CHI_PLAN->options & timed) != 0 ? chi_track_now_ns() : 0;
}

/* Sampling: is this one of those that are booked? */
static bool chosen(size_t size_bytes) {
    return (CHI_PLAN->options & CHI_TRACK_SAMPLED) == 0 || chi_track_sample(size_bytes);
}

/* A block that was given out: books it, and writes down whose it is. */
static void book_given(void *pointer, size_t size_bytes, uint32_t site) {
    const chi_track_block block = {size_bytes, time_of_block(), site};
    const chi_track_weight weight = chi_track_weigh(size_bytes, block.time_ns);
    chi_track_book_alloc(site, weight.blocks, weight.bytes, size_bytes);
    if (CH_UNLIKELY(!chi_track_block_put(pointer, &block))) {
        chi_track_book_dropped_block();
        chi_track_book_free(site, weight.blocks, weight.bytes, 0);
    }
}

static void book_taken(const chi_track_block *block) {
    const uint64_t life_ns = time_of_block() - block->time_ns;
    const chi_track_weight weight = chi_track_weigh(block->size_bytes, block->time_ns);
    chi_track_book_free(block->site, weight.blocks, weight.bytes, life_ns);
}

static void book_unknown(const void *pointer) {
    if ((CHI_PLAN->options & CHI_TRACK_SAMPLED) == 0) {
        chi_track_book_unattributed(chi_next_usable_size((void *)(uintptr_t)pointer));
    }
}

/* One request: the site is found first, so that a refused one is booked on it too. */
typedef struct request {
    size_t size_bytes;
    uint32_t site;
    bool booked;
} request;

static request request_begin(chi_guard_call_name name, size_t size_bytes, const void *caller,
                             const void *frame) {
    request r = {size_bytes, 0, plan_is_there() && chosen(size_bytes)};
    if (r.booked) {
        r.site = chi_track_site_of_call((uint32_t)name, caller, frame);
    }
    return r;
}

static size_t request_bytes(const request *r) {
    return r->booked ? with_trailer(r->size_bytes) : r->size_bytes;
}

static void *request_end(const request *r, void *pointer) {
    if (!r->booked) {
        return pointer;
    }
    if (CH_UNLIKELY(pointer == NULL)) {
        chi_track_book_exhausted(r->site);
    } else {
        book_given(pointer, r->size_bytes, r->site);
    }
    return pointer;
}

/* ---- the calls ---- */

static CH_NOINLINE void *general_malloc(size_t size_bytes, const void *caller) {
    const request r = request_begin(CHI_CALL_MALLOC, size_bytes, caller, CHI_WALK_FRAME);
    return request_end(&r, chi_next_malloc(request_bytes(&r)));
}

/* `site` is a row, and the thread has its table. NULL: refused, nothing is booked. */
CH_INLINE void *hot_malloc(chi_track_thread *self, size_t size_bytes, uint32_t site) {
    void *block = chi_next_malloc(size_bytes + CHI_TRAILER_BYTES);
    if (CH_UNLIKELY(block == NULL)) {
        chi_track_book_exhausted(site);
        return NULL;
    }
    const size_t usable = chi_chunk_usable(chi_chunk_head(block));
    if (CH_LIKELY(usable - CHI_TRAILER_BYTES - size_bytes < CHI_SLACK_MAX && site != 0)) {
        write_trailer(block, size_bytes, site, usable);
        hot_book_alloc(self, site, size_bytes);
    } else {
        book_given(block, size_bytes, site);
    }
    return block;
}

/* A site that needs the stack. */
static CH_NOINLINE void *malloc_by_stack(size_t size_bytes, const void *caller) {
    const uint32_t site = chi_track_site_of_call(CHI_CALL_MALLOC, caller, CHI_WALK_FRAME);
    return hot_malloc(&chi_track_self, size_bytes, site);
}

static CH_NOINLINE void *sampled_malloc(size_t size_bytes, const void *caller) {
    chi_track_thread *self = &chi_track_self;
    if (CH_LIKELY(CHI_PLAN->options == CHI_TRACK_SAMPLED && size_bytes < CHI_BLOCK_MOST &&
                  self->sample_left >= (int64_t)size_bytes)) {
        self->sample_left -= (int64_t)size_bytes;
        return chi_next_malloc(size_bytes);
    }
    return general_malloc(size_bytes, caller);
}

void *chi_track_malloc(size_t size_bytes, const void *caller) {
    chi_track_thread *self = &chi_track_self;
    if (CH_UNLIKELY(CHI_PLAN->hot == 0)) {
        return sampled_malloc(size_bytes, caller);
    }
    if (CH_UNLIKELY(self->state != CHI_TRACK_READY || size_bytes >= CHI_BLOCK_MOST)) {
        return general_malloc(size_bytes, caller);
    }
    if (CHI_PLAN->hot != 1) {
        return malloc_by_stack(size_bytes, caller);
    }
    /* The first place of the index alone is tried. */
    const uint32_t site = chi_index_look(chi_index_hash(0, caller));
    if (CH_UNLIKELY(site == 0)) {
        return general_malloc(size_bytes, caller);
    }
    return CH_LIKELY(site != CHI_INDEX_WRAPPER) ? hot_malloc(self, size_bytes, site)
                                                : malloc_by_stack(size_bytes, caller);
}

void *chi_track_calloc(size_t count, size_t size_bytes, const void *caller) {
    size_t total = SIZE_MAX;
    if (__builtin_mul_overflow(count, size_bytes, &total)) {
        return chi_next_calloc(count, size_bytes);
    }
    const request r = request_begin(CHI_CALL_CALLOC, total, caller, CHI_WALK_FRAME);
    return request_end(&r, chi_next_calloc(1, request_bytes(&r)));
}

static CH_NOINLINE void general_free(void *pointer) {
    chi_track_block block;
    if (pointer != NULL && plan_is_there()) {
        if (chi_track_block_take(pointer, &block)) {
            book_taken(&block);
        } else {
            book_unknown(pointer);
        }
    }
    chi_next_free(pointer);
}

void chi_track_free(void *pointer) {
    chi_track_thread *self = &chi_track_self;
    if (CH_LIKELY(pointer != NULL && CHI_PLAN->trailer_bytes != 0)) {
        const uint64_t head = chi_chunk_head(pointer);
        const size_t usable = chi_chunk_usable(head);
        const uint64_t says =
            CH_LIKELY(chi_chunk_plausible(pointer, head)) ? chi_trailer_read(pointer, usable) : 0;
        const uint64_t slack = says >> CHI_SITE_BITS;
        if (says == 0 && CHI_PLAN->options == CHI_TRACK_SAMPLED) {
            chi_next_free(pointer);
            return;
        }
        if (CH_LIKELY(says != 0 && slack < CHI_SLACK_MAX && slack <= usable - CHI_TRAILER_BYTES &&
                      CHI_PLAN->hot != 0 && self->state == CHI_TRACK_READY)) {
            *chi_trailer_at(pointer, usable) = ~chi_trailer_mix(pointer);
            hot_book_free(self, (uint32_t)(says & CHI_SITE_MASK),
                          usable - CHI_TRAILER_BYTES - slack);
            chi_next_free(pointer);
            return;
        }
    }
    general_free(pointer);
}

/* The block is taken out before the call, as another thread may be given its address before we are
 * back; a refused realloc leaves it as it was, and so do we. */
void *chi_track_realloc(void *pointer, size_t size_bytes, const void *caller) {
    const request r = request_begin(CHI_CALL_REALLOC, size_bytes, caller, CHI_WALK_FRAME);
    chi_track_block old;
    const bool there = CHI_PLAN->index != NULL;
    const bool known = there && pointer != NULL && chi_track_block_take(pointer, &old);
    const bool frees = pointer != NULL && size_bytes == 0;
    const size_t old_usable =
        there && pointer != NULL && !known ? chi_next_usable_size(pointer) : 0;
    void *moved = chi_next_realloc(pointer, frees ? 0 : request_bytes(&r));
    if (!there) {
        return moved;
    }
    if (moved == NULL && !frees) {
        if (known) {
            (void)chi_track_block_put(pointer, &old);
        }
        return request_end(&r, NULL);
    }
    if (known) {
        book_taken(&old);
    } else if (pointer != NULL && (CHI_PLAN->options & CHI_TRACK_SAMPLED) == 0) {
        chi_track_book_unattributed(old_usable);
    }
    if (pointer != NULL && !frees) {
        chi_track_book_realloc();
    }
    return moved != NULL && !(frees && CHI_PLAN->trailer_bytes != 0) ? request_end(&r, moved)
                                                                     : moved;
}

/* pvalloc's memory is usable up to the end of its last page. */
static void *take_pages(const request *r) {
    const size_t pages = (r->size_bytes + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
    if (!r->booked || pages < r->size_bytes) {
        return chi_next_pvalloc(r->size_bytes);
    }
    return chi_next_memalign(PAGE_BYTES, with_trailer(pages));
}

void *chi_track_aligned(chi_guard_call_name name, size_t align, size_t size_bytes,
                        const void *caller) {
    const request r = request_begin(name, size_bytes, caller, CHI_WALK_FRAME);
    void *block;
    switch (name) {
    case CHI_CALL_ALIGNED_ALLOC:
        block = chi_next_aligned_alloc(align, request_bytes(&r));
        break;
    case CHI_CALL_VALLOC:
        block = chi_next_valloc(request_bytes(&r));
        break;
    case CHI_CALL_PVALLOC:
        block = take_pages(&r);
        break;
    default:
        block = chi_next_memalign(align, request_bytes(&r));
        break;
    }
    return request_end(&r, block);
}

int chi_track_posix_memalign(void **pointer, size_t align, size_t size_bytes, const void *caller) {
    const request r = request_begin(CHI_CALL_POSIX_MEMALIGN, size_bytes, caller, CHI_WALK_FRAME);
    void *block = NULL;
    const int status = chi_next_posix_memalign(&block, align, request_bytes(&r));
    if (status == 0) {
        *pointer = request_end(&r, block);
    } else if (status == ENOMEM) {
        (void)request_end(&r, NULL);
    }
    return status;
}

size_t chi_track_usable_size(void *pointer) {
    chi_track_block block;
    const size_t usable = chi_next_usable_size(pointer);
    if (pointer == NULL || CHI_PLAN->trailer_bytes == 0 || !chi_track_block_look(pointer, &block)) {
        return usable;
    }
    const size_t behind = usable - CHI_PLAN->trailer_bytes;
    return behind - block.size_bytes < CHI_SLACK_MAX ? behind : behind - CHI_TRAILER_BYTES;
}

size_t chi_track_origin(const void **frames, const void *pointer) {
    chi_track_block block;
    if (!chi_track_on() || CHI_PLAN->index == NULL ||
        !chi_track_block_look((void *)(uintptr_t)pointer, &block)) {
        return 0;
    }
    const chi_track_site_row *row = chi_track_site_row_at(CHI_PLAN->record, block.site);
    const uint64_t *addresses = chi_track_site_frames(row);
    for (uint32_t i = 0; i < row->frame_count; i++) {
        frames[i] = (const void *)(uintptr_t)addresses[i];
    }
    return row->frame_count;
}

/* ---- a sanitizer's hooks ---- */

void chi_track_hook_alloc(const void *block, size_t size_bytes, const void *caller) {
    const request r = request_begin(CHI_CALL_SOME_ALLOC, size_bytes, caller, CHI_WALK_FRAME);
    (void)request_end(&r, (void *)(uintptr_t)block);
}

void chi_track_hook_free(const void *block) {
    chi_track_block known;
    if (!plan_is_there()) {
        return;
    }
    if (chi_track_block_take((void *)(uintptr_t)block, &known)) {
        book_taken(&known);
    } else {
        book_unknown(block);
    }
}
