/* ck_rig.h: Concurrency Kit's ring as a rival of the ring benches, if libck-dev was there when the
 * build was configured (COLDHEAP_CK). Bench programs only. */
#ifndef CHI_CK_RIG_H
#define CHI_CK_RIG_H

#include "mem/pair_rig.h"

#include <stdio.h>

#ifdef COLDHEAP_CK

#include <ck_ring.h>

enum { CK_PLACES = 1024 };

typedef struct ck_words {
    ck_ring_t ring;
    CH_ALIGNED(CH_LINE_PAIR) ck_ring_buffer_t places[CK_PLACES];
} ck_words;

static ck_words ck_first;

static inline void ck_begin(ck_words *words) {
    ck_ring_init(&words->ring, CK_PLACES);
}

/* Which of its calls a rival uses: as many producers and consumers as the ring of ours it is
 * beside.
 */
typedef enum ck_kind { CK_SPSC, CK_MPSC, CK_MPMC } ck_kind;

CH_INLINE int ck_push(ck_kind kind, ck_words *words, const pair_item *item) {
    const void *entry = (const void *)(uintptr_t)item->words[0];
    return kind == CK_SPSC   ? !ck_ring_enqueue_spsc(&words->ring, words->places, entry)
           : kind == CK_MPSC ? !ck_ring_enqueue_mpsc(&words->ring, words->places, entry)
                             : !ck_ring_enqueue_mpmc(&words->ring, words->places, entry);
}

CH_INLINE int ck_pop(ck_kind kind, ck_words *words, pair_item *item) {
    void *got = NULL;
    bool done = kind == CK_SPSC   ? ck_ring_dequeue_spsc(&words->ring, words->places, &got)
                : kind == CK_MPSC ? ck_ring_dequeue_mpsc(&words->ring, words->places, &got)
                                  : ck_ring_dequeue_mpmc(&words->ring, words->places, &got);
    item->words[0] = (uint64_t)(uintptr_t)got;
    return !done;
}

#else

/* Once for each group in which it would have run. */
static inline void ck_absent(void) {
    printf("# rival ck skipped: libck-dev was not there when the build was configured\n");
}

#endif

#endif
