/* walk.c: up the stack, frame by frame. Nearly every frame is one word of shortcut.h; those of
 * signal handlers and other rare ones go by rules.h; code without rules is believed to keep frame
 * pointers as long as they lie in the thread's own stack. A frame that needs a register which the
 * short way does not follow makes the walk begin again with all of them.
 *
 * Memory is read between the stack pointer of the frame and the end of the stack only. */
#include "walk.h"

#include "machine.h"
#include "ranges.h"
#include "shortcut.h"

#define WORD      sizeof(uintptr_t)
#define STEPS_MAX 65536u
#define KNOWN_BITS                                                                                 \
    (UINT32_C(1) << CHI_REGISTER_RBP | UINT32_C(1) << CHI_REGISTER_RSP |                           \
     UINT32_C(1) << CHI_REGISTER_PC)

typedef struct walk {
    uintptr_t pc;
    uintptr_t at; /* an address in the instruction: pc - 1, or pc if it was interrupted */
    uintptr_t sp;
    uintptr_t bp;
    uintptr_t high; /* end of the stack */
    uint64_t salt;
    bool whole;   /* the registers below are right, and are used */
    bool lacking; /* it ended for want of a register */
    chi_registers registers;
} walk;

static uintptr_t word_at(uintptr_t address) {
    return *(const uintptr_t *)address;
}

/* Is there a word at `address`, not below the stack pointer? */
CH_INLINE bool has_word(const walk *w, uintptr_t address) {
    return address >= w->sp && address <= w->high - WORD && address % WORD == 0;
}

CH_INLINE bool go(walk *w, uintptr_t pc, uintptr_t sp, uintptr_t bp) {
    w->pc = pc;
    w->at = pc - 1;
    w->sp = sp;
    w->bp = bp;
    return pc != 0;
}

/* One frame by rules, with all registers that are known. */
CH_COLD static bool step_by_rules(walk *w) {
    chi_registers *registers = &w->registers;
    if (!w->whole) {
        registers->known = KNOWN_BITS;
        registers->values[CHI_REGISTER_RBP] = w->bp;
        registers->values[CHI_REGISTER_RSP] = w->sp;
        registers->values[CHI_REGISTER_PC] = w->pc;
    }
    registers->low = w->sp;
    registers->high = w->high;
    bool interrupted = false;
    const chi_machine_end end = chi_machine_step(registers, &interrupted, w->at);
    w->lacking = end == CHI_MACHINE_LACKS;
    if (end != CHI_MACHINE_GOES_ON) {
        return false;
    }
    const uintptr_t sp = registers->values[CHI_REGISTER_RSP];
    if (interrupted) {
        w->high = chi_machine_stack_end(sp);
    } else if (sp <= w->sp) {
        return false;
    }
    if ((registers->known & KNOWN_BITS) != KNOWN_BITS) {
        registers->values[CHI_REGISTER_RBP] = 0;
    }
    go(w, registers->values[CHI_REGISTER_PC], sp, registers->values[CHI_REGISTER_RBP]);
    w->at = interrupted ? w->pc : w->pc - 1;
    return w->pc != 0 && sp <= w->high;
}

/* No rules: where the frame pointer points, if that can be and leads to code. */
CH_COLD static bool step_by_pointer(walk *w) {
    if (!chi_guard_own_stack(w->sp) || !has_word(w, w->bp) || !has_word(w, w->bp + WORD)) {
        return false;
    }
    const uintptr_t pc = word_at(w->bp + WORD);
    if (pc == 0 || (chi_shortcut(pc - 1, w->salt) & CHI_SHORTCUT_WAY) == CHI_WAY_OUTSIDE) {
        return false;
    }
    w->whole = false;
    return go(w, pc, w->bp + 2 * WORD, word_at(w->bp));
}

CH_COLD static bool step_rarely(walk *w, uint64_t word) {
    uintptr_t cfa;
    uintptr_t bp;
    switch ((chi_way)(word & CHI_SHORTCUT_WAY)) {
    case CHI_WAY_BASE:
        cfa = w->bp + chi_shortcut_cfa(word);
        bp = chi_shortcut_slot(word) == 0 ? w->bp : cfa - chi_shortcut_slot(word);
        break;
    case CHI_WAY_ALIGNED:
        bp = w->bp;
        if (!has_word(w, bp - chi_shortcut_cfa(word))) {
            return false;
        }
        cfa = word_at(bp - chi_shortcut_cfa(word));
        break;
    case CHI_WAY_RULES:
        return step_by_rules(w);
    case CHI_WAY_NONE:
        return step_by_pointer(w);
    default:
        return false;
    }
    if (!has_word(w, cfa - WORD) || cfa <= w->sp) {
        return false;
    }
    if (bp == w->bp && (word & CHI_SHORTCUT_WAY) == CHI_WAY_BASE) {
        return go(w, word_at(cfa - WORD), cfa, bp);
    }
    return has_word(w, bp) && go(w, word_at(cfa - WORD), cfa, word_at(bp));
}

