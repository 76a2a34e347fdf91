/* internal.h: the machine's inside, shared by the files of src/evm only.
 *
 * The one idea: everything a running frame needs is in chevmi_frame, everything all frames share is
 * in chevm, and an operation that is not inlined into the loop has one signature, (vm, sp, gas) ->
 * gas, usable from every engine and later tier. Operand stacks of nested frames lie end to end in
 * one region, words in native limb order at fixed places; sp points at the top word and grows
 * upwards. */
#ifndef CHEVMI_INTERNAL_H
#define CHEVMI_INTERNAL_H

#include "code.h"
#include "lend.h"
#include "rules.h"

#include <coldevm/machine.h>
#include <coldevm/memory.h>
#include <coldheap/arena.h>
#include <coldheap/base.h>

#define CHEVMI_MAGIC   0x6d766563u /* "cevm" */
#define CH_ALIGN_STACK ((size_t)32)

/* One running call. Saved registers (pc, sp, gas) are valid while a child runs. */
typedef struct chevmi_frame {
    chevmi_code code;
    const uint8_t *pc;
    chevm_u256 *base; /* word 0 of this frame's stack */
    chevm_u256 *sp;
    int64_t gas;
    int64_t refund_before; /* vm->refund when the frame began */
    chevm_message message; /* recipient is the new address in a creation */
    const uint8_t *input;  /* calldata as the code sees it: none in a creation */
    uint64_t input_size;
    chevm_memory_frame memory; /* the parent's memory while this frame runs */
    ch_arena_point scratch;    /* code arena before this frame */
    uint64_t return_offset;    /* where the parent wants the output ... */
    uint64_t return_size;      /* ... and at most how much of it */
    struct chevmi_frame *parent;
    bool uses_scratch;  /* its code, or what is known of it, lies there */
    size_t stack_bytes; /* a borrowed stack: what it is cut down to while a child runs */
} chevmi_frame;

struct chevm {
    /* Hot: read by handlers. */
    chevm_memory memory;
    chevmi_frame *frame;
    const uint8_t *return_data;
    size_t return_size;
    int64_t refund;
    const chevm_host *host;
    void *context;
    const chevm_tx_context *tx; /* NULL until first asked for */
    chevm_num_cache numbers;
    chevm_status status;  /* why the last operation failed */
    int64_t failed_gas;   /* gas after the failed charge, may be negative */
    chevm_result *result; /* of the running chevm_execute */
    chevm_callee callee;  /* of the call that is beginning */
    chevmi_rules rules;
    const void *dispatch[2][256]; /* [fused][op]: handler addresses, computed goto only */
    uint8_t opcode_map[2][256];   /* [fused][op]: op, or an undefined one, switch only */
    /* Cold. */
    chevmi_frame *frames;
    chevmi_frame *first; /* frame that the running chevm_execute began with */
    uint32_t depth_max;
    chevm_fusing fusing;
    chevm_u256 *stack;
    uint8_t *return_buffer; /* output of the call that ended last: there is only ever one to read */
    size_t return_capacity;
    ch_arena scratch; /* padded copies and jump maps of code that is not cached */
    bool lends;       /* frames, stacks and return data are borrowed in this execution */
    chevmi_lender lender;
    chevmi_cache cache;
    chevm_options options;
    chevm_stats stats;
    bool busy;
    /* Tracing builds only. */
    const chevm_tracer *tracer;
    chevm_trace_step trace_step;
    int64_t trace_gas;  /* gas before the instruction */
    int64_t trace_cost; /* calls and creations: cost shown in the trace */
    uint64_t trace_pc;
    bool trace_open; /* begin was told, end is due */
    ch_region region;
    chevm_footprint_parts parts;
    const void *const *(*run)(chevm *vm); /* the loop in use */
    uint32_t magic;
};

/* Engines: run from vm->frame until vm->first has ended. With NULL: return the table of handler
 * addresses by op (256 plain, then 256 fused), or NULL where the build dispatches by switch. */
const void *const *chevmi_run_fast(chevm *vm);
const void *const *chevmi_run_fast_v3(chevm *vm);
const void *const *chevmi_run_portable(chevm *vm);
const void *const *chevmi_run_fast_traced(chevm *vm);
const void *const *chevmi_run_portable_traced(chevm *vm);

/* The fastest silent build for this processor. */
const void *const *(*chevmi_fast_for_cpu(void))(chevm *vm);

/* Ends an operation that failed: notes why and the gas after the charge; returns -1. */
CH_INLINE int64_t chevmi_fail(chevm *vm, chevm_status status, int64_t gas) {
    vm->status = status;
    vm->failed_gas = gas;
    return -1;
}

/* An instruction that has run out of gas is still priced to its end in a traced run, so that its
 * line tells the whole cost (spec cli.md C6). True: go on with *gas, which is below 0. */
