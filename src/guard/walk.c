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

/* Kept in registers by the loops below. pc 0: there is no such frame. */
typedef struct spot {
    uintptr_t pc;
    uintptr_t at; /* an address in the instruction: pc - 1, or pc if it was interrupted */
    uintptr_t sp;
    uintptr_t bp;
} spot;

static const spot nowhere = {0, 0, 0, 0};

typedef struct walk {
    spot from;      /* where a rare step starts */
    uintptr_t high; /* end of the stack */
    uint64_t salt;
    bool whole;   /* the registers below are right */
    bool lacking; /* it ended for want of a register, or never came to the caller */
    chi_registers registers;
} walk;

static uintptr_t word_at(uintptr_t address) {
    return *(const uintptr_t *)address;
}

CH_INLINE spot called(uintptr_t pc, uintptr_t sp, uintptr_t bp) {
    return (spot){.pc = pc, .at = pc - 1, .sp = sp, .bp = bp};
}

/* Is there a word at `address`, not below the stack pointer? */
static bool has_word(const walk *w, spot s, uintptr_t address) {
    return address >= s.sp && address <= w->high - WORD && address % WORD == 0;
}

/* One frame by rules, with all registers that are known. */
CH_COLD static spot step_by_rules(walk *w, spot s) {
    chi_registers *registers = &w->registers;
    uintptr_t *values = registers->values;
    if (!w->whole) {
        registers->known = KNOWN_BITS;
        values[CHI_REGISTER_RBP] = s.bp;
        values[CHI_REGISTER_RSP] = s.sp;
        values[CHI_REGISTER_PC] = s.pc;
    }
    registers->low = s.sp;
    registers->high = w->high;
    bool interrupted = false;
    const chi_machine_end end = chi_machine_step(registers, &interrupted, s.at);
    w->lacking = end == CHI_MACHINE_LACKS;
    const uintptr_t sp = values[CHI_REGISTER_RSP];
    if (end != CHI_MACHINE_GOES_ON || (sp <= s.sp && !interrupted)) {
        return nowhere;
    }
    if (interrupted) {
        w->high = chi_machine_stack_end(sp);
    }
    if ((registers->known & KNOWN_BITS) != KNOWN_BITS) {
        values[CHI_REGISTER_RBP] = 0;
    }
    spot next = called(values[CHI_REGISTER_PC], sp, values[CHI_REGISTER_RBP]);
    next.at = interrupted ? next.pc : next.pc - 1;
    return sp <= w->high ? next : nowhere;
}

/* No rules: where the frame pointer points, if that can be and leads to code. */
CH_COLD static spot step_by_pointer(walk *w, spot s) {
    if (!chi_guard_own_stack(s.sp) || !has_word(w, s, s.bp) || !has_word(w, s, s.bp + WORD)) {
        return nowhere;
    }
    const uintptr_t pc = word_at(s.bp + WORD);
    if (pc == 0 || (chi_shortcut(pc - 1, w->salt) & CHI_SHORTCUT_WAY) == CHI_WAY_OUTSIDE) {
        return nowhere;
    }
    w->whole = false;
    return called(pc, s.bp + 2 * WORD, word_at(s.bp));
}

static spot step_from_base(const walk *w, spot s, uint64_t word) {
    const uintptr_t cfa = s.bp + chi_shortcut_cfa(word);
    const uintptr_t slot = chi_shortcut_slot(word);
    if (cfa <= s.sp || !has_word(w, s, cfa - WORD) || (slot != 0 && !has_word(w, s, cfa - slot))) {
        return nowhere;
    }
    return called(word_at(cfa - WORD), cfa, slot != 0 ? word_at(cfa - slot) : s.bp);
}

static spot step_aligned(const walk *w, spot s, uint64_t word) {
    const uintptr_t kept = s.bp - chi_shortcut_cfa(word);
    if (!has_word(w, s, kept) || !has_word(w, s, s.bp)) {
        return nowhere;
    }
    const uintptr_t cfa = word_at(kept);
    return cfa > s.sp && has_word(w, s, cfa - WORD)
               ? called(word_at(cfa - WORD), cfa, word_at(s.bp))
               : nowhere;
}

CH_COLD static spot step_rarely(walk *w, spot s, uint64_t word) {
    const chi_way way = (chi_way)(word & CHI_SHORTCUT_WAY);
    if (way == CHI_WAY_NONE) {
        return step_by_pointer(w, s);
    }
    if (w->whole || way == CHI_WAY_RULES) {
        return step_by_rules(w, s);
    }
    return way == CHI_WAY_BASE      ? step_from_base(w, s, word)
           : way == CHI_WAY_ALIGNED ? step_aligned(w, s, word)
                                    : nowhere;
}

/* Apart, so that the loops need not keep their spot in memory. */
CH_COLD CH_NOINLINE static spot step_out_of_line(walk *w, uint64_t word) {
    return step_rarely(w, w->from, word);
}

/* To the frame before. Rules are right where they are found, so rbp and rsp need no more than to
 * stay in the stack. */
