/* classes.c: one hot function for each class of finding and for each thing that is easily taken for
 * one. classes_test.sh says what is expected of each. */
#include <coldheap/hot.h>

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile size_t sink;
static void *volatile kept;

/* ---- ASM-CALL ---- */

__attribute__((noinline, used)) void called_by_assembly(void) {
    sink++;
}

CH_HOT_FN void asm_clean(void) {
    __asm__ volatile("sub $136, %%rsp\n\t"
                     "call called_by_assembly@PLT\n\t"
                     "add $136, %%rsp"
                     :
                     :
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

CH_HOT_FN void asm_jump(void) {
    __asm__ volatile("lea 1f(%%rip), %%rax\n\t"
                     "push %%rax\n\t"
                     "jmp malloc@PLT\n\t"
                     "1:"
                     :
                     :
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

/* ---- computed calls ---- */

typedef size_t (*operation)(size_t value);

__attribute__((noinline)) static size_t op_add(size_t value) {
    return value + sink;
}

__attribute__((noinline)) static size_t op_box(size_t value) {
    kept = malloc(value);
    return value;
}

operation volatile apply_add = op_add;
operation volatile apply_box = op_box;

CH_HOT_FN size_t indirect(size_t value, operation apply) {
    return apply(value) + 1;
}

static int by_size(const void *left, const void *right) {
    return (int)(*(const size_t *)left > *(const size_t *)right);
}

CH_HOT_FN void searched(const size_t *numbers, size_t count, size_t wanted) {
    kept = lfind(&wanted, numbers, &count, sizeof *numbers, by_size);
}

CH_HOT_FN size_t computed_goto(const unsigned char *code, size_t value) {
    static const void *const LABELS[] = {&&add, &&double_it, &&end};
    goto *LABELS[*code];
add:
    value += sink;
    goto *LABELS[*++code];
double_it:
    value *= 2;
    goto *LABELS[*++code];
end:
    return value;
}

/* ---- recursion and stacks ---- */

static size_t odd(size_t value);

__attribute__((noinline)) static size_t even(size_t value) {
    volatile char bytes[100];
    bytes[value & 63] = 1;
    return value == 0 ? 1u : odd(value - 1) + (size_t)bytes[0];
}

__attribute__((noinline)) static size_t odd(size_t value) {
    volatile char bytes[100];
    bytes[value & 63] = 1;
    return value == 0 ? 0u : even(value - 1) + (size_t)bytes[0];
}

CH_HOT_FN size_t mutual(size_t value) {
    return even(value) + 1;
}

CH_HOT_FN size_t grows(size_t size) {
    char *bytes = __builtin_alloca(size);
    memset(bytes, 1, size);
    kept = bytes;
    return (size_t)bytes[size / 2];
}

CH_HOT_FN size_t large(size_t index) {
    volatile char bytes[200000];
    bytes[index % sizeof bytes] = 1;
    return (size_t)bytes[7];
}

/* ---- the C library and the kernel ---- */

CH_HOT_FN void writes(const char *text, size_t size) {
    sink += (size_t)write(2, text, size);
}

CH_HOT_FN void formats(char *text, size_t size, size_t value) {
    sink += (size_t)snprintf(text, size, "%zu", value);
}

/* ---- permits ---- */

CH_PERMIT_FN("the log is written once a day") static void unscoped(void) {
    kept = malloc(10);
}

CH_PERMIT_FN("a table grows") static void scoped(void) {
    CH_PERMIT_SCOPE("a table grows");
    kept = malloc(10);
}

CH_HOT_FN void permits(size_t value) {
    if (value == 0) {
        unscoped();
    } else if (value == 1) {
        scoped();
    }
}

__attribute__((weak, noinline)) void replaced(void) {
    sink++;
}

CH_HOT_FN void weakly(void) {
    replaced();
}

#ifdef WITH_MAIN
int main(void) {
    char text[20];
    size_t numbers[2] = {1, 2};
    asm_clean();
    asm_jump();
    searched(numbers, 2, 2);
    writes("", 0);
    formats(text, sizeof text, 1);
    permits(2);
    weakly();
    return (int)(indirect(1, apply_add) + indirect(1, apply_box) +
                 computed_goto((const void *)"\2", 1) + mutual(3) + grows(4 + sink) + large(1)) &
           1;
}
#endif