CH_INLINE bool chevmi_prices_on(const chevm *vm, int64_t *gas) {
    if (vm->tracer == NULL || vm->status != CHEVM_OUT_OF_GAS) {
        return false;
    }
    *gas = vm->failed_gas;
    return true;
}

/* Adds to the cost that is told of an instruction that has failed; returns -1. */
CH_INLINE int64_t chevmi_failed_too(chevm *vm, uint64_t amount) {
    if (vm->status == CHEVM_OUT_OF_GAS) {
        vm->failed_gas = (int64_t)((uint64_t)vm->failed_gas - amount);
    }
    return -1;
}

/* Grows memory to hold [offset, offset + size), both stack words; size 0 needs nothing.
 * Returns the gas left, or -1 (chevmi_fail). */
int64_t chevmi_touch(chevm *vm, const chevm_u256 *offset, const chevm_u256 *size, int64_t gas);

/* chevmi_touch of two ranges, whose further end is the one that costs. */
int64_t chevmi_touch_both(chevm *vm, const chevm_u256 *one, const chevm_u256 *one_size,
                          const chevm_u256 *other, const chevm_u256 *other_size, int64_t gas);

/* Operations out of the loop. sp is the top before the instruction; results are written where the
 * instruction leaves them; the loop moves sp. Return the gas left, or -1 (chevmi_fail). */
// clang-format off
#define CHEVMI_OPERATION_ROWS(X)                                                           \
    X(exp) X(keccak256) X(balance) X(calldatacopy) X(codecopy) X(extcodesize)              \
    X(extcodecopy) X(returndatacopy) X(extcodehash) X(blockhash) X(blobhash)               \
    X(sload) X(sstore) X(tload) X(tstore) X(mcopy) X(log0) X(log1) X(log2) X(log3) X(log4) \
    X(memory_word) X(memory_byte) X(selfdestruct)
// clang-format on
#define CHEVMI_OPERATION(name) int64_t chevmi_op_##name(chevm *vm, chevm_u256 *sp, int64_t gas);
CHEVMI_OPERATION_ROWS(CHEVMI_OPERATION)
#undef CHEVMI_OPERATION

/* The transaction's surroundings, asked from the host once. */
const chevm_tx_context *chevmi_tx(chevm *vm);

/* Warms an account; a cold one costs more. Returns the gas left, or -1 (chevmi_fail). */
int64_t chevmi_access_account(chevm *vm, const chevm_address *address, int64_t gas);

/* calls.c. Both may change vm->frame. begin_call handles CALL .. STATICCALL, begin_create CREATE
 * and CREATE2: the frame's registers must be saved in it (pc behind the instruction). Returns true
 * if the loop goes on with vm->frame (a child, or the same frame with the result on its stack),
 * false if the instruction failed (chevmi_fail). finish ends the running frame and returns true if
 * a parent goes on, false if vm->first has ended (its result is in *vm->result). */
bool chevmi_begin_call(chevm *vm, uint8_t op);
bool chevmi_begin_create(chevm *vm, uint8_t op);
bool chevmi_finish(chevm *vm, chevm_status status, int64_t gas, const uint8_t *output, size_t size);

/* Makes `frame`, whose message and parent are set, the running one, with its stack at `base`.
 * Returns false with nothing changed if there is no memory for it. leave undoes it. */
bool chevmi_enter(chevm *vm, chevmi_frame *frame, chevm_u256 *base, const chevm_callee *callee);
void chevmi_leave(chevm *vm, chevmi_frame *frame);

/* Makes the fused copy of code that has jumped often, in the cache or, for this run, in scratch. */
CH_COLD void chevmi_fuse(chevm *vm, chevmi_code *code);

/* lend.c. Only with vm->lends, but for begin, end and fini. A machine's execution begins and ends
 * with begin and end; what `fini` gives back is the last output. */
void chevmi_lend_begin(chevm *vm);
void chevmi_lend_end(chevm *vm);
void chevmi_lend_fini(chevm *vm);

/* A record for a call that is beginning; it stays the same until a frame has been entered. NULL:
 * there is none. */
chevmi_frame *chevmi_borrow_frame(chevm *vm, chevmi_frame *caller);
void chevmi_return_frame(chevm *vm, chevmi_frame *frame);

/* An operand stack for `frame`, or `base` where the machine's own serve; frame->parent's is cut
 * down to the words it holds until chevmi_return_stack. NULL: there is none. */
chevm_u256 *chevmi_borrow_stack(chevm *vm, chevmi_frame *frame, chevm_u256 *base);
void chevmi_return_stack(chevm *vm, chevmi_frame *frame);

/* Moves an output, which lies in memory that is about to end, to a place that lasts until the next
 * one. False if there is none. */
bool chevmi_borrow_output(chevm *vm, chevm_result *result);

