/* tiny.c: a C library of a few functions, one for each class of effect, for table_test.sh. As the
 * shared library (-DSHARED) it differs from its archive in one function. */
#include <stddef.h>

const char *gnu_get_libc_version(void);
int clean_leaf(int x);
int clean_calls(int x);
int clean_switch(int x);
int syscall_direct(int x);
int syscall_tail(int x);
int indirect_call(int (*f)(int), int x);
int indirect_stored(int x);
int unknown_extern(int x);
int unknown_deep(int x);
void *alloc_direct(size_t size);
void *alloc_tail(size_t size);
int alloc_in_shared_only(int x);
int alloc_by_resolver(int x);
int alloc_by_reference(int x);
int ends_only(int x);

static const char banner[] = "GNU C Library (tiny) stable release version 1.0.\nfor tests";

const char *gnu_get_libc_version(void) {
    return banner;
}

extern void *malloc(size_t size);
extern void free(void *block);
extern int nobody_defines_this(int x);
extern void abort(void) __attribute__((noreturn));

int clean_leaf(int x) {
    return x * 3 + 1;
}

int clean_calls(int x) {
    return clean_leaf(x) + clean_leaf(x + 1);
}

int clean_switch(int x) {
    switch (x) {
    case 0:
        return clean_leaf(9);
    case 1:
        return 17;
    case 2:
        return 4;
    case 3:
        return clean_leaf(3);
    case 4:
        return 99;
    case 5:
        return -1;
    case 6:
        return clean_leaf(2) + 2;
    default:
        return 0;
    }
}

int syscall_direct(int x) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(39L) : "rcx", "r11", "memory");
    return (int)result + x;
}

__attribute__((noinline)) static int middle(int x) {
    return syscall_direct(x + 1);
}

int syscall_tail(int x) {
    return middle(x * 2);
}

int indirect_call(int (*f)(int), int x) {
    return f(x) + 1;
}

int (*stored_function)(int) = clean_leaf;

int indirect_stored(int x) {
    return stored_function(x) + 1;
}

int unknown_extern(int x) {
    return nobody_defines_this(x) + 1;
}

int unknown_deep(int x) {
    return unknown_extern(x) + clean_leaf(x);
}

void *alloc_direct(size_t size) {
    return malloc(size + 1);
}

void *alloc_tail(size_t size) {
    return alloc_direct(size + 1);
}

int alloc_in_shared_only(int x) {
#ifdef SHARED
    free(malloc((size_t)x));
#endif
    return x + 1;
}

static int allocating_variant(int x) {
    free(malloc((size_t)x));
    return x;
}

static int clean_variant(int x) {
    return x;
}

static int (*resolve(void))(int) {
    return clean_leaf(1) > 2 ? clean_variant : allocating_variant;
}

int alloc_by_resolver(int x) __attribute__((ifunc("resolve")));

/* The address of a function that allocates is handed to one that calls what it gets. */
int alloc_by_reference(int x) {
    return indirect_call(allocating_variant, x) + 2;
}

int ends_only(int x) {
    if (x < 0) {
        abort();
    }
    return x;
}
