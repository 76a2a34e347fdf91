/* code.c: lazy jump map, fused copy, cache by code hash. Source of the jump rule: Yellow
 * Paper 9.4.3. */
#include "code.h"

#include "fused.h"
#include "ops.h"

#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Jumps before a fused copy has paid for itself, with a floor for tiny code. */
#define FUSE_BUDGET(size) ((int64_t)(64 + (size) / 8))
#define CACHE_PROBES      8u

static size_t map_bytes(size_t size) {
    return (size + 7) / 8;
}

size_t chevmi_cache_table_bytes(size_t size) {
    size_t entries = 64;
    while (entries * 2 * sizeof(chevmi_cache_entry) <= size / 16) {
        entries *= 2;
    }
    return entries * sizeof(chevmi_cache_entry);
}

void chevmi_cache_init(chevmi_cache *cache, uint8_t *memory, size_t size) {
    memset(cache, 0, sizeof *cache);
    size_t table = chevmi_cache_table_bytes(size);
    cache->entries = (chevmi_cache_entry *)(void *)memory;
    cache->entry_mask = (uint32_t)(table / sizeof(chevmi_cache_entry)) - 1u;
    memset(memory, 0, table);
    ch_status status = ch_arena_init(&cache->bytes, memory + table, size - table, NULL);
    CH_REQUIRE(status == CH_OK);
}

void chevmi_cache_flush(chevmi_cache *cache) {
    for (uint32_t i = 0; i <= cache->entry_mask; i++) {
        cache->entries[i].taken = false;
    }
    ch_arena_reset(&cache->bytes);
    cache->flush_wanted = false;
    cache->flushes++;
}

static void analysis_init(chevmi_analysis *analysis, uint8_t *jumps, size_t size) {
    memset(jumps, 0, map_bytes(size));
    *analysis = (chevmi_analysis){.jumps = jumps, .budget = FUSE_BUDGET(size)};
}

/* The entry for `hash`, a new one if there is room, else NULL. */
static chevmi_analysis *cache_find(chevmi_cache *cache, const chevm_u256 *hash, size_t size) {
    for (uint32_t probe = 0; probe < CACHE_PROBES; probe++) {
        uint32_t index = ((uint32_t)hash->limbs[0] + probe) & cache->entry_mask;
        chevmi_cache_entry *entry = &cache->entries[index];
        if (!entry->taken) {
            cache->misses++;
            uint8_t *jumps = ch_arena_alloc(&cache->bytes, map_bytes(size), 8);
            if (jumps == NULL) {
                break;
            }
            analysis_init(&entry->analysis, jumps, size);
            entry->hash = *hash;
            entry->size = size;
            entry->taken = true;
            return &entry->analysis;
        }
        if (chevm_u256_equal(&entry->hash, hash) && entry->size == size) {
            cache->hits++;
            return &entry->analysis;
        }
    }
    cache->flush_wanted = true;
    return NULL;
}

static const uint8_t *padded_copy(chevmi_lender *lender, const uint8_t *bytes, size_t size) {
    uint8_t *copy = chevmi_lend_scratch(lender, size + CHEVM_CODE_PADDING, 8);
    if (copy != NULL) {
        if (size > 0) {
            memcpy(copy, bytes, size);
        }
        memset(copy + size, 0, CHEVM_CODE_PADDING);
    }
    return copy;
}

/* An analysis for one run. NULL: no room. */
static chevmi_analysis *analysis_in_scratch(chevmi_lender *lender, size_t size) {
    chevmi_analysis *analysis = chevmi_lend_scratch(lender, sizeof *analysis, 8);
    uint8_t *jumps = analysis != NULL ? chevmi_lend_scratch(lender, map_bytes(size), 8) : NULL;
    if (jumps == NULL) {
        return NULL;
    }
    analysis_init(analysis, jumps, size);
    return analysis;
}

bool chevmi_code_prepare(chevmi_code *code, chevmi_cache *cache, chevmi_lender *lender,
                         const uint8_t *bytes, size_t size, bool padded, const chevm_u256 *hash) {
    code->size = size;
    code->bytes = padded ? bytes : padded_copy(lender, bytes, size);
    if (code->bytes == NULL) {
        return false;
    }
    code->analysis = NULL;
    if (hash != NULL && cache->on) {
        code->analysis = cache_find(cache, hash, size);
    }
    code->cached = code->analysis != NULL;
    if (!code->cached) {
        code->analysis = analysis_in_scratch(lender, size);
        if (code->analysis == NULL) {
            return false;
        }
    }
    code->run = code->analysis->fused != NULL ? code->analysis->fused : code->bytes;
    return true;
}