/* A word for a moment: `own`, or one of the pool; NULL: there is none. */
chevm_u256 *chevmi_borrow_word(chevm *vm, chevm_u256 *own);
void chevmi_return_word(chevm *vm, chevm_u256 *word, const chevm_u256 *own);

CH_INLINE void chevmi_word_to_address(chevm_address *address, const chevm_u256 *word) {
    uint8_t bytes[32];
    chevm_u256_to_be32(bytes, word);
    __builtin_memcpy(address->bytes, bytes + 12, 20);
}

CH_INLINE void chevmi_address_to_word(chevm_u256 *word, const chevm_address *address) {
    uint8_t bytes[32] = {0};
    __builtin_memcpy(bytes + 12, address->bytes, 20);
    chevm_u256_from_be32(word, bytes);
}

/* True if the word at offset *word lies inside the frame's memory. */
CH_INLINE bool chevmi_has_word(const chevm *vm, const chevm_u256 *word) {
    return ((word->limbs[1] | word->limbs[2] | word->limbs[3]) == 0) &
           (word->limbs[0] < vm->memory.word_end);
}

/* Start of a touched range; NULL for an empty one, whose offset may be any number. */
CH_INLINE const uint8_t *chevmi_memory_at(const chevm *vm, const chevm_u256 *offset,
                                          const chevm_u256 *size) {
    return size->limbs[0] == 0 ? NULL : vm->memory.data + offset->limbs[0];
}

CH_INLINE void chevmi_swap(chevm_u256 *a, chevm_u256 *b) {
    chevm_u256 saved;
    chevm_u256_copy(&saved, a);
    chevm_u256_copy(a, b);
    chevm_u256_copy(b, &saved);
}

/* Slow half of chevmi_load_input: the range leaves the input. */
void chevmi_load_input_edge(chevm_u256 *word, const uint8_t *input, uint64_t input_size);

/* *word = the 32 bytes of input at offset *word, zero beyond its end. */
CH_INLINE void chevmi_load_input(chevm_u256 *word, const uint8_t *input, uint64_t input_size) {
    if (CH_LIKELY(chevm_u256_fits_u64(word) && word->limbs[0] <= input_size &&
                  input_size - word->limbs[0] >= 32)) {
        chevm_u256_from_be32(word, input + word->limbs[0]);
    } else {
        chevmi_load_input_edge(word, input, input_size);
    }
}

CH_INLINE uint64_t chevmi_load_be64(const uint8_t *bytes) {
    uint64_t value;
    __builtin_memcpy(&value, bytes, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap64(value);
#else
    return value;
#endif
}

/* *word = the `count` (1..32, a constant) bytes at `bytes`; up to 7 bytes behind them are read. */
CH_INLINE void chevmi_load_immediate(chevm_u256 *word, const uint8_t *bytes, unsigned count) {
    unsigned top = (count + 7) / 8;        /* limbs used */
    unsigned head = count - 8 * (top - 1); /* bytes of the highest of them, 1..8 */
    for (unsigned i = 3; i >= top; i--) {
        word->limbs[i] = 0;
    }
    word->limbs[top - 1] = chevmi_load_be64(bytes) >> (64 - 8 * head);
    for (unsigned i = 1; i < top; i++) {
        word->limbs[top - 1 - i] = chevmi_load_be64(bytes + head + 8 * (i - 1));
    }
}

/* Operands of fused instructions, in native order at any address. */
#define CHEVMI_LOADER(name, type)                                                                  \
    CH_INLINE type name(const uint8_t *bytes) {                                                    \
        type value;                                                                                \
        __builtin_memcpy(&value, bytes, sizeof value);                                             \
        return value;                                                                              \
    }
CHEVMI_LOADER(chevmi_load_i16, int16_t)
CHEVMI_LOADER(chevmi_load_u16, uint16_t)
CHEVMI_LOADER(chevmi_load_u32, uint32_t)
CHEVMI_LOADER(chevmi_load_u64, uint64_t)
#undef CHEVMI_LOADER

/* *word += addend; the carry is rare. */
CH_INLINE void chevmi_add_small(chevm_u256 *word, uint64_t addend) {
    word->limbs[0] += addend;
    for (unsigned i = 1; i < 4 && CH_UNLIKELY(word->limbs[i - 1] < addend); i++) {
        addend = 1;
        word->limbs[i]++;
    }
}

/* *word = 2^bits - 1, bits <= 255. */
CH_INLINE void chevmi_set_low_mask(chevm_u256 *word, unsigned bits) {
    for (unsigned i = 0; i < 4; i++) {
        unsigned below = bits > 64 * i ? bits - 64 * i : 0;
        word->limbs[i] = below >= 64 ? UINT64_MAX : ((uint64_t)1 << below) - 1;
    }
}

#endif
