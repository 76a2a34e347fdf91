/* mem_rig.h: what the tests of arenas and stacks share: a counting source on malloc, a recorder of
 * misuse, fill patterns. Test programs only. */
#ifndef CHI_MEM_RIG_H
#define CHI_MEM_RIG_H

#include <coldheap/allocator.h>
#include <coldheap/misuse.h>

#include <stdlib.h>
#include <string.h>

/* RIG_SLOW is 1 where a sanitizer or emulator makes every access cost many times more. */
#if defined(CH_TEST_SLOW) || defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define RIG_SLOW 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define RIG_SLOW 1
#endif
#endif
#ifndef RIG_SLOW
#define RIG_SLOW 0
#endif

#define RIG_SLACK ((size_t)64) /* bytes that a block of the source can grow in place */
#define RIG_HUGE  ((size_t)1 << 30)

/* A source on malloc. Every block knows its size, so a wrong size at free shows. */
typedef struct rig_source {
    size_t live;
    size_t bytes; /* asked for and not yet returned */
    uint64_t calls;
    unsigned wrong;       /* frees and resizes with a size that was never given */
    uint64_t refuse_call; /* the call that is refused, counted from 1; 0: none */
    bool refusing;
    bool rigid; /* never resizes in place */
} rig_source;

typedef struct rig_block {
    size_t size_bytes;
    uint32_t head_bytes;
    uint32_t room_bytes; /* how far size_bytes may still grow */
} CH_ALIGNED(16) rig_block;

static inline rig_block *rig_block_of(void *memory) {
    return (rig_block *)memory - 1;
}

static inline void *rig_alloc(void *user, size_t size_bytes, size_t align) {
    rig_source *source = user;
    source->calls++;
    if (source->refusing || source->calls == source->refuse_call || size_bytes > RIG_HUGE) {
        return NULL;
    }
    const size_t head = align > sizeof(rig_block) ? align : sizeof(rig_block);
    const size_t total = (head + size_bytes + RIG_SLACK + head - 1) / head * head;
    uint8_t *raw = aligned_alloc(head, total);
    if (raw == NULL) {
        return NULL;
    }
    memset(raw, 0xa5, total < 1024 ? total : 1024);
    *rig_block_of(raw + head) = (rig_block){size_bytes, (uint32_t)head, (uint32_t)RIG_SLACK};
    source->live++;
    source->bytes += size_bytes;
    return raw + head;
}

static inline bool rig_resize(void *user, void *block, size_t old_bytes, size_t new_bytes) {
    rig_source *source = user;
    rig_block *known = rig_block_of(block);
    source->calls++;
    source->wrong += known->size_bytes != old_bytes;
    const bool fits = new_bytes <= old_bytes || new_bytes - old_bytes <= known->room_bytes;
    if (source->rigid || source->refusing || source->calls == source->refuse_call || !fits) {
        return false;
    }
    known->room_bytes -= (uint32_t)(new_bytes - old_bytes);
    known->size_bytes = new_bytes;
    source->bytes += new_bytes - old_bytes;
    return true;
}

static inline ch_status rig_free(void *user, void *block, size_t size_bytes) {
    rig_source *source = user;
    rig_block *known = rig_block_of(block);
    const size_t head = known->head_bytes;
    source->calls++;
    source->wrong += known->size_bytes != size_bytes;
    source->live--;
    source->bytes -= size_bytes;
    memset(block, 0xdd, size_bytes < 1024 ? size_bytes : 1024);
    free((uint8_t *)block - head);
    return CH_OK;
}

static inline ch_allocator rig_source_allocator(rig_source *source) {
    return (ch_allocator){
        .alloc = rig_alloc, .resize = rig_resize, .free = rig_free, .user = source};
}

/* The last misuse seen, and how many there were. */
typedef struct rig_recorder {
    const void *object;
    const void *culprit;
    uint64_t count;
    ch_status status;
} rig_recorder;

static inline void rig_record(void *context, const ch_misuse *misuse) {
    rig_recorder *recorder = context;
    recorder->object = misuse->object;
    recorder->culprit = misuse->culprit;
    recorder->status = misuse->status;
    recorder->count++;
}

static rig_recorder rig_seen;
static const ch_misuse_hook rig_hook = {.seen = rig_record, .context = &rig_seen};

/* rig_misused tells whether exactly one misuse with this status was seen since the last call. */
static inline bool rig_misused(const void *object, ch_status status) {
    const bool right =
        rig_seen.count == 1 && rig_seen.object == object && rig_seen.status == status;
    rig_seen = (rig_recorder){0};
    return right;
}

static inline bool rig_is_filled(const uint8_t *memory, size_t size_bytes, uint8_t value) {
    uint8_t differs = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        differs |= (uint8_t)(memory[i] ^ value);
    }
    return differs == 0;
}

#endif
