/* start.c: a program without libc: its own entry, its own four mem* functions, and the freestanding
 * subset of the library. Uses arena, stack, pool, slab, map and ring; exits with 7 if each did what
 * it must, else with the number of the step that failed. */
#include <stdint.h>

#include <coldheap/arena.h>
#include <coldheap/pool.h>
#include <coldheap/slab.h>
#include <coldheap/stack.h>

#define CH_MAP_NAME  table
#define CH_MAP_KEY   uint32_t
#define CH_MAP_VALUE uint32_t
#define CH_MAP_CAP   64
#include <coldheap/tmpl/map.h>

#define CH_RING_NAME queue
#define CH_RING_TYPE uint32_t
#define CH_RING_CAP  5
#include <coldheap/tmpl/ring.h>

enum { PASSED = 7, ARENA = 11, STACK, POOL, MAP, SLAB, RING, REGION };

_Noreturn void program(void);

/* ---- What a compiler may call ---------------------------------------------------------------- */

void *memcpy(void *restrict target, const void *restrict source, size_t size) {
    uint8_t *to = target;
    const uint8_t *from = source;
    for (size_t i = 0; i < size; i++) {
        to[i] = from[i];
    }
    return target;
}

void *memmove(void *target, const void *source, size_t size) {
    uint8_t *to = target;
    const uint8_t *from = source;
    const int up = (uintptr_t)to < (uintptr_t)from;
    for (size_t i = 0; i < size; i++) {
        const size_t at = up ? i : size - 1 - i;
        to[at] = from[at];
    }
    return target;
}

void *memset(void *target, int value, size_t size) {
    uint8_t *to = target;
    for (size_t i = 0; i < size; i++) {
        to[i] = (uint8_t)value;
    }
    return target;
}

int memcmp(const void *a, const void *b, size_t size) {
    const uint8_t *left = a;
    const uint8_t *right = b;
    for (size_t i = 0; i < size; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

/* ---- Entry and exit -------------------------------------------------------------------------- */

#if defined(__x86_64__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call program\n");
static _Noreturn void leave(long status) {
    __asm__ volatile("syscall" : : "a"(231L), "D"(status) : "rcx", "r11", "memory");
    __builtin_unreachable();
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: mov x29, #0\n mov x30, #0\n bl program\n");
static _Noreturn void leave(long status) {
    register long number __asm__("x8") = 94;
    register long first __asm__("x0") = status;
    __asm__ volatile("svc #0" : : "r"(number), "r"(first) : "memory");
    __builtin_unreachable();
}
#else
#error "start.c: no entry for this machine"
#endif

/* ---- The steps ------------------------------------------------------------------------------- */

static CH_ALIGNED(4096) uint8_t memory[1u << 20];

static bool arena_works(void) {
    ch_arena arena;
    bool right = ch_arena_init(&arena, memory, 1000, NULL) == CH_OK;
    const ch_arena_point point = ch_arena_mark(&arena);
    right = right && ch_arena_alloc(&arena, 999, 1) == memory &&
            ch_arena_alloc(&arena, 2, 1) == NULL && ch_arena_release(&arena, point) == CH_OK &&
            ch_arena_used(&arena) == 0 && ch_arena_check(&arena, NULL) == CH_OK;
    return right && ch_arena_fini(&arena) == CH_OK;
}

static bool stack_works(void) {
    const ch_stack_options options = {.watermarks_max = 4};
    ch_stack stack;
    bool right = ch_stack_init(&stack, memory, 1024, &options) == CH_OK &&
                 ch_stack_mark(&stack) == CH_OK && ch_stack_alloc(&stack, 100, 64) != NULL &&
                 ch_stack_release(&stack) == CH_OK && ch_stack_release(&stack) == CH_EEMPTY;
    return right && ch_stack_used(&stack) == 0 && ch_stack_fini(&stack) == CH_OK;
}

static bool pool_works(void) {
    const ch_pool_options options = {.object_bytes = 24, .align = 8, .count = 100};
    ch_pool pool;
    bool right = ch_pool_init(&pool, memory, sizeof memory, &options) == CH_OK;
    for (size_t i = 0; right && i < 100; i++) {
        right = ch_pool_acquire(&pool) == memory + 24 * i;
    }
    right = right && ch_pool_acquire(&pool) == NULL && ch_pool_release(&pool, memory) == CH_OK &&
            ch_pool_acquire(&pool) == memory && ch_pool_check(&pool, NULL) == CH_OK;
    return right && ch_pool_fini(&pool) == CH_OK;
}

static bool map_works(void) {
    static table map;
    bool right = table_init(&map, 1) == CH_OK;
    for (uint32_t key = 0; right && key < 64; key++) {
        const uint32_t square = key * key;
        right = table_put(&map, &key, &square) == CH_OK;
    }
    for (uint32_t key = 0; right && key < 64; key += 2) {
        right = *table_get(&map, &key) == key * key && table_remove(&map, &key) == CH_OK;
    }
    return right && table_count(&map) == 32 && table_check(&map, NULL) == CH_OK;
}

/* Pages of the caller's memory: a region without a system. */
static bool slab_works(void) {
    const ch_slab_options options = {.table = CH_SLAB_28};
    ch_region region;
    ch_slab slab;
    bool right = ch_region_from(&region, memory, sizeof memory) == CH_OK &&
                 ch_slab_init_region(&slab, &region, &options) == CH_OK;
    void *small = right ? ch_slab_acquire(&slab, 10) : NULL;
    void *large = right ? ch_slab_acquire(&slab, 4000) : NULL;
    return right && small != NULL && large != NULL && ch_slab_usable_size(&slab, small) >= 10 &&
           ch_slab_release(&slab, large) == CH_OK && ch_slab_release(&slab, small) == CH_OK &&
           ch_slab_check(&slab, NULL) == CH_OK && ch_slab_fini(&slab) == CH_OK;
}

static bool ring_works(void) {
    static queue ring;
    bool right = queue_init(&ring) == CH_OK;
    uint32_t out = 0;
    for (uint32_t i = 0; right && i < 5; i++) {
        right = queue_push(&ring, &i) == CH_OK;
    }
    const uint32_t sixth = 6;
    return right && queue_push(&ring, &sixth) == CH_EFULL && queue_pop(&ring, &out) == CH_OK &&
           out == 0;
}

static bool regions_need_a_system(void) {
    ch_region region;
    return ch_region_reserve(&region, &(ch_region_options){.size_bytes = 4096}) == CH_EUNSUP;
}

void program(void) {
    static bool (*const steps[])(void) = {arena_works, stack_works, pool_works,           map_works,
                                          slab_works,  ring_works,  regions_need_a_system};
    for (int i = 0; i <= REGION - ARENA; i++) {
        if (!steps[i]()) {
            leave(ARENA + i);
        }
    }
    leave(PASSED);
}
