/* code.h: what the interpreter knows about a piece of code, and the bounded cache of it.
 *
 * Jump destinations are found lazily: a target asked for the first time is judged by the 32 bytes
 * in front of it, nearly always enough to see that no PUSH covers it; only where they leave doubt
 * the map is filled from the front up to the target. So code costs nothing before it is run. Code
 * that jumps often is *fused*: a copy of the same length in which the first byte of a frequent
 * sequence (fused.h) is a combined opcode; all other bytes, and so all program counters, stay. */
#ifndef CHEVMI_CODE_H
#define CHEVMI_CODE_H

#include "lend.h"

#include <coldevm/types.h>
#include <coldheap/arena.h>
#include <coldheap/base.h>

/* Derived facts about one code; lives in the cache or, for one frame, in the machine's scratch
 * arena. */
typedef struct chevmi_analysis {
    uint8_t *jumps;   /* bit per byte: surely a valid JUMPDEST; complete below `scanned` */
    uint64_t scanned; /* start of the first instruction not yet looked at in order */
    int64_t budget;   /* jumps to take before fusing pays; negative: never fuse */
    uint8_t *fused;   /* NULL until fused */
    void *compiled;   /* entry of a later tier; NULL: none */
} chevmi_analysis;

typedef struct chevmi_code {
    const uint8_t *bytes; /* original, CHEVM_CODE_PADDING zero bytes behind it */
    const uint8_t *run;   /* what is executed: bytes, or analysis->fused */
    uint64_t size;
    chevmi_analysis *analysis;
    bool cached; /* analysis belongs to the cache */
} chevmi_code;

typedef struct chevmi_cache_entry {
    chevm_u256 hash;
    uint64_t size;
    bool taken;
    chevmi_analysis analysis;
} chevmi_cache_entry;

/* Analyses by code hash in a fixed block. When an entry or its bytes find no room, that run does
 * without and the next top-level execution starts with an empty cache. */
typedef struct chevmi_cache {
    chevmi_cache_entry *entries;
    uint32_t entry_mask; /* entries - 1, a power of two less one */
    bool on;
    bool flush_wanted;
    ch_arena bytes; /* jump maps and fused copies */
    uint64_t hits, misses, flushes;
} chevmi_cache;

#define CHEVMI_CACHE_BYTES_MIN (64u * 1024u)

/* Bytes of the entry table for a cache of `size` bytes; the rest holds maps and copies. */
size_t chevmi_cache_table_bytes(size_t size);
void chevmi_cache_init(chevmi_cache *cache, uint8_t *memory, size_t size);
void chevmi_cache_flush(chevmi_cache *cache);

/* Sets up *code for `bytes`: from the cache if `hash` is not NULL and the cache is on, else in the
 * lender's scratch (padded copy if needed, empty map). Returns false if that is full; *code is
 * undefined. */
bool chevmi_code_prepare(chevmi_code *code, chevmi_cache *cache, chevmi_lender *lender,
                         const uint8_t *bytes, size_t size, bool padded, const chevm_u256 *hash);

/* Slow half of chevmi_code_is_jump: a target not in the map yet, below size, at or above `scanned`.
 */
CH_NOINLINE bool chevmi_code_find_jump(const chevmi_code *code, uint64_t target);

/* Makes the fused copy, in `arena` (the cache's or scratch), unless there is no room. `defined`
 * tells by opcode what exists in the fork. */
CH_COLD void chevmi_code_fuse(chevmi_code *code, ch_arena *arena, const bool *defined);

/* True if `target` (any number) is a valid jump destination. */
CH_INLINE bool chevmi_code_is_jump(const chevmi_code *code, uint64_t target) {
    if (CH_UNLIKELY(target >= code->size)) {
        return false;
    }
    const chevmi_analysis *analysis = code->analysis;
    if (CH_LIKELY((analysis->jumps[target >> 3] >> (target & 7)) & 1)) {
        return true;
    }
    return target >= analysis->scanned && chevmi_code_find_jump(code, target);
}

#endif
