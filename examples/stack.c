/* stack.c: temporaries that nest. A sum in brackets is worked out with one frame a bracket; each
 * frame is freed in reverse order, or all of them at once by a watermark when the text is wrong. */
#include <coldheap/stack.h>

#include <stdio.h>

typedef struct frame {
    struct frame *outer;
    long sum;
} frame;

static frame *enter(ch_stack *stack, frame *outer) {
    frame *inner = ch_stack_alloc(stack, sizeof *inner, CH_ALIGNOF(frame));
    if (inner != NULL) { /* NULL: nested too deep, an answer and no crash */
        *inner = (frame){.outer = outer};
    }
    return inner;
}

/* Adds the digits of `text`, bracket by bracket; false if the brackets are wrong. */
static bool add_up(ch_stack *stack, const char *text, long *sum) {
    frame *at = enter(stack, NULL);
    for (; at != NULL && *text != 0; text++) {
        if (*text == '(') {
            at = enter(stack, at);
        } else if (*text == ')') {
            frame *outer = at->outer;
            if (outer == NULL) {
                return false;
            }
            outer->sum += at->sum;
            if (ch_stack_free(stack, at, sizeof *at) != CH_OK) {
                return false;
            }
            at = outer;
        } else if (*text >= '0' && *text <= '9') {
            at->sum += *text - '0';
        }
    }
    if (at == NULL || at->outer != NULL) {
        return false;
    }
    *sum = at->sum;
    return ch_stack_free(stack, at, sizeof *at) == CH_OK;
}

int main(void) {
    static CH_ALIGNED(16) uint8_t memory[1024];
    static const char *const TEXTS[] = {"1 (2 3 (4)) 5", "(1", "1)", "((((9))))"};
    const ch_stack_options options = {.watermarks_max = 4, .name = "frames"};
    ch_stack stack;
    if (ch_stack_init(&stack, memory, sizeof memory, &options) != CH_OK) {
        return 1;
    }
    for (size_t i = 0; i < 4; i++) {
        long sum = 0;
        if (ch_stack_mark(&stack) != CH_OK) {
            return 1;
        }
        bool right = add_up(&stack, TEXTS[i], &sum);
        if (ch_stack_release(&stack) != CH_OK) { /* whatever was left is gone */
            return 1;
        }
        if (right) {
            printf("%-14s is %ld\n", TEXTS[i], sum);
        } else {
            printf("%-14s is wrong\n", TEXTS[i]);
        }
    }
    printf("in use afterwards: %zu, at most: %zu of %zu bytes\n", ch_stack_used(&stack),
           ch_stack_peak(&stack), ch_stack_capacity(&stack));
    return ch_stack_fini(&stack) == CH_OK ? 0 : 1;
}
