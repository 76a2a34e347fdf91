/* memory_fuzz.c: one sequence of operations on the three kinds of memory side by side; statuses,
 * sizes, prices and bytes must agree at every step, and every invariant must hold. */
#include "memory_rig.h"

#include "fuzz.h"

#define LIMIT      16384u
#define FRAMES_MAX 16u

static memory_rig rigs[MEMORY_KINDS];
static chevm_memory_frame frames[MEMORY_KINDS][FRAMES_MAX];
static unsigned depth;

typedef struct reader {
    const uint8_t *data;
    size_t size;
} reader;

static uint64_t take(reader *input, unsigned bytes) {
    uint64_t value = 0;
    for (; bytes > 0 && input->size > 0; bytes--, input->size--) {
        value = value << 8 | *input->data++;
    }
    return value;
}

/* Mostly small; now and then near the limit or the end of the range. */
static uint64_t take_size(reader *input) {
    const uint64_t kind = take(input, 1);
    if (kind < 200) {
        return kind;
    }
    if (kind < 240) {
        return take(input, 2) % (LIMIT + 100);
    }
    return kind < 250 ? take(input, 8) : UINT64_MAX - take(input, 1);
}

static chevm_status write_bounded(chevm_memory *m, uint64_t offset, uint64_t size, uint64_t skip) {
    static uint8_t bytes[300];
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i + skip + 1);
    }
    const chevm_memory_source source = {.bytes = bytes, .size = sizeof bytes, .offset = skip};
    return chevm_memory_set_data_bounded(m, offset, size, &source);
}

static chevm_status grow(chevm_memory *m, uint64_t end, int64_t *gas) {
    end = end < CHEVM_MEMORY_END_MAX ? end : CHEVM_MEMORY_END_MAX;
    return chevm_memory_grow(m, end, gas) ? CHEVM_OK : m->failure;
}

static chevm_status apply(chevm_memory *m, uint64_t op, const uint64_t argument[3], int64_t *gas) {
    switch (op) {
    case 0:
        return grow(m, argument[0], gas);
    case 1:
        return chevm_memory_resize(m, argument[0]);
    case 2:
        return chevm_memory_copy(m, argument[0], argument[1], argument[2]);
    case 3:
        return write_bounded(m, argument[0], argument[1], argument[2]);
    case 4:
        return chevm_memory_set_byte(m, argument[0], (uint8_t)argument[1]);
    case 5:
        return m->size == 0 ? CHEVM_OK
                            : chevm_memory_set_data(m, argument[0], m->data + argument[1] % m->size,
                                                    (size_t)(m->size - argument[1] % m->size));
    default:
        *gas -= (int64_t)m->cost < *gas ? (int64_t)m->cost : 0;
        return CHEVM_OK;
    }
}

static void agree(void) {
    const chevm_memory *first = &rigs[0].memory;
    for (unsigned kind = 0; kind < MEMORY_KINDS; kind++) {
        const chevm_memory *m = &rigs[kind].memory;
        CH_REQUIRE(chevm_memory_check(m) == CH_OK);
        CH_REQUIRE(m->size == first->size && m->cost == first->cost && m->start == first->start);
        CH_REQUIRE(m->word_end == first->word_end && m->peak == first->peak);
        CH_REQUIRE(m->size == 0 || memcmp(m->data, first->data, (size_t)m->size) == 0);
    }
}

static void open_or_close(bool open, bool wiped) {
    if (open ? depth + 1 == FRAMES_MAX : depth == 0) {
        return;
    }
    depth -= !open;
    for (unsigned kind = 0; kind < MEMORY_KINDS; kind++) {
        if (open) {
            chevm_memory_open(&rigs[kind].memory, &frames[kind][depth]);
        } else if (wiped) {
            chevm_memory_close_wiped(&rigs[kind].memory, &frames[kind][depth]);
        } else {
            chevm_memory_close(&rigs[kind].memory, &frames[kind][depth]);
        }
    }
    depth += open;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    reader input = {data, size};
    int64_t gas[MEMORY_KINDS] = {2000, 2000, 2000};
    for (unsigned kind = 0; kind < MEMORY_KINDS; kind++) {
        CH_REQUIRE(rig_init(&rigs[kind], (memory_kind)kind, LIMIT));
    }
    while (input.size > 0) {
        const uint64_t op = take(&input, 1) % 12;
        if (op >= 8) {
            open_or_close(op % 2 == 0, op < 10);
        } else {
            uint64_t argument[3];
            for (unsigned i = 0; i < 3; i++) {
                argument[i] = take_size(&input);
            }
            const chevm_status want = apply(&rigs[0].memory, op, argument, &gas[0]);
            for (unsigned kind = 1; kind < MEMORY_KINDS; kind++) {
                CH_REQUIRE(apply(&rigs[kind].memory, op, argument, &gas[kind]) == want);
                CH_REQUIRE(gas[kind] == gas[0]);
            }
        }
        agree();
    }
    while (depth > 0) {
        open_or_close(false, false);
        agree();
    }
    for (unsigned kind = 0; kind < MEMORY_KINDS; kind++) {
        rig_fini(&rigs[kind]);
        CH_REQUIRE(rigs[kind].live == 0);
    }
    return 0;
}
