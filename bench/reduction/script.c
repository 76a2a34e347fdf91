/* script.c: an interpreter of expressions over short vectors: each operation puts its result into a
 * temporary, which is freed when the operation above has used it: nested, on a stack. */
#include <coldheap/stack.h>

#include <string.h>

#include "workload.h"

enum { LENGTH_MAX = 48, DEPTH = 5, STACK_BYTES = 64 * 1024, VARIABLES = 8 };

typedef struct vector {
    size_t length;
    int64_t items[];
} vector;

static const ch_stack_options OPTIONS = {.watermarks_max = 16, .name = "temporaries"};

static ch_stack stack;
static int64_t variables[VARIABLES][LENGTH_MAX];

static vector *make(size_t length) {
    vector *made = ch_stack_alloc(&stack, sizeof *made + length * sizeof made->items[0], 8);
    if (made != NULL) {
        made->length = length;
    }
    return made;
}

static bool drop(vector *one) {
    return ch_stack_free(&stack, one, sizeof *one + one->length * sizeof one->items[0]) == CH_OK;
}

static void combine(vector *into, const vector *left, const vector *right, unsigned operation) {
    for (size_t i = 0; i < into->length; i++) {
        uint64_t a = (uint64_t)left->items[i % left->length];
        uint64_t b = (uint64_t)right->items[i % right->length];
        uint64_t c = operation == 0 ? a + b : operation == 1 ? a - b : a * b;
        into->items[i] = (int64_t)c;
    }
}

/* The expression is drawn while it is evaluated: a variable's part, or an operation on two smaller
 * expressions. The result lies below its parts, so that they can be freed before it. */
static vector *evaluate(uint64_t *state, unsigned depth) {
    uint64_t random = workload_random(state);
    vector *result = make(4 + random % (LENGTH_MAX - 4));
    if (result == NULL) {
        return NULL;
    }
    if (depth == 0 || random % 8 == 0) {
        memcpy(result->items, variables[(random >> 8) % VARIABLES],
               result->length * sizeof result->items[0]);
        return result;
    }
    vector *left = evaluate(state, depth - 1);
    vector *right = left != NULL ? evaluate(state, depth - 1) : NULL;
    if (right == NULL) {
        return NULL;
    }
    combine(result, left, right, (unsigned)(random >> 16) % 3);
    return drop(right) && drop(left) ? result : NULL;
}

static size_t footprint(bool twin) {
    ch_stack_options options = OPTIONS;
    options.size_bytes = STACK_BYTES;
    size_t whole = ch_stack_footprint(&options);
    return twin ? whole - STACK_BYTES : whole;
}

static bool init(void *memory, size_t size_bytes, const ch_allocator *heap) {
    uint64_t state = 7;
    for (size_t i = 0; i < VARIABLES * LENGTH_MAX; i++) {
        variables[i / LENGTH_MAX][i % LENGTH_MAX] = (int64_t)(workload_random(&state) % 1000);
    }
    return (heap == NULL ? ch_stack_init(&stack, memory, size_bytes, &OPTIONS)
                         : ch_stack_init_twin(&stack, memory, size_bytes, &OPTIONS, heap)) == CH_OK;
}

static uint64_t one_round(uint64_t number) {
    uint64_t state = number;
    vector *result = evaluate(&state, DEPTH);
    if (result == NULL) {
        return 0;
    }
    uint64_t hash = result->length;
    for (size_t i = 0; i < result->length; i++) {
        hash = workload_mix(hash, (uint64_t)result->items[i]);
    }
    return drop(result) ? hash : 0;
}

static void fini(void) {
    (void)ch_stack_fini(&stack);
}

const workload WORKLOAD(script) = {"script",  "stack", "an expression of nested vector operations",
                                   footprint, init,    one_round,
                                   fini};