/* To the frame before. False: there is none, or no way to it. */
CH_INLINE bool step(walk *w, uint64_t word) {
    const uint64_t way = word & CHI_SHORTCUT_WAY;
    if (CH_UNLIKELY(w->whole)) {
        return way == CHI_WAY_NONE ? step_by_pointer(w) : step_by_rules(w);
    }
    if (CH_LIKELY(way == CHI_WAY_FRAME)) {
        const uintptr_t bp = w->bp;
        if (CH_UNLIKELY(!has_word(w, bp) || bp > w->high - 2 * WORD)) {
            return false;
        }
        return go(w, word_at(bp + WORD), bp + 2 * WORD, word_at(bp));
    }
    if (CH_LIKELY(way == CHI_WAY_STACK)) {
        const uintptr_t cfa = w->sp + chi_shortcut_cfa(word);
        if (CH_UNLIKELY(cfa > w->high)) {
            return false;
        }
        const uintptr_t slot = chi_shortcut_slot(word);
        return go(w, word_at(cfa - WORD), cfa, slot == 0 ? w->bp : word_at(cfa - slot));
    }
    return step_rarely(w, word);
}

/* From the frame of a function of ours to the caller. */
CH_INLINE bool begin(walk *w, const void *caller, const void *frame) {
    const uintptr_t sp = (uintptr_t)frame;
    w->salt = chi_shortcut_salt();
    w->whole = false;
    w->lacking = false;
    const chi_guard_thread *self = &chi_guard_self;
    w->high = CH_LIKELY(sp >= self->stack_low && sp < self->stack_high) ? self->stack_high
                                                                        : chi_machine_stack_end(sp);
    w->sp = sp;
    if (w->high < sp + 2 * WORD || sp % WORD != 0) {
        return false;
    }
    go(w, word_at(sp + WORD), sp + 2 * WORD, word_at(sp));
    for (unsigned own = 0; w->pc != (uintptr_t)caller; own++) {
        if (own == CHI_WALK_OWN_MAX || !step(w, chi_shortcut(w->at, w->salt))) {
            return false;
        }
    }
    return true;
}

/* The same with all registers, from here on. */
CH_COLD CH_NOINLINE static bool begin_whole(walk *w, const void *caller) {
    chi_machine_capture(&w->registers);
    const uintptr_t sp = w->registers.values[CHI_REGISTER_RSP];
    w->whole = true;
    w->lacking = false;
    w->high = chi_machine_stack_end(sp);
    w->sp = sp;
    w->pc = w->registers.values[CHI_REGISTER_PC];
    w->at = w->pc;
    for (unsigned own = 0; w->pc != (uintptr_t)caller; own++) {
        if (own == CHI_WALK_OWN_MAX || !step_by_rules(w)) {
            return false;
        }
    }
    return true;
}

CH_INLINE size_t collect(walk *w, const void **frames, size_t frame_max) {
    size_t count = 0;
    do {
        frames[count++] = (const void *)w->pc;
    } while (count < frame_max && step(w, chi_shortcut(w->at, w->salt)));
    return count;
}

size_t chi_guard_walk(const void **frames, size_t frame_max, const void *caller,
                      const void *frame) {
    walk w;
    size_t count = 0;
    if (frame_max == 0) {
        return 0;
    }
    if (CH_LIKELY(begin(&w, caller, frame))) {
        count = collect(&w, frames, frame_max);
    }
    if (CH_UNLIKELY(w.lacking) && begin_whole(&w, caller)) {
        count = collect(&w, frames, frame_max);
    }
    if (count == 0) {
        frames[count++] = caller;
    }
    return count;
}

CH_INLINE size_t hot_frame(walk *w, const void **at) {
    for (size_t steps = 0; steps < STEPS_MAX; steps++) {
        const uint64_t word = chi_shortcut(w->at, w->salt);
        if (CH_UNLIKELY((word & CHI_SHORTCUT_HOT) != 0)) {
            *at = (const void *)w->pc;
            return (size_t)(word >> CHI_SHORTCUT_RANGE_SHIFT & CHI_SHORTCUT_RANGE);
        }
        if (!step(w, word)) {
            break;
        }
    }
    return CHI_RANGES_MAX;
}

size_t chi_guard_walk_hot(const void **at, const void *caller, const void *frame) {
    walk w;
    size_t range = CHI_RANGES_MAX;
    if (CH_LIKELY(begin(&w, caller, frame))) {
        range = hot_frame(&w, at);
    }
    if (CH_UNLIKELY(w.lacking) && begin_whole(&w, caller)) {
        range = hot_frame(&w, at);
    }
    return range;
}