CH_INLINE spot step(walk *w, spot s, uint64_t word) {
    const uint64_t way = word & CHI_SHORTCUT_WAY;
    if (CH_LIKELY(way == CHI_WAY_FRAME)) {
        if (CH_UNLIKELY(s.bp < s.sp || s.bp > w->high - 2 * WORD)) {
            return nowhere;
        }
        return called(word_at(s.bp + WORD), s.bp + 2 * WORD, word_at(s.bp));
    }
    if (CH_LIKELY(way == CHI_WAY_STACK)) {
        const uintptr_t cfa = s.sp + chi_shortcut_cfa(word);
        const uintptr_t slot = chi_shortcut_slot(word);
        if (CH_UNLIKELY(cfa > w->high)) {
            return nowhere;
        }
        return called(word_at(cfa - WORD), cfa, slot == 0 ? s.bp : word_at(cfa - slot));
    }
    w->from = s;
    return step_out_of_line(w, word);
}

/* From the frame of a function of ours to the caller. */
CH_INLINE spot begin(walk *w, const void *caller, const void *frame) {
    const uintptr_t sp = (uintptr_t)frame;
    const chi_guard_thread *self = &chi_guard_self;
    w->salt = chi_shortcut_salt();
    w->whole = false;
    w->lacking = false;
    w->high = CH_LIKELY(sp >= self->stack_low && sp < self->stack_high) ? self->stack_high
                                                                        : chi_machine_stack_end(sp);
    if (w->high < sp + 2 * WORD || sp % WORD != 0) {
        w->lacking = true;
        return nowhere;
    }
    spot s = called(word_at(sp + WORD), sp + 2 * WORD, word_at(sp));
    for (unsigned own = 0; s.pc != (uintptr_t)caller && s.pc != 0; own++) {
        s = own == CHI_WALK_OWN_MAX ? nowhere : step(w, s, chi_shortcut(s.at, w->salt));
    }
    w->lacking = s.pc == 0;
    return s;
}

/* The same with all registers, from here on. */
CH_COLD CH_NOINLINE static spot begin_whole(walk *w, const void *caller) {
    chi_machine_capture(&w->registers);
    const uintptr_t *values = w->registers.values;
    w->whole = true;
    w->lacking = false;
    w->high = chi_machine_stack_end(values[CHI_REGISTER_RSP]);
    spot s = {values[CHI_REGISTER_PC], values[CHI_REGISTER_PC], values[CHI_REGISTER_RSP],
              values[CHI_REGISTER_RBP]};
    for (unsigned own = 0; s.pc != (uintptr_t)caller && s.pc != 0; own++) {
        s = own == CHI_WALK_OWN_MAX ? nowhere : step_by_rules(w, s);
    }
    return s;
}

/* A rare step is the only kind while all registers are followed. */
CH_INLINE spot step_any(walk *w, spot s, uint64_t word, bool whole) {
    return whole ? step_rarely(w, s, word) : step(w, s, word);
}

CH_INLINE size_t collect(walk *w, spot s, const void **frames, size_t frame_max, bool whole) {
    size_t count = 0;
    while (s.pc != 0) {
        frames[count++] = (const void *)s.pc;
        if (count == frame_max) {
            break;
        }
        s = step_any(w, s, chi_shortcut(s.at, w->salt), whole);
    }
    return count;
}

CH_COLD CH_NOINLINE static size_t collect_whole(walk *w, const void **frames, size_t frame_max,
                                                const void *caller) {
    return collect(w, begin_whole(w, caller), frames, frame_max, true);
}

size_t chi_guard_walk(const void **frames, size_t frame_max, const void *caller,
                      const void *frame) {
    walk w;
    if (frame_max == 0) {
        return 0;
    }
    size_t count = collect(&w, begin(&w, caller, frame), frames, frame_max, false);
    if (CH_UNLIKELY(w.lacking)) {
        const size_t whole_count = collect_whole(&w, frames, frame_max, caller);
        count = whole_count > count ? whole_count : count;
    }
    if (CH_UNLIKELY(count == 0)) {
        frames[count++] = caller;
    }
    return count;
}

size_t chi_guard_walk_stack(const void **frames, size_t frame_max, uintptr_t *stack_pointer,
                            const void *caller, const void *frame) {
    walk w;
    const spot s = begin(&w, caller, frame);
    *stack_pointer = s.pc != 0 ? s.sp : 0;
    return chi_guard_walk(frames, frame_max, caller, frame);
}

CH_INLINE size_t hot_frame(walk *w, spot s, const void **at, bool whole) {
    for (size_t steps = 0; steps < STEPS_MAX && s.pc != 0; steps++) {
        const uint64_t word = chi_shortcut(s.at, w->salt);
        if (CH_UNLIKELY((word & CHI_SHORTCUT_HOT) != 0)) {
            *at = (const void *)s.pc;
            return (size_t)(word >> CHI_SHORTCUT_RANGE_SHIFT & CHI_SHORTCUT_RANGE);
        }
        s = step_any(w, s, word, whole);
    }
    return CHI_RANGES_MAX;
}

CH_COLD CH_NOINLINE static size_t hot_frame_whole(walk *w, const void **at, const void *caller) {
    return hot_frame(w, begin_whole(w, caller), at, true);
}

size_t chi_guard_walk_hot(const void **at, const void *caller, const void *frame) {
    walk w;
    size_t range = hot_frame(&w, begin(&w, caller, frame), at, false);
    if (CH_UNLIKELY(w.lacking)) {
        range = hot_frame_whole(&w, at, caller);
    }
    return range;
}
