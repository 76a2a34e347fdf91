/* planted.c: hot functions that reach the heap in ways that are easy to miss, and some that do not.
 * Names tell what prove must say: clean_ PROVEN, bad_ never PROVEN, alloc_ VIOLATION. */
#include <coldheap/hot.h>

#include <stdlib.h>
#include <string.h>

typedef int (*compare_function)(const void *left, const void *right);

static volatile size_t sink;
static void *volatile kept;

/* ---- three calls deep ---- */

__attribute__((noinline)) static void deep_3(size_t size) {
    kept = malloc(size);
}

__attribute__((noinline)) static void deep_2(size_t size) {
    deep_3(size + sink);
}

__attribute__((noinline)) static void deep_1(size_t size) {
    deep_2(size + sink);
}

CH_HOT_FN void alloc_deep(size_t size) {
    if (size > sink) {
        deep_1(size);
    }
}

/* ---- behind the compiler's back ---- */

CH_HOT_FN void alloc_assembly(void) {
    __asm__ volatile("sub $136, %%rsp\n\t"
                     "mov $64, %%edi\n\t"
                     "call malloc@PLT\n\t"
                     "add $136, %%rsp"
                     :
                     :
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

/* ---- through pointers ---- */

static void *(*volatile chosen)(size_t) = malloc;

CH_HOT_FN void bad_pointer(size_t size) {
    kept = chosen(size);
}

struct shape {
    size_t (*area)(size_t side);
};

__attribute__((noinline)) static size_t boxed(size_t side) {
    size_t *box = malloc(sizeof *box);
    size_t area = side * side;
    kept = box;
    return area;
}

__attribute__((noinline)) static size_t plain(size_t side) {
    return side * side + sink;
}

struct shape shapes[2] = {{plain}, {boxed}};

CH_HOT_FN size_t bad_table(size_t index) {
    return shapes[index & 1].area(index);
}

CH_HOT_FN void alloc_tail(size_t size) {
    deep_1(size);
}

/* ---- by the library's help ---- */

static int compare_allocating(const void *left, const void *right) {
    kept = malloc(8);
    return *(const int *)left - *(const int *)right;
}

CH_HOT_FN void bad_callback(int *numbers, size_t count) {
    qsort(numbers, count, sizeof *numbers, compare_allocating);
}

CH_HOT_FN void alloc_strdup(const char *text) {
    kept = strdup(text);
}

/* ---- without end ---- */

struct tree {
    struct tree *left, *right;
};

__attribute__((noinline)) static size_t depth_of(const struct tree *tree) {
    if (tree == NULL) {
        return 0;
    }
    size_t left = depth_of(tree->left);
    size_t right = depth_of(tree->right);
    return 1 + (left > right ? left : right);
}

CH_HOT_FN size_t bad_recursion(const struct tree *tree) {
    return depth_of(tree);
}

CH_HOT_FN size_t bad_frame(size_t size) {
    volatile char bytes[size + 1];
    bytes[size] = 1;
    return bytes[size];
}

/* ---- clean ---- */

CH_HOT_FN size_t clean_loop(const unsigned char *bytes, size_t size) {
    size_t hash = 14695981039346656037u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 1099511628211u;
    }
    return hash;
}

CH_HOT_FN size_t clean_switch(unsigned code, size_t value) {
    switch (code) {
    case 0:
        return value + sink;
    case 1:
        return value * 3;
    case 2:
        return value ^ sink;
    case 3:
        return value << 2;
    case 4:
        return value / 7;
    case 5:
        return plain(value);
    case 6:
        return value % 11;
    default:
        return 0;
    }
}

#ifndef ch_static
CH_HOT_FN size_t clean_scope(size_t value) {
    CH_HOT_SCOPE("clean");
    return plain(value);
}
#else
#define clean_scope clean_loop_of
static size_t clean_loop_of(size_t value) {
    return value;
}
#endif

CH_HOT_FN size_t clean_copy(char *target, const char *source, size_t size) {
    memcpy(target, source, size);
    return size;
}

CH_PERMIT_FN("told once, when the engine stops") static void report(void) {
    kept = malloc(100);
}

CH_HOT_FN size_t clean_permitted(size_t value) {
    if (value == 0) {
        report();
    }
    return value;
}

int main(void) {
    char copied[4];
    int numbers[2] = {2, 1};
    alloc_deep(1);
    alloc_assembly();
    bad_pointer(1);
    alloc_tail(1);
    bad_callback(numbers, 2);
    alloc_strdup("");
    return (int)(bad_table(1) + bad_recursion(NULL) + bad_frame(4 + sink) + clean_switch(9, 1) +
                 clean_scope(1) + clean_copy(copied, "abc", 4) + clean_permitted(1) +
                 clean_loop((const unsigned char *)copied, 3)) &
           1;
}
