/* memory_rivals.h: the two designs other machines use for EVM memory, in their best plain form, for
 * the bench of this room:
 *
 *   realloc   one malloc'ed block per frame, 4 KiB at first, doubled by realloc, new bytes memset
 *   vector    one malloc'ed vector for all frames, a checkpoint per frame, doubled by realloc, new
 *             bytes memset, a frame ends by cutting the vector back */
#ifndef CHEVMI_MEMORY_RIVALS_H
#define CHEVMI_MEMORY_RIVALS_H

#include <coldheap/base.h>

#include <stdlib.h>
#include <string.h>

#define KIB       1024u
#define MIB       (1024u * KIB)
#define DEPTH_MAX 1024u

/* ---- Rival: doubling realloc, a block per frame ------------------------------------------------
 */

typedef struct block_memory {
    uint8_t *data;
    uint64_t size;
    uint64_t capacity;
    uint64_t cost;
} block_memory;

static void block_open(block_memory *m) {
    *m = (block_memory){.data = malloc(4 * KIB), .capacity = 4 * KIB};
    if (m->data == NULL) {
        abort();
    }
}

static void block_close(block_memory *m) {
    free(m->data);
}

CH_NOINLINE static void block_enlarge(block_memory *m, uint64_t size) {
    while (m->capacity < size) {
        m->capacity *= 2;
    }
    m->data = realloc(m->data, m->capacity);
    if (m->data == NULL) {
        abort();
    }
}

CH_INLINE bool block_grow(block_memory *m, uint64_t end, int64_t *gas) {
    if (end <= m->size) {
        return true;
    }
    const uint64_t size = (end + 31) & ~(uint64_t)31;
    const uint64_t words = size / 32;
    const uint64_t cost = 3 * words + words * words / 512;
    *gas -= (int64_t)(cost - m->cost);
    if (*gas < 0) {
        return false;
    }
    if (size > m->capacity) {
        block_enlarge(m, size);
    }
    memset(m->data + m->size, 0, size - m->size);
    m->size = size;
    m->cost = cost;
    return true;
}

/* ---- Rival: one vector, a checkpoint per frame -------------------------------------------------
 */

typedef struct vector_memory {
    uint8_t *data;
    uint64_t length;
    uint64_t capacity;
    uint64_t checkpoint; /* of the running frame */
    uint64_t cost;
    uint64_t stack[2 * (DEPTH_MAX + 1)];
    uint64_t depth;
} vector_memory;

static void vector_init(vector_memory *m) {
    *m = (vector_memory){.data = malloc(4 * KIB), .capacity = 4 * KIB};
    if (m->data == NULL) {
        abort();
    }
}

CH_INLINE void vector_open(vector_memory *m) {
    m->stack[2 * m->depth] = m->checkpoint;
    m->stack[2 * m->depth + 1] = m->cost;
    m->depth++;
    m->checkpoint = m->length;
    m->cost = 0;
}

CH_INLINE void vector_close(vector_memory *m) {
    m->depth--;
    m->length = m->checkpoint;
    m->checkpoint = m->stack[2 * m->depth];
    m->cost = m->stack[2 * m->depth + 1];
}

CH_NOINLINE static void vector_enlarge(vector_memory *m, uint64_t length) {
    while (m->capacity < length) {
        m->capacity *= 2;
    }
    m->data = realloc(m->data, m->capacity);
    if (m->data == NULL) {
        abort();
    }
}

CH_INLINE bool vector_grow(vector_memory *m, uint64_t end, int64_t *gas) {
    if (end <= m->length - m->checkpoint) {
        return true;
    }
    const uint64_t size = (end + 31) & ~(uint64_t)31;
    const uint64_t words = size / 32;
    const uint64_t cost = 3 * words + words * words / 512;
    *gas -= (int64_t)(cost - m->cost);
    if (*gas < 0) {
        return false;
    }
    const uint64_t length = m->checkpoint + size;
    if (length > m->capacity) {
        vector_enlarge(m, length);
    }
    memset(m->data + m->length, 0, length - m->length);
    m->length = length;
    m->cost = cost;
    return true;
}

#endif
