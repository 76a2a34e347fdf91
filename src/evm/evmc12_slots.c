/* evmc12_slots.c: the free list is a stack of indices whose head carries a change count, so that a
 * slot taken and released between a thread's look and its swap is noticed. Committing pages is rare
 * and not safe on several threads: one flag guards it. */
#include "evmc12_slots.h"

#define PAGE_BYTES ((size_t)4096)

static size_t page_up(size_t size) {
    return (size + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* Exponent of the stride, 0 if slot_bytes is out of range. */
static uint32_t stride_log2_for(size_t slot_bytes) {
    for (uint32_t log2 = CHEVMI_SLOT_LOG2_MIN; log2 <= CHEVMI_SLOT_LOG2_MAX; log2 += 2) {
        if (slot_bytes != 0 && log2 < 8 * sizeof(size_t) && slot_bytes <= (size_t)1 << log2) {
            return log2;
        }
    }
    return 0;
}

size_t chevmi_slots_footprint(uint32_t count, size_t slot_bytes) {
    const uint32_t log2 = stride_log2_for(slot_bytes);
    if (log2 == 0 || count == 0 || count > CHEVMI_SLOT_COUNT_MAX) {
        return 0;
    }
    if ((size_t)count + 2 > (SIZE_MAX / 2) >> log2) {
        return 0;
    }
    return page_up(count * sizeof(chevmi_slot_note)) + (((size_t)count + 1) << log2);
}

ch_status chevmi_slots_init(chevmi_slots *slots, ch_region *region, size_t offset, uint32_t count,
                            size_t slot_bytes) {
    const size_t footprint = chevmi_slots_footprint(count, slot_bytes);
    if (footprint == 0 || offset % PAGE_BYTES != 0) {
        return CH_EINVAL;
    }
    if (offset > region->size_bytes || footprint > region->size_bytes - offset) {
        return CH_ERANGE;
    }
    const size_t notes_bytes = page_up(count * sizeof(chevmi_slot_note));
    const ch_status status = ch_region_commit(region, offset, notes_bytes);
    if (status != CH_OK) {
        return status;
    }
    const uint32_t log2 = stride_log2_for(slot_bytes);
    const uintptr_t behind = (uintptr_t)region->base + offset + notes_bytes;
    const uintptr_t first = ((behind - 1) >> log2 << log2) + ((uintptr_t)1 << log2);
    slots->region = region;
    slots->notes = (chevmi_slot_note *)(void *)(region->base + offset);
    slots->first = region->base + (first - (uintptr_t)region->base);
    slots->slot_bytes = page_up(slot_bytes);
    slots->stride_log2 = log2;
    slots->count = count;
    atomic_init(&slots->fresh, 0);
    atomic_init(&slots->free, 0);
    atomic_flag_clear(&slots->committing);
    return CH_OK;
}

void *chevmi_slots_at(chevmi_slots *slots, uint32_t index) {
    return slots->notes[index].ready ? slots->first + ((size_t)index << slots->stride_log2) : NULL;
}

uint32_t chevmi_slots_index(const chevmi_slots *slots, const void *slot) {
    return (uint32_t)((size_t)((const uint8_t *)slot - slots->first) >> slots->stride_log2);
}

/* Takes the index on top of the free list; slots->count if there is none. */
static uint32_t pop(chevmi_slots *slots) {
    uint64_t head = atomic_load_explicit(&slots->free, memory_order_acquire);
    while ((uint32_t)head != 0) {
        const uint32_t index = (uint32_t)head - 1;
        const uint32_t next = atomic_load_explicit(&slots->notes[index].next, memory_order_relaxed);
        const uint64_t wanted = ((head >> 32) + 1) << 32 | next;
        if (atomic_compare_exchange_weak_explicit(&slots->free, &head, wanted, memory_order_acquire,
                                                  memory_order_acquire)) {
            return index;
        }
    }
    return slots->count;
}

static void push(chevmi_slots *slots, uint32_t index) {
    uint64_t head = atomic_load_explicit(&slots->free, memory_order_relaxed);
    uint64_t wanted;
    do {
        atomic_store_explicit(&slots->notes[index].next, (uint32_t)head, memory_order_relaxed);
        wanted = ((head >> 32) + 1) << 32 | (index + 1);
    } while (!atomic_compare_exchange_weak_explicit(&slots->free, &head, wanted,
                                                    memory_order_release, memory_order_relaxed));
}

/* Takes an index nobody had before; slots->count if there is none. */
static uint32_t take_fresh(chevmi_slots *slots) {
    uint32_t index = atomic_load_explicit(&slots->fresh, memory_order_relaxed);
    while (index < slots->count) {
        if (atomic_compare_exchange_weak_explicit(&slots->fresh, &index, index + 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            return index;
        }
    }
    return slots->count;
}

/* Commits the pages of a slot that the calling thread holds. */
static CH_COLD bool make_ready(chevmi_slots *slots, uint32_t index) {
    while (atomic_flag_test_and_set_explicit(&slots->committing, memory_order_acquire)) {
        /* a system call's time at most */
    }
    const size_t offset =
        (size_t)(slots->first - slots->region->base) + ((size_t)index << slots->stride_log2);
    slots->notes[index].ready = ch_region_commit(slots->region, offset, slots->slot_bytes) == CH_OK;
    atomic_flag_clear_explicit(&slots->committing, memory_order_release);
    return slots->notes[index].ready;
}

void *chevmi_slots_acquire(chevmi_slots *slots) {
    uint32_t index = pop(slots);
    if (index == slots->count) {
        index = take_fresh(slots);
    }
    if (index == slots->count) {
        return NULL;
    }
    if (CH_UNLIKELY(!slots->notes[index].ready) && !make_ready(slots, index)) {
        push(slots, index);
        return NULL;
    }
    return slots->first + ((size_t)index << slots->stride_log2);
}

void chevmi_slots_release(chevmi_slots *slots, void *slot) {
    const uint32_t index = chevmi_slots_index(slots, slot);
    CH_REQUIRE(index < slots->count && chevmi_slot_of(slot, slots->stride_log2) == slot);
    push(slots, index);
}

uint32_t chevmi_slots_held(const chevmi_slots *slots) {
    uint32_t held = chevmi_slots_used(slots);
    uint32_t next = (uint32_t)atomic_load_explicit(&slots->free, memory_order_acquire);
    while (next != 0 && held > 0) {
        held--;
        next = atomic_load_explicit(&slots->notes[next - 1].next, memory_order_relaxed);
    }
    return held;
}

uint32_t chevmi_slots_used(const chevmi_slots *slots) {
    return atomic_load_explicit(&slots->fresh, memory_order_relaxed);
}
