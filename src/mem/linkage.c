/* linkage.c: symbols for the inline functions of the objects, for callers that do not read C
 * headers (other languages, dlsym). C and C++ callers never come here: they inline.
 *
 *  The one idea: each row makes an ordinary function around the inline one and gives it the inline
 * one's name in the object file; in C that name is taken by the header. So no inline function may
 * be left over as a function of its own (flatten, and -O2 in every build). The site that a tracker
 * or a misuse hook sees for such a call lies here, not at the caller. */
#include <coldheap/arena.h>
#include <coldheap/arenas.h>
#include <coldheap/bitset.h>
#include <coldheap/bufpool.h>
#include <coldheap/handles.h>
#include <coldheap/hash.h>
#include <coldheap/local.h>
#include <coldheap/manager.h>
#include <coldheap/pool.h>
#include <coldheap/pools.h>
#include <coldheap/region.h>
#include <coldheap/slab.h>
#include <coldheap/stack.h>
#include <coldheap/track.h>
#include <coldheap/xpool.h>
#include <coldheap/zero.h>

// clang-format off
#define CALLS(SOME, NONE) \
    SOME(void *, ch_arena_alloc, (ch_arena *arena, size_t size_bytes, size_t align), \
         (arena, size_bytes, align)) \
    SOME(ch_arena_point, ch_arena_mark, (const ch_arena *arena), (arena)) \
    SOME(ch_status, ch_arena_release, (ch_arena *arena, ch_arena_point point), (arena, point)) \
    SOME(ch_arena *, ch_arenas_get, (ch_arenas *set, ch_arenas_kind kind), (set, kind)) \
    SOME(size_t, ch_bitset_align, (void), ()) \
    SOME(size_t, ch_bitset_footprint, (size_t bit_count), (bit_count)) \
    SOME(ch_status, ch_bitset_init, \
         (ch_bitset *set, void *memory, size_t size_bytes, size_t bit_count), \
         (set, memory, size_bytes, bit_count)) \
    SOME(ch_status, ch_bitset_set, (ch_bitset *set, size_t index), (set, index)) \
    SOME(ch_status, ch_bitset_clear, (ch_bitset *set, size_t index), (set, index)) \
    SOME(bool, ch_bitset_test, (const ch_bitset *set, size_t index), (set, index)) \
    SOME(ch_status, ch_bitset_test_try, (const ch_bitset *set, bool *out, size_t index), \
         (set, out, index)) \
    SOME(ch_status, ch_bitset_find_first, (const ch_bitset *set, size_t *out), (set, out)) \
    SOME(ch_status, ch_bitset_find_next, (const ch_bitset *set, size_t *out, size_t from), \
         (set, out, from)) \
    SOME(ch_status, ch_bitset_find_gap, (const ch_bitset *set, size_t *out, size_t from), \
         (set, out, from)) \
    SOME(size_t, ch_bitset_count, (const ch_bitset *set), (set)) \
    SOME(size_t, ch_bitset_capacity, (const ch_bitset *set), (set)) \
    NONE(ch_bitset_reset, (ch_bitset *set), (set)) \
    NONE(ch_bitset_fill, (ch_bitset *set), (set)) \
    SOME(ch_status, ch_bitset_check, (const ch_bitset *set, unsigned *invariant), \
         (set, invariant)) \
    SOME(ch_status, ch_bufpool_acquire, (ch_bufpool *pool, ch_buffer *buffer, size_t size_bytes), \
         (pool, buffer, size_bytes)) \
    SOME(ch_status, ch_bufpool_release, (ch_bufpool *pool, ch_buffer *buffer), (pool, buffer)) \
    SOME(ch_status, ch_buffer_write, (ch_buffer *buffer, const void *bytes, size_t size_bytes), \
         (buffer, bytes, size_bytes)) \
    NONE(ch_buffer_read, (const ch_buffer *buffer, const uint8_t **bytes, size_t *size_bytes), \
         (buffer, bytes, size_bytes)) \
    NONE(ch_buffer_reset, (ch_buffer *buffer, bool clear), (buffer, clear)) \
    SOME(size_t, ch_buffer_remaining, (const ch_buffer *buffer), (buffer)) \
    SOME(uint8_t *, ch_buffer_space, (const ch_buffer *buffer), (buffer)) \
    SOME(ch_status, ch_buffer_commit, (ch_buffer *buffer, size_t size_bytes), \
         (buffer, size_bytes)) \
    SOME(ch_status, ch_handles_get, (const ch_handles *table, uint32_t *index, ch_handle handle), \
         (table, index, handle)) \
    SOME(uint64_t, ch_hash_secret, (uint64_t seed), (seed)) \
    SOME(uint64_t, ch_hash_u64, (uint64_t value, uint64_t secret), (value, secret)) \
    SOME(uint64_t, ch_hash_bytes, (const void *bytes, size_t size_bytes, uint64_t secret), \
         (bytes, size_bytes, secret)) \
    SOME(ch_arena *, ch_local_arena, (void), ()) \
    SOME(void *, ch_scratch_alloc, (size_t size_bytes, size_t align), (size_bytes, align)) \
    SOME(ch_arena_point, ch_scratch_mark, (void), ()) \
    SOME(ch_status, ch_scratch_release, (ch_arena_point point), (point)) \
    SOME(ch_stack *, ch_manager_stack, (const ch_manager *manager), (manager)) \
    SOME(ch_pool *, ch_manager_pool, (const ch_manager *manager, size_t kind), (manager, kind)) \
    SOME(ch_arena *, ch_manager_arena, (const ch_manager *manager, size_t kind), (manager, kind)) \
    SOME(ch_tracker *, ch_manager_tracker, (const ch_manager *manager), (manager)) \
    SOME(ch_status, ch_manager_buffer_acquire, \
         (ch_manager *manager, ch_buffer *buffer, size_t size_bytes), \
         (manager, buffer, size_bytes)) \
    SOME(ch_status, ch_manager_buffer_release, (ch_manager *manager, ch_buffer *buffer), \
         (manager, buffer)) \
    SOME(ch_status, ch_manager_arenas_reset, (ch_manager *manager), (manager)) \
    SOME(void *, ch_pool_acquire, (ch_pool *pool), (pool)) \
    SOME(ch_status, ch_pool_release, (ch_pool *pool, void *object), (pool, object)) \
    SOME(void *, ch_pool_get, (const ch_pool *pool, ch_pool_handle handle), (pool, handle)) \
    SOME(void *, ch_pool_acquire_unchecked, (ch_pool *pool), (pool)) \
    NONE(ch_pool_release_unchecked, (ch_pool *pool, void *object), (pool, object)) \
    SOME(ch_pool *, ch_pools_get, (ch_pools *set, size_t kind), (set, kind)) \
    SOME(void *, ch_pools_acquire, (ch_pools *set, size_t kind), (set, kind)) \
    SOME(ch_status, ch_pools_release, (ch_pools *set, size_t kind, void *object), \
         (set, kind, object)) \
    SOME(bool, ch_region_contains, (const ch_region *region, const void *pointer), \
         (region, pointer)) \
    SOME(void *, ch_slab_acquire, (ch_slab *slab, size_t size_bytes), (slab, size_bytes)) \
    SOME(ch_status, ch_slab_release, (ch_slab *slab, void *block), (slab, block)) \
    SOME(ch_status, ch_slab_release_sized, (ch_slab *slab, void *block, size_t size_bytes), \
         (slab, block, size_bytes)) \
    SOME(void *, ch_stack_alloc, (ch_stack *stack, size_t size_bytes, size_t align), \
         (stack, size_bytes, align)) \
    SOME(ch_status, ch_stack_free, (ch_stack *stack, void *block, size_t size_bytes), \
         (stack, block, size_bytes)) \
    SOME(ch_status, ch_stack_mark, (ch_stack *stack), (stack)) \
    SOME(ch_status, ch_stack_release, (ch_stack *stack), (stack)) \
    SOME(bool, ch_tracker_is_enabled, (const ch_tracker *tracker), (tracker)) \
    SOME(void *, ch_xpool_acquire, (ch_xpool_shard *shard), (shard)) \
    SOME(ch_status, ch_xpool_release, (ch_xpool_shard *shard, void *object), (shard, object)) \
    NONE(ch_zero, (void *memory, size_t size_bytes), (memory, size_bytes))
// clang-format on

#define DEFINE_SOME(type, name, parameters, arguments)                                             \
    type chi_call_##name parameters;                                                               \
    __attribute__((flatten)) type chi_call_##name parameters {                                     \
        return name arguments;                                                                     \
    }                                                                                              \
    NAME(name)
#define DEFINE_NONE(name, parameters, arguments)                                                   \
    void chi_call_##name parameters;                                                               \
    __attribute__((flatten)) void chi_call_##name parameters {                                     \
        name arguments;                                                                            \
    }                                                                                              \
    NAME(name)
#define NAME(name)                                                                                 \
    __asm__(".globl " #name "\n.type " #name ", %function\n.set " #name ", chi_call_" #name "\n");

CALLS(DEFINE_SOME, DEFINE_NONE)