/* Fills the map in order up to and including `target`. */
static void scan_to(const chevmi_code *code, uint64_t target) {
    chevmi_analysis *analysis = code->analysis;
    const uint8_t *bytes = code->bytes;
    uint64_t at = analysis->scanned;
    while (at <= target) {
        uint8_t op = bytes[at];
        if ((int8_t)op >= CHEVMI_OP_PUSH1) { /* 0x60 .. 0x7f */
            at += (uint64_t)op - CHEVMI_OP_PUSH1 + 2;
            continue;
        }
        if (op == CHEVMI_OP_JUMPDEST) {
            analysis->jumps[at >> 3] |= (uint8_t)(1u << (at & 7));
        }
        at++;
    }
    analysis->scanned = at;
}

/* Bit i set: the byte i + 1 in front of `at` would, if it begins an instruction, be a PUSH whose
 * immediate covers `at`. Requires: at >= 32. */
static uint32_t covering(const uint8_t *at) {
#if defined(__SSE2__)
    /* The byte d in front covers if it is a PUSHn, n >= d: as a signed number, above 0x5e + d. */
    const __m128i near = _mm_setr_epi8(0x6e, 0x6d, 0x6c, 0x6b, 0x6a, 0x69, 0x68, 0x67, 0x66, 0x65,
                                       0x64, 0x63, 0x62, 0x61, 0x60, 0x5f);
    const __m128i far = _mm_add_epi8(near, _mm_set1_epi8(16));
    __m128i last = _mm_loadu_si128((const __m128i *)(const void *)(at - 16));
    __m128i first = _mm_loadu_si128((const __m128i *)(const void *)(at - 32));
    uint32_t low = (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(first, far));
    uint32_t high = (uint32_t)_mm_movemask_epi8(_mm_cmpgt_epi8(last, near));
    return low | high << 16; /* bit i: byte 32 - i in front */
#else
    uint32_t bits = 0;
    for (int distance = 1; distance <= 32; distance++) {
        bits |= (uint32_t)((int8_t)at[-distance] > 0x5e + distance) << (32 - distance);
    }
    return bits;
#endif
}

/* 1: an instruction begins at `at`, 0: none does, -1: not to be seen from nearby. */
static int begins_instruction(const chevmi_code *code, uint64_t at, unsigned depth) {
    if (at < code->analysis->scanned + 32 || depth == 0) {
        return -1;
    }
    uint32_t bits = covering(code->bytes + at);
    while (bits != 0) {
        unsigned bit = (unsigned)__builtin_ctz(bits);
        int begins = begins_instruction(code, at - 32 + bit, depth - 1);
        if (begins != 0) {
            return begins == 1 ? 0 : -1;
        }
        bits &= bits - 1;
    }
    return 1;
}

bool chevmi_code_find_jump(const chevmi_code *code, uint64_t target) {
    if (code->bytes[target] != CHEVMI_OP_JUMPDEST) {
        return false;
    }
    uint8_t *map = code->analysis->jumps;
    uint8_t bit = (uint8_t)(1u << (target & 7));
    int begins = begins_instruction(code, target, 3);
    if (begins >= 0) {
        map[target >> 3] |= begins == 1 ? bit : 0;
        return begins == 1;
    }
    scan_to(code, target);
    return (map[target >> 3] & bit) != 0;
}

void chevmi_code_fuse(chevmi_code *code, ch_arena *arena, const bool *defined) {
    chevmi_analysis *analysis = code->analysis;
    analysis->budget = -1;
    uint8_t *fused = ch_arena_alloc(arena, code->size + CHEVM_CODE_PADDING, 8);
    if (fused == NULL) {
        return;
    }
    if (code->size > 0) {
        scan_to(code, code->size - 1);
    }
    memcpy(fused, code->bytes, code->size + CHEVM_CODE_PADDING);
    chevmi_fuse_bytes(fused, code->bytes, code->size, analysis->jumps, defined);
    analysis->fused = fused;
    code->run = fused;
}
