/* lifo.c: a calculator in reverse Polish notation. Checked operations answer for what a program may
 * do wrong; a call leaves the stack as it was by mark and release. */
#include <stdint.h>
#include <stdio.h>

#define CH_LIFO_NAME words
#define CH_LIFO_TYPE int64_t
#define CH_LIFO_CAP  8
#include <coldheap/tmpl/lifo.h>

/* One digit pushes itself, an operator takes two and pushes one. */
static ch_status step(words *stack, char c) {
    int64_t a = 0;
    int64_t b = 0;
    if (c >= '0' && c <= '9') {
        a = c - '0';
        return words_push(stack, &a);
    }
    ch_status status = words_pop(stack, &b);
    status = status == CH_OK ? words_pop(stack, &a) : status;
    if (status != CH_OK) {
        return status;
    }
    a = c == '+' ? a + b : c == '-' ? a - b : a * b;
    return words_push(stack, &a);
}

static ch_status calculate(words *stack, const char *program, int64_t *result) {
    size_t mark = words_mark(stack);
    ch_status status = CH_OK;
    for (; *program != 0 && status == CH_OK; program++) {
        status = step(stack, *program);
    }
    if (status == CH_OK) {
        status = words_peek(stack, 0, result);
    }
    (void)words_release(stack, mark, CH_WIPE);
    return status;
}

int main(void) {
    words stack;
    int64_t result = 0;
    if (words_init(&stack) != CH_OK || calculate(&stack, "12+3*4-", &result) != CH_OK) {
        return 1;
    }
    ch_status low = calculate(&stack, "1+", &result);
    ch_status high = calculate(&stack, "123456789", &result);
    printf("(1 + 2) * 3 - 4 = %lld; too few: %s; too many: %s; left behind: %zu\n",
           (long long)result, ch_status_text(low), ch_status_text(high), words_count(&stack));
    return result == 5 && low == CH_EEMPTY && high == CH_EFULL && words_empty(&stack) ? 0 : 1;
}
