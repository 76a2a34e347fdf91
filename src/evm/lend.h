/* lend.h: blocks that a machine borrows one by one, where they do not lie in its own reservation:
 * records and operand stacks of calls, return data, words, bytes for code that is not cached. The
 * lender is the malloc twin's allocator or a ch_manager; whatever part the manager does not offer,
 * the machine keeps for itself.
 *
 * The one idea: which it is, is decided once per execution (chevmi_lend_begin); calls ask one flag,
 * chevm.lends, and nothing inside a frame asks at all. Each request is counted, so that a test can
 * have any one of them refused. */
#ifndef CHEVMI_LEND_H
#define CHEVMI_LEND_H

#include <coldevm/types.h>
#include <coldheap/allocator.h>
#include <coldheap/arena.h>
#include <coldheap/base.h>
#include <coldheap/manager.h>

struct chevmi_frame;

typedef struct chevmi_lender {
    ch_arena *scratch;        /* in use: the machine's, or the manager's EXECUTION arena */
    const ch_allocator *twin; /* at most one of these two is there */
    ch_manager *manager;
    /* What the manager offers in this execution; NULL: the machine's own place serves. */
    ch_stack *stacks;
    ch_pool *frames;
    ch_pool *words;
    ch_arena *temporary;
    bool has_buffers;
    struct chevmi_frame *spare; /* borrowed for a call that has not begun */
    /* Output of the call that ended last, in one of the two; both empty: none. */
    ch_buffer buffer;
    uint8_t *block;     /* of the twin or the TEMPORARY arena */
    size_t block_bytes; /* its size */
    uint64_t requests;  /* made since they were last counted from 0 */
    uint64_t refuse_at; /* number of the request that finds nothing; 0: none */
} chevmi_lender;

/* Counts a request; true: it is the one to be refused. */
CH_INLINE bool chevmi_lender_refuses(chevmi_lender *lender) {
    return CH_UNLIKELY(++lender->requests == lender->refuse_at);
}

/* Bytes for code that is not cached, until the frame's end. NULL: no room. */
CH_INLINE void *chevmi_lend_scratch(chevmi_lender *lender, size_t size, size_t align) {
    return chevmi_lender_refuses(lender) ? NULL : ch_arena_alloc(lender->scratch, size, align);
}

#endif
