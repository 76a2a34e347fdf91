/* stacks.c: heap calls from every kind of stack that a C program can have, for compare.c to look
 * at. Compiled in many ways by walk_test.sh. Prints what it did; its answer is not checked. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static volatile unsigned sink;

static NOINLINE void touch(size_t size) {
    char *block = malloc(size);
    sink += block != NULL;
    block = realloc(block, size * 2);
    sink += block != NULL;
    free(block);
}

/* ---- frames of many shapes ---- */

static NOINLINE unsigned small(unsigned depth) {
    touch(16);
    return depth == 0 ? 0 : small(depth - 1) + 1;
}

static NOINLINE unsigned large(unsigned depth) {
    volatile char room[40000];
    room[depth] = 1;
    touch(32);
    return (depth == 0 ? 0 : large(depth - 1)) + (unsigned)room[depth];
}

static NOINLINE unsigned variable(unsigned depth) {
    volatile char room[16 + depth * 24];
    room[0] = 1;
    touch(48);
    return (depth == 0 ? 0 : variable(depth - 1)) + (unsigned)room[0];
}

static NOINLINE unsigned aligned(unsigned depth) {
    volatile char room[64] __attribute__((aligned(64)));
    room[depth % 64] = 1;
    touch(64);
    return (depth == 0 ? 0 : aligned(depth - 1)) + (unsigned)room[depth % 64];
}

static NOINLINE unsigned aligned_variable(unsigned depth) {
    volatile char room[64] __attribute__((aligned(64)));
    volatile char more[16 + depth * 24];
    room[depth % 64] = 1;
    more[0] = 1;
    touch(64);
    return (depth == 0 ? 0 : aligned_variable(depth - 1)) + (unsigned)(room[0] + more[0]);
}

/* Many values live across the call: all registers are saved. */
static NOINLINE unsigned busy(unsigned a, unsigned b, unsigned c, unsigned d, unsigned e,
                              unsigned f) {
    touch(80);
    const unsigned rest = a == 0 ? 0 : busy(a - 1, b + a, c ^ b, d + c, e ^ d, f + e);
    return rest + a * b + c * d + e * f;
}

/* The last call may be a jump. */
static NOINLINE unsigned odd(unsigned depth);
static NOINLINE unsigned even(unsigned depth) {
    touch(96);
    return depth == 0 ? 1 : odd(depth - 1);
}
static NOINLINE unsigned odd(unsigned depth) {
    touch(96);
    return depth == 0 ? 0 : even(depth - 1);
}

static int compare_numbers(const void *a, const void *b) {
    touch(8);
    return *(const int *)a - *(const int *)b;
}

static void sorted(void) {
    int numbers[64];
    for (int i = 0; i < 64; i++) {
        numbers[i] = (i * 37) % 64;
    }
    qsort(numbers, 64, sizeof numbers[0], compare_numbers);
    sink += (unsigned)numbers[0];
}

#ifdef __x86_64__
/* Its frame is found through rbx, which its callee saves: no short way knows where. */
unsigned by_rbx(unsigned (*function)(unsigned), unsigned argument);
__asm__(".text\n\t.globl by_rbx\n\t.type by_rbx, @function\n"
        "by_rbx:\n\t.cfi_startproc\n\t"
        "pushq %rbx\n\t.cfi_def_cfa_offset 16\n\t.cfi_offset %rbx, -16\n\t"
        "movq %rsp, %rbx\n\t.cfi_def_cfa_register %rbx\n\t"
        "subq $256, %rsp\n\tandq $-64, %rsp\n\t"
        "movq %rdi, %rax\n\tmovl %esi, %edi\n\tcall *%rax\n\t"
        "movq %rbx, %rsp\n\t.cfi_def_cfa_register %rsp\n\t"
        "popq %rbx\n\t.cfi_restore %rbx\n\t.cfi_def_cfa_offset 8\n\tret\n\t"
        ".cfi_endproc\n\t.size by_rbx, .-by_rbx\n");

