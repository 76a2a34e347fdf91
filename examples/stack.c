/* stack.c: a tree walk whose temporaries are nested: each level frees its own before it returns, in
 * reverse order, checked; an error deep inside frees all of them at once by a watermark. */
#include <coldheap/stack.h>

#include <stdio.h>

/* The number of ways to sum up to `total` by terms of at most `most`, each level with its own row.
 */
static long ways(ch_stack *stack, unsigned total, unsigned most) {
    size_t size = (total + 1) * sizeof(long);
    long *row = ch_stack_alloc(stack, size, _Alignof(long));
    if (row == NULL) {
        return -1; /* the caller frees what lies above its watermark */
    }
    for (unsigned sum = 0; sum <= total; sum++) {
        row[sum] = sum == 0;
    }
    for (unsigned term = 1; term <= most; term++) {
        for (unsigned sum = term; sum <= total; sum++) {
            row[sum] += row[sum - term];
        }
    }
    long result = row[total];
    if (total > 1) {
        long smaller = ways(stack, total - 1, most);
        result = smaller < 0 ? -1 : result + smaller;
        if (smaller < 0) {
            return -1;
        }
    }
    return ch_stack_free(stack, row, size) == CH_OK ? result : -1;
}

int main(void) {
    static _Alignas(16) unsigned char block[16 * 1024];
    const ch_stack_options options = {.watermarks_max = 8, .name = "temporaries"};
    ch_stack stack;
    if (ch_stack_init(&stack, block, sizeof block, &options) != CH_OK) {
        return 1;
    }
    long small = ways(&stack, 20, 5);
    size_t after_small = ch_stack_used(&stack);
    if (ch_stack_mark(&stack) != CH_OK) {
        return 1;
    }
    long large = ways(&stack, 100, 5); /* does not fit */
    if (ch_stack_release(&stack) != CH_OK) {
        return 1;
    }
    printf("20: %ld, in use afterwards %zu; 100: %ld, in use afterwards %zu; peak %zu\n", small,
           after_small, large, ch_stack_used(&stack), ch_stack_peak(&stack));
    bool good = small > 0 && large == -1 && after_small == 0 && ch_stack_used(&stack) == 0;
    return good && ch_stack_fini(&stack) == CH_OK ? 0 : 1;
}
