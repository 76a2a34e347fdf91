/* memory.c: life, growth and frames of the EVM's memory; the picture and the invariants are in
 * memory.h. One function, make_ready, is the only place that commits pages, zeroes old bytes or, in
 * the twin, asks the allocator. Access to bytes is in memory_access.c, the bound in memory_bound.c.
 */
#include <coldevm/memory.h>

#include <coldheap/allocator.h>
#include <coldheap/region.h>

#define MEMORY_MAGIC     0x6d656d31u /* "mem1" */
#define PAGE_BYTES       4096u
#define AHEAD_LEAST      512u  /* zeroed beyond the need when old bytes lie there ... */
#define AHEAD_MOST       4096u /* ... so that 32-byte steps pay a call once in 16 to 128 */
#define TWIN_FIRST_BYTES 512u
#define TWIN_ALIGN       32u

/* Leads every block of the twin, so that a parent's block needs no room in its frame record. */
typedef union twin_block {
    uint64_t capacity;
    uint8_t pad[TWIN_ALIGN];
} twin_block;

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t page_up(uint64_t size) {
    return (size + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

static bool options_fit(const chevm_memory_options *options) {
    return options != NULL && options->limit_bytes >= 32 &&
           options->limit_bytes <= CHEVM_MEMORY_LIMIT_MAX && options->limit_bytes <= SIZE_MAX / 2;
}

/* An empty first frame on [base, base + capacity). */
static chevm_memory fresh(uint8_t *base, const chevm_memory_options *options) {
    const uint64_t capacity = options->limit_bytes & ~(uint64_t)31;
    return (chevm_memory){.data = base,
                          .base = base,
                          .capacity = capacity,
                          .dirty_end = options->zeroed ? 0 : capacity,
                          .magic = MEMORY_MAGIC};
}

static uint64_t first_bytes(const chevm_memory_options *options) {
    const uint64_t wanted = most(options->first_bytes, CHEVM_MEMORY_FIRST_BYTES);
    return least(page_up(least(wanted, options->limit_bytes)), options->limit_bytes) &
           ~(uint64_t)31;
}

/* Zeroes what is old below `first`, so that init leaves these bytes ready. */
static void ready_first(chevm_memory *memory, uint64_t first) {
    memset(memory->base, 0, (size_t)least(first, memory->dirty_end));
    memory->clean_end = first >= memory->dirty_end ? memory->committed : first;
    memory->dirty_end = first >= memory->dirty_end ? 0 : memory->dirty_end;
}

ch_status chevm_memory_init(chevm_memory *memory, struct ch_region *region, size_t offset,
                            const chevm_memory_options *options) {
    if (memory == NULL || region == NULL || !options_fit(options)) {
        return CH_EINVAL;
    }
    if (offset % PAGE_BYTES != 0) {
        return CH_EALIGN;
    }
    const size_t limit = (size_t)options->limit_bytes;
    if (offset > region->size_bytes || limit > region->size_bytes - offset) {
        return CH_ERANGE;
    }
    const uint64_t first = first_bytes(options);
    ch_status status = ch_region_commit(region, offset, (size_t)first);
    if (status == CH_OK) {
        status = ch_region_prefault(region, offset, (size_t)first);
    }
    if (status != CH_OK) {
        return status;
    }
    *memory = fresh(region->base + offset, options);
    memory->region = region;
    memory->region_offset = offset;
    memory->committed = first;
    ready_first(memory, first);
    return CH_OK;
}

ch_status chevm_memory_init_plain(chevm_memory *memory, void *bytes, size_t size,
                                  const chevm_memory_options *options) {
    if (memory == NULL || bytes == NULL || !options_fit(options)) {
        return CH_EINVAL;
    }
    if ((uintptr_t)bytes % 32 != 0) {
        return CH_EALIGN;
    }
    if (size < options->limit_bytes) {
        return CH_EFULL;
    }
    *memory = fresh(bytes, options);
    memory->committed = memory->capacity;
    ready_first(memory, first_bytes(options));
    return CH_OK;
}

ch_status chevm_memory_init_twin(chevm_memory *memory, const struct ch_allocator *allocator,
                                 const chevm_memory_options *options) {
    if (memory == NULL || allocator == NULL || !options_fit(options)) {
        return CH_EINVAL;
    }
    *memory = fresh((uint8_t *)memory, options); /* any address that is not NULL: size is 0 */
    memory->base = NULL;
    memory->dirty_end = 0;
    memory->twin = allocator;
    return CH_OK;
}

/* ---- Twin ------------------------------------------------------------------------------------ */

static twin_block *twin_block_of(const chevm_memory *memory) {
    return memory->clean_end == 0 ? NULL : (twin_block *)(void *)memory->data - 1;
}

static void twin_free(chevm_memory *memory) {
    twin_block *block = twin_block_of(memory);
    if (block != NULL) {
        const ch_allocator *twin = memory->twin;
        (void)twin->free(twin->user, block, (size_t)block->capacity + sizeof *block);
    }
}

/* realloc in terms of ch_allocator: in place if it can, else a new block, copy, free. */
static twin_block *twin_realloc(chevm_memory *memory, size_t bytes) {
    const ch_allocator *twin = memory->twin;
    twin_block *old = twin_block_of(memory);
    const size_t old_bytes = (size_t)memory->clean_end + sizeof *old;
    if (old != NULL && twin->resize != NULL && twin->resize(twin->user, old, old_bytes, bytes)) {
        return old;
    }
    twin_block *block = twin->alloc(twin->user, bytes, TWIN_ALIGN);
    if (block != NULL && old != NULL) {
        memcpy(block, old, sizeof *old + (size_t)memory->size);
        twin_free(memory);
    }
    return block;
}

/* Resizes the running frame's block by doubling; new bytes are zeroed, as calloc would. */
static chevm_status twin_ready(chevm_memory *memory, uint64_t size) {
    uint64_t capacity = most(most(size, 2 * memory->clean_end), TWIN_FIRST_BYTES);
    capacity = least(capacity, memory->capacity - memory->start);
    twin_block *block = twin_realloc(memory, (size_t)capacity + sizeof *block);
    if (block == NULL) {
        return CHEVM_OUT_OF_MEMORY;
    }
    block->capacity = capacity;
    memory->data = (uint8_t *)(block + 1);
    memset(memory->data + memory->size, 0, (size_t)(capacity - memory->size));
    memory->clean_end = capacity;
    return CHEVM_OK;
}

void chevm_memory_open_twin(chevm_memory *memory) {
    memory->data = (uint8_t *)memory;
    memory->clean_end = 0;
}

void chevm_memory_close_twin(chevm_memory *memory, const chevm_memory_frame *parent) {
    twin_free(memory);
    memory->data = parent->data;
    memory->start -= parent->size;
    memory->clean_end = 0;
    if (parent->data != (uint8_t *)memory) { /* the parent has a block */
        memory->clean_end = ((const twin_block *)(const void *)parent->data - 1)->capacity;
    }
    memory->size = parent->size;
    memory->word_end = parent->size == 0 ? 0 : parent->size - 31;
    memory->cost = parent->cost;
}

/* ---- Growth ---------------------------------------------------------------------------------- */

/* Commits at least up to `end` (offset from base), doubling; if the system refuses that much, the
 * need alone. */
static CH_COLD chevm_status commit(chevm_memory *memory, uint64_t end) {
    const uint64_t need = least(page_up(end), memory->capacity);
    const uint64_t wish = least(most(need, 2 * memory->committed), memory->capacity);
    const size_t offset = (size_t)(memory->region_offset + memory->committed);
    uint64_t got = wish;
    ch_status status = ch_region_commit(memory->region, offset, (size_t)(got - memory->committed));
    if (status != CH_OK && wish != need) {
        got = need;
        status = ch_region_commit(memory->region, offset, (size_t)(got - memory->committed));
    }
    if (status != CH_OK) {
        return CHEVM_OUT_OF_MEMORY;
    }
    memory->committed = got;
    return CHEVM_OK;
}

/* Makes bytes [memory->size, size) touchable and zero: size <= clean_end on success. */
static chevm_status make_ready(chevm_memory *memory, uint64_t size) {
    if (size > memory->capacity - memory->start) {
        return CHEVM_MEMORY_LIMIT_EXCEEDED;
    }
    if (memory->twin != NULL) {
        return twin_ready(memory, size);
    }
    const uint64_t end = memory->start + size;
    if (end > memory->committed) {
        const chevm_status status = commit(memory, end);
        if (status != CHEVM_OK) {
            return status;
        }
    }
    const uint64_t ahead = least(most(size, AHEAD_LEAST), AHEAD_MOST);
    const uint64_t goal = least(end + ahead, memory->committed);
    const uint64_t from = memory->start + memory->clean_end;
    if (from < memory->dirty_end) {
        memset(memory->base + from, 0, (size_t)(least(goal, memory->dirty_end) - from));
    }
    memory->clean_end = (goal >= memory->dirty_end ? memory->committed : goal) - memory->start;
    return CHEVM_OK;
}

int64_t chevm_memory_grow_slow(chevm_memory *memory, uint64_t new_size, int64_t gas) {
    const uint64_t cost = chevm_memory_price(new_size >> 5);
    const uint64_t difference = cost - memory->cost;
    if ((uint64_t)gas < difference) {
        memory->failure = CHEVM_OUT_OF_GAS;
        return -1;
    }
    if (new_size > memory->clean_end) {
        const chevm_status status = make_ready(memory, new_size);
        if (status != CHEVM_OK) {
            memory->failure = status;
            return -1;
        }
    }
    chevm_memory_set_size(memory, new_size, cost);
    return gas - (int64_t)difference;
}

/* Forgets the bytes at and behind `size` (a multiple of 32 below the present size). */
static void shrink(chevm_memory *memory, uint64_t size) {
    chevm_memory_note_end(memory);
    if (memory->twin != NULL) { /* its blocks are zero behind the size, like everything calloc'ed */
        memset(memory->data + size, 0, (size_t)(memory->size - size));
    } else {
        memory->clean_end = size;
    }
    memory->size = size;
    memory->word_end = size == 0 ? 0 : size - 31;
    memory->cost = chevm_memory_price(size >> 5);
}

chevm_status chevm_memory_resize(chevm_memory *memory, uint64_t size) {
    if (size > UINT64_MAX - 31) {
        return CHEVM_INVALID_SIZE;
    }
    size = (size + 31) & ~(uint64_t)31;
    if (size < memory->size) {
        shrink(memory, size);
        return CHEVM_OK;
    }
    return chevm_memory_ensure(memory, size, NULL);
}

chevm_status chevm_memory_ensure(chevm_memory *memory, uint64_t size, uint64_t *new_words) {
    if (size > UINT64_MAX - 31) {
        return CHEVM_INVALID_SIZE;
    }
    size = (size + 31) & ~(uint64_t)31;
    uint64_t added = 0;
    if (size > memory->size) {
        const chevm_status status = size > memory->clean_end ? make_ready(memory, size) : CHEVM_OK;
        if (status != CHEVM_OK) {
            return status;
        }
        added = (size - memory->size) >> 5;
        chevm_memory_set_size(memory, size, chevm_memory_price(size >> 5));
    }
    if (new_words != NULL) {
        *new_words = added;
    }
    return CHEVM_OK;
}

/* ---- The rest of life ------------------------------------------------------------------------ */

void chevm_memory_fini(chevm_memory *memory) {
    if (memory == NULL || memory->magic != MEMORY_MAGIC) {
        return;
    }
    memory->magic = 0;
    if (memory->twin != NULL) {
        twin_free(memory);
    }
    *memory = (chevm_memory){0};
}

void chevm_memory_reset(chevm_memory *memory) {
    if (memory->twin != NULL) {
        CH_REQUIRE(memory->start == 0);
        chevm_memory_note_end(memory);
        twin_free(memory);
        chevm_memory_open_twin(memory);
    } else if (memory->start == 0 && memory->size <= CHEVM_MEMORY_SMALL) {
        memory->peak = most(memory->peak, memory->size);
        chevm_memory_wipe_small(memory);
    } else {
        chevm_memory_note_end(memory);
        memory->data = memory->base;
        memory->clean_end = 0;
    }
    memory->start = 0;
    memory->size = 0;
    memory->word_end = 0;
    memory->cost = 0;
}

ch_status chevm_memory_trim(chevm_memory *memory, uint64_t keep_bytes) {
    if (memory->region == NULL) {
        return CH_OK;
    }
    const size_t page = memory->region->page_bytes;
    const uint64_t used = memory->start + memory->size;
    const uint64_t wish = most(most(keep_bytes, used), CHEVM_MEMORY_FIRST_BYTES);
    const uint64_t from = (memory->region_offset + wish + page - 1) / page * page;
    const uint64_t end = memory->region_offset + memory->committed;
    if (from >= end) {
        return CH_OK;
    }
    const uint64_t tail = (end - from) % page; /* of a page that is not ours alone: stays */
    const ch_status status = end - tail == from ? CH_OK
                                                : ch_region_decommit(memory->region, (size_t)from,
                                                                     (size_t)(end - tail - from));
    if (status == CH_OK) {
        memset(memory->region->base + (end - tail), 0, (size_t)tail);
        chevm_memory_note_end(memory);
        memory->committed = from - memory->region_offset;
        memory->dirty_end = least(memory->dirty_end, memory->committed);
        memory->clean_end = least(memory->clean_end, memory->committed - memory->start);
    }
    return status;
}

uint64_t chevm_memory_peak(const chevm_memory *memory) {
    return most(memory->peak, memory->start + memory->size);
}

static bool all_zero(const uint8_t *bytes, uint64_t from, uint64_t end) {
    for (uint64_t i = from; i < end; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

ch_status chevm_memory_check(const chevm_memory *memory) {
    const chevm_memory *m = memory;
    if (m->magic != MEMORY_MAGIC || m->size % 32 != 0 || m->clean_end % 32 != 0 ||
        m->start % 32 != 0 || m->capacity % 32 != 0 || m->size > m->clean_end ||
        m->start > m->capacity || m->clean_end > m->capacity - m->start ||
        m->word_end != (m->size == 0 ? 0 : m->size - 31) ||
        m->cost != chevm_memory_price(m->size / 32)) {
        return CH_ECORRUPT;
    }
    if (!all_zero(m->data, m->size, m->clean_end)) {
        return CH_ECORRUPT;
    }
    if (m->twin != NULL) {
        return CH_OK;
    }
    const uint64_t end = m->start + m->size;
    if (m->data != m->base + m->start || m->committed > m->capacity ||
        m->clean_end > m->committed - m->start ||
        !all_zero(m->base, most(m->dirty_end, end), m->committed)) {
        return CH_ECORRUPT;
    }
    return CH_OK;
}