/* No rules at all; and a frame pointer that is none. */
unsigned without_rules(unsigned (*function)(unsigned), unsigned argument);
__asm__(".text\n\t.globl without_rules\n\t.type without_rules, @function\n"
        "without_rules:\n\tpushq %rbp\n\tmovq %rsp, %rbp\n\t"
        "movq %rdi, %rax\n\tmovl %esi, %edi\n\tcall *%rax\n\tpopq %rbp\n\tret\n\t"
        ".size without_rules, .-without_rules\n\t"
        ".globl misleading\n\t.type misleading, @function\n"
        "misleading:\n\tpushq %rbp\n\tmovq $0x1234567, %rbp\n\t"
        "movq %rdi, %rax\n\tmovl %esi, %edi\n\tcall *%rax\n\tpopq %rbp\n\tret\n\t"
        ".size misleading, .-misleading\n\t.section .note.GNU-stack,\"\",@progbits\n\t.text\n");
unsigned misleading(unsigned (*function)(unsigned), unsigned argument);

static void by_assembly(void) {
    sink += by_rbx(small, 5) + by_rbx(large, 3) + by_rbx(variable, 5);
    sink += without_rules(small, 5) + misleading(small, 5);
}
#else
static void by_assembly(void) {
}
#endif

/* ---- other stacks ---- */

static void on_signal(int number) {
    (void)number;
    sink += small(3) + aligned(3);
}

static NOINLINE void raised(int number, int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = flags;
    sigaction(number, &action, NULL);
    raise(number);
}

static void signals(void) {
    static char room[65536];
    const stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    raised(SIGUSR1, 0);
    sigaltstack(&stack, NULL);
    raised(SIGUSR2, SA_ONSTACK);
    *(volatile int *)&sink += 1;
}

/* Interrupted in the middle of an instruction sequence, not in a call: the address is exact. */
static sigjmp_buf back;
static void on_fault(int number) {
    (void)number;
    sink += small(2);
    siglongjmp(back, 1);
}

static NOINLINE void fault(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_fault;
    sigaction(SIGSEGV, &action, NULL);
    if (sigsetjmp(back, 1) == 0) {
        *(volatile int *)(uintptr_t)8 = 1;
    }
}

static ucontext_t main_context;
static ucontext_t fibre_context;
static void fibre(void) {
    sink += small(10) + busy(6, 1, 2, 3, 4, 5);
    swapcontext(&fibre_context, &main_context);
    sink += variable(6);
}

static void fibres(void) {
    char *room = malloc(262144);
    getcontext(&fibre_context);
    fibre_context.uc_stack.ss_sp = room;
    fibre_context.uc_stack.ss_size = 262144;
    fibre_context.uc_link = &main_context;
    makecontext(&fibre_context, fibre, 0);
    swapcontext(&main_context, &fibre_context);
    touch(10);
    swapcontext(&main_context, &fibre_context);
    free(room);
}

static void *thread(void *argument) {
    (void)argument;
    sink += small(20) + large(4) + busy(8, 1, 2, 3, 4, 5);
    sorted();
    raised(SIGUSR1, 0);
    return NULL;
}

static void threads(void) {
    pthread_t ids[4];
    for (int i = 0; i < 4; i++) {
        pthread_create(&ids[i], NULL, thread, NULL);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(ids[i], NULL);
    }
}

/* ---- files that come and go ---- */

static void plugins(const char *const *paths, int count) {
    for (int i = 0; i < 20; i++) {
        void *library = dlopen(paths[i % count], RTLD_NOW);
        unsigned (*run)(unsigned) =
            library != NULL ? (unsigned (*)(unsigned))dlsym(library, "plugin_run") : NULL;
        if (run == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            exit(2);
        }
        sink += run(6);
        dlclose(library);
    }
}

static void at_exit(void) {
    touch(7);
}

__attribute__((constructor)) static void before(void) {
    touch(5);
}

int main(int count, char **arguments) {
    atexit(at_exit);
    sink += small(100) + large(20) + variable(30) + aligned(30) + aligned_variable(30);
    sink += busy(30, 1, 2, 3, 4, 5) + even(20);
    sorted();
    by_assembly();
    signals();
    fault();
    fibres();
    threads();
    if (count > 1) {
        plugins((const char *const *)arguments + 1, count - 1);
    }
    sink += small(5000);
    puts("done");
    return 0;
}
