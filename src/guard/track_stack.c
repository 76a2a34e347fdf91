/* track_stack.c: the site of a call by its stack. A walk (walk.h) reads a few words of the stack,
 * one or two a frame; where it leads depends on these words and on nothing else. So they are kept
 * with the site that came out, by stack pointer and caller: when they are all the same the next
 * time, the site is. That is a row of independent loads instead of a chain of dependent ones.
 *
 * Only frames of the two usual kinds are kept, in the thread's own stack; the rest is walked. */
#define _GNU_SOURCE
#include <string.h>

#include "track.h"

#include "shortcut.h"
#include "walk.h"

#define WORD sizeof(uintptr_t)

typedef struct memo_word {
    uintptr_t address;
    uintptr_t value;
} memo_word;

struct chi_track_memo {
    uintptr_t frame; /* 0: empty */
    uintptr_t caller;
    uint64_t salt;
    uint32_t site;
    uint32_t word_count;
    memo_word words[2 * CHI_TRACK_FRAMES_MAX];
};

_Static_assert(sizeof(chi_track_memo) <= CHI_TRACK_MEMO_BYTES, "what the setup makes room for");

typedef struct recorder {
    chi_track_memo *memo;
    uintptr_t low;
    uintptr_t high;
} recorder;

static chi_track_memo *memo_of(chi_track_thread *self, uintptr_t frame, uintptr_t caller) {
    const uint64_t mix = ((uint64_t)frame ^ (uint64_t)caller << 7) * CHI_INDEX_MIX;
    uint8_t *memos = (uint8_t *)self->memos;
    const uint64_t index = mix >> (64 - CHI_TRACK_MEMO_BITS);
    return (chi_track_memo *)(void *)(memos + index * CHI_TRACK_MEMO_BYTES);
}

CH_INLINE bool still_holds(const chi_track_memo *memo) {
    uintptr_t differs = 0;
    for (uint32_t i = 0; i < memo->word_count; i++) {
        const memo_word *word = &memo->words[i];
        differs |= *(const uintptr_t *)word->address ^ word->value;
    }
    return differs == 0;
}

/* Reads a word of the stack and keeps it. False: outside the stack. */
static bool read_word(recorder *r, uintptr_t *value, uintptr_t address) {
    if (address < r->low || address > r->high - WORD || address % WORD != 0) {
        return false;
    }
    *value = *(const uintptr_t *)address;
    r->memo->words[r->memo->word_count++] = (memo_word){address, *value};
    return true;
}

/* One frame up; as walk.c does it, for the usual kinds. */
static bool step(recorder *r, uintptr_t *pc, uintptr_t *sp, uintptr_t *bp, uint64_t word) {
    r->low = *sp;
    if ((word & CHI_SHORTCUT_WAY) == CHI_WAY_FRAME) {
        const uintptr_t frame = *bp;
        *sp = frame + 2 * WORD;
        return read_word(r, pc, frame + WORD) && read_word(r, bp, frame);
    }
    const uintptr_t slot = chi_shortcut_slot(word);
    *sp += chi_shortcut_cfa(word);
    return (word & CHI_SHORTCUT_WAY) == CHI_WAY_STACK && read_word(r, pc, *sp - WORD) &&
           (slot == 0 || read_word(r, bp, *sp - slot));
}

/* Walks and keeps what it reads. Returns: the number of frames; 0 if there is an unusual one. */
static size_t record(recorder *r, const void **frames, size_t depth, uintptr_t caller) {
    const uint64_t salt = chi_shortcut_salt();
    uintptr_t sp = r->memo->frame;
    uintptr_t pc;
    uintptr_t bp;
    r->memo->salt = salt;
    r->memo->word_count = 0;
    if (!read_word(r, &pc, sp + WORD) || pc != caller || !read_word(r, &bp, sp)) {
        return 0;
    }
    sp += 2 * WORD;
    size_t count = 0;
    for (;;) {
        frames[count++] = (const void *)pc;
        const uint64_t word = count < depth ? chi_shortcut(pc - 1, salt) : CHI_WAY_END;
        if ((word & CHI_SHORTCUT_WAY) == CHI_WAY_END) {
            return count;
        }
        if (!step(r, &pc, &sp, &bp, word) || pc == 0) {
            return 0;
        }
    }
}

static CH_NOINLINE uint32_t walked_site(chi_track_memo *memo, uint32_t call, const void *caller,
                                        const void *frame) {
    const void *frames[CHI_TRACK_FRAMES_MAX];
    const uint32_t depth = CHI_PLAN->depth;
    size_t count = 0;
    if (memo != NULL) {
        recorder r = {memo, (uintptr_t)frame, chi_guard_self.stack_high};
        memo->frame = (uintptr_t)frame;
        count = record(&r, frames, depth, (uintptr_t)caller);
        memo->caller = (uintptr_t)caller;
    }
    const bool kept = count != 0;
    if (!kept) {
        count = chi_guard_walk(frames, depth, caller, frame);
    }
    const uint32_t site = chi_track_site(CH_TRACK_HEAP, call, frames, count);
    if (memo != NULL) {
        memo->site = site;
        memo->frame = kept && site != CHI_TRACK_SITE_OVERFLOW ? (uintptr_t)frame : 0;
    }
    return site;
}

uint32_t chi_track_site_by_stack(uint32_t call, const void *caller, const void *frame) {
    chi_track_thread *self = &chi_track_self;
    const chi_guard_thread *guard = &chi_guard_self;
    if (CH_UNLIKELY(self->memos == NULL || (uintptr_t)frame < guard->stack_low ||
                    (uintptr_t)frame >= guard->stack_high)) {
        return walked_site(NULL, call, caller, frame);
    }
    chi_track_memo *memo = memo_of(self, (uintptr_t)frame, (uintptr_t)caller);
    if (CH_LIKELY(memo->frame == (uintptr_t)frame && memo->caller == (uintptr_t)caller &&
                  memo->salt == chi_shortcut_salt() && still_holds(memo))) {
        return memo->site;
    }
    return walked_site(memo, call, caller, frame);
}

void chi_track_stack_begin(uint32_t table) {
    chi_track_thread *self = &chi_track_self;
    self->memos = NULL;
    if (CHI_PLAN->memos == NULL || table == 0) {
        return;
    }
    (void)chi_guard_own_stack((uintptr_t)__builtin_frame_address(0)); /* finds it, once */
    uint8_t *memos = CHI_PLAN->memos + (size_t)table * CHI_TRACK_MEMOS_BYTES;
    for (size_t i = 0; i < CHI_TRACK_MEMOS_BYTES; i += CHI_TRACK_MEMO_BYTES) {
        ((chi_track_memo *)(void *)(memos + i))->frame = 0;
    }
    self->memos = memos;
}
