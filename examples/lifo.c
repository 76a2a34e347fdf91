/* lifo.c: a calculator in the notation of stack machines. The line is not trusted: too many
 * operands and too few are answers. A mark taken before makes a line that fails leave nothing
 * behind. */
#include <stdint.h>
#include <stdio.h>

#define CH_LIFO_NAME operands
#define CH_LIFO_TYPE int64_t
#define CH_LIFO_CAP  4
#include <coldheap/tmpl/lifo.h>

/* Takes two operands above `mark`: what was there before the line is not the line's. */
static ch_status apply(operands *stack, size_t mark, char symbol) {
    int64_t right;
    int64_t left;
    if (operands_count(stack) - mark < 2) {
        return CH_EEMPTY;
    }
    operands_pop_fast(stack, &right); /* the height is known now */
    operands_pop_fast(stack, &left);
    left = symbol == '+' ? left + right : symbol == '-' ? left - right : left * right;
    operands_push_fast(stack, &left);
    return CH_OK;
}

static ch_status calculate(operands *stack, const char *line) {
    size_t mark = operands_mark(stack);
    ch_status status = CH_OK;
    for (; *line != 0 && status == CH_OK; line++) {
        if (*line >= '0' && *line <= '9') {
            status = operands_push(stack, &(int64_t){*line - '0'});
        } else {
            status = apply(stack, mark, *line);
        }
    }
    if (status != CH_OK) {
        (void)operands_release(stack, mark, CH_WIPE);
    }
    return status;
}

int main(void) {
    operands stack;
    int64_t result = 0;
    if (operands_init(&stack) != CH_OK || calculate(&stack, "34+52-*") != CH_OK ||
        operands_peek(&stack, 0, &result) != CH_OK) {
        return 1;
    }
    printf("(3 + 4) * (5 - 2) = %lld\n", (long long)result);
    printf("five operands: %s\n", ch_status_text(calculate(&stack, "12345")));
    printf("one operand: %s\n", ch_status_text(calculate(&stack, "2-")));
    return result == 21 && operands_count(&stack) == 1 ? 0 : 1;
}
