/* machine.c: rare frames. Stacks that are not the thread's own (of signals, of fibres) end where
 * their mapping does; that is kept for a while, since a program switches between few of them. */
#include "machine.h"

#include <errno.h>

#include "code.h"
#include "maps.h"

#define STACKS_LOG  8u
#define GRANULE_LOG 14u /* no stack is smaller */

typedef struct stack_row {
    uint64_t end;
    uint64_t check; /* end ^ number of the granule */
} stack_row;

static stack_row stacks[1u << STACKS_LOG];

chi_machine_end chi_machine_step(chi_registers *registers, bool *interrupted, uintptr_t address) {
    chi_code code;
    chi_rules rules;
    bool outermost = false;
    if (!chi_code_find(&code, address) || !chi_rules_find(&rules, &code, address)) {
        return CHI_MACHINE_ENDS;
    }
    const uint32_t all = (UINT32_C(1) << CHI_REGISTER_RBX) | UINT32_C(1) << CHI_REGISTER_RBP |
                         UINT32_C(0xf) << CHI_REGISTER_R12;
    const bool lacking = (registers->known & all) != all;
    *interrupted = rules.signal_frame;
    if (chi_registers_step(registers, &rules, &outermost)) {
        return CHI_MACHINE_GOES_ON;
    }
    return lacking && !outermost ? CHI_MACHINE_LACKS : CHI_MACHINE_ENDS;
}

typedef struct wanted {
    uintptr_t address;
    uintptr_t end;
} wanted;

static bool visit(void *context, const chi_map_line *line) {
    wanted *w = (wanted *)context;
    if (w->address >= line->start && w->address < line->end && line->readable) {
        w->end = (uintptr_t)line->end;
    }
    return w->address >= line->end;
}

static uintptr_t mapping_end(uintptr_t address) {
    const uint64_t granule = (uint64_t)address >> GRANULE_LOG;
    stack_row *row = &stacks[granule % (1u << STACKS_LOG)];
    const uint64_t end = __atomic_load_n(&row->end, __ATOMIC_RELAXED);
    if ((end ^ __atomic_load_n(&row->check, __ATOMIC_RELAXED)) == granule && end > address) {
        return (uintptr_t)end;
    }
    const int errno_before = errno;
    wanted w = {.address = address};
    (void)chi_maps_each(visit, &w);
    __atomic_store_n(&row->end, (uint64_t)w.end, __ATOMIC_RELAXED);
    __atomic_store_n(&row->check, (uint64_t)w.end ^ granule, __ATOMIC_RELAXED);
    errno = errno_before;
    return w.end;
}

uintptr_t chi_machine_stack_end(uintptr_t address) {
    return chi_guard_own_stack(address) ? chi_guard_self.stack_high : mapping_end(address);
}
