/* evmc12_slots.h: a lock-free pool of equal slots of address space, each committed when it is first
 * taken. Slots are aligned to their stride, a power of two, so the slot that holds an address is
 * found from the address alone.
 *
 *   region | ... head of the owner ... | notes | pad | slot 0 | slot 1 | ... |
 *
 * Any thread may acquire and release at any time. Acquire prefers the slot released last: its pages
 * and caches are warm. */
#ifndef CHEVMI_EVMC12_SLOTS_H
#define CHEVMI_EVMC12_SLOTS_H

#include <coldheap/base.h>
#include <coldheap/region.h>
#include <coldheap/status.h>

#include <stdatomic.h>

#define CHEVMI_SLOT_LOG2_MIN  23u /* strides are 2^23, 2^25 ... 2^37 bytes */
#define CHEVMI_SLOT_LOG2_MAX  37u
#define CHEVMI_SLOT_COUNT_MAX (UINT32_C(1) << 20)

/* What is known of a slot outside it: its bytes may have no pages yet. */
typedef struct chevmi_slot_note {
    _Atomic uint32_t next; /* free list: index + 1 of the next free slot, 0 at the end */
    bool ready;            /* committed; written by the slot's holder only */
} chevmi_slot_note;

typedef struct chevmi_slots {
    ch_region *region;
    chevmi_slot_note *notes;
    uint8_t *first;
    size_t slot_bytes; /* committed of each slot */
    uint32_t stride_log2;
    uint32_t count;
    _Atomic uint32_t fresh; /* slots 0 .. fresh-1 have been taken at least once */
    _Atomic uint64_t free;  /* change count << 32 | index + 1 of the slot released last */
    atomic_flag committing;
} chevmi_slots;

/* chevmi_slots_footprint is the bytes of region that `count` slots need, 0 if the arguments are out
 * of range: count 1 .. CHEVMI_SLOT_COUNT_MAX, slot_bytes 1 .. 2^37. */
size_t chevmi_slots_footprint(uint32_t count, size_t slot_bytes);

/* chevmi_slots_init lays the pool out in region from offset (a multiple of 4096) on, which must
 * have the footprint's bytes. Returns CH_OK, CH_EINVAL, CH_ERANGE, CH_ENOMEM. */
ch_status chevmi_slots_init(chevmi_slots *slots, ch_region *region, size_t offset, uint32_t count,
                            size_t slot_bytes);

/* chevmi_slots_acquire takes a slot; its first slot_bytes may be used and are zero the first time.
 * NULL if all are taken, or the system refuses pages for one. */
void *chevmi_slots_acquire(chevmi_slots *slots);

/* chevmi_slots_release gives back what acquire gave. */
void chevmi_slots_release(chevmi_slots *slots, void *slot);

/* Slots taken now, O(count), while nobody takes or gives; slots ever taken are 0 ..
 * chevmi_slots_used()-1, some perhaps never committed (NULL). */
uint32_t chevmi_slots_held(const chevmi_slots *slots);
uint32_t chevmi_slots_used(const chevmi_slots *slots);
void *chevmi_slots_at(chevmi_slots *slots, uint32_t index);
uint32_t chevmi_slots_index(const chevmi_slots *slots, const void *slot);

/* chevmi_slot_of is the slot of this stride that holds `address`. */
CH_INLINE void *chevmi_slot_of(const void *address, uint32_t stride_log2) {
    return (void *)((uintptr_t)address >> stride_log2 << stride_log2);
}

#endif
