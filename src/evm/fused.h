/* fused.h: frequent instruction sequences that run as one handler (handlers_fused.inc).
 *
 * They stand only in the fused copy of a code (code.h), on opcodes that no fork defines, over the
 * bytes of the sequence they replace, which have the same length: the combined opcode, then its
 * operands in the form the handler likes best. Nothing jumps into a sequence (a JUMPDEST is never
 * inside one), and when a combined check fails the frame goes on in the original bytes at the same
 * pc. Undefined bytes of the original become CHEVMI_FUSED_UNDEFINED. */
#ifndef CHEVMI_FUSED_H
#define CHEVMI_FUSED_H

#include <stdbool.h>
#include <stdint.h>

#define CHEVMI_FUSED_UNDEFINED 0x0c

// clang-format off
/* X(code, NAME). Operands behind the opcode: d = 16-bit distance to the target's JUMPDEST in native
 * order, n = number of a DUP or SWAP, i = immediate bytes as in the original. */
#define CHEVMI_FUSED_OPS(X)                       \
    X(0x0d, PUSH2_JUMP)             /* d */       \
    X(0x0e, PUSH2_JUMPI)            /* d */       \
    X(0x0f, ISZERO_PUSH2_JUMPI)     /* d */       \
    X(0x1f, EQ_PUSH2_JUMPI)         /* d */       \
    X(0x21, LT_PUSH2_JUMPI)         /* d */       \
    X(0x22, GT_PUSH2_JUMPI)         /* d */       \
    X(0x23, SLT_PUSH2_JUMPI)        /* d */       \
    X(0x24, SGT_PUSH2_JUMPI)        /* d */       \
    X(0x25, EQ_ISZERO_PUSH2_JUMPI)  /* d */       \
    X(0x26, LT_ISZERO_PUSH2_JUMPI)  /* d */       \
    X(0x27, GT_ISZERO_PUSH2_JUMPI)  /* d */       \
    X(0x28, SLT_ISZERO_PUSH2_JUMPI) /* d */       \
    X(0x29, SGT_ISZERO_PUSH2_JUMPI) /* d */       \
    X(0x2a, DUP1_PUSH4_EQ_PUSH2_JUMPI) /* d i */  \
    X(0x2b, POP_POP)                              \
    X(0x2c, SWAP_POP)               /* n */       \
    X(0x2d, DUP_DUP)                /* n << 4 | n, each less 1 */ \
    X(0x2e, DUP_ADD)                /* n */       \
    X(0x2f, DUP_AND)                /* n */       \
    X(0xa5, DUP_OR)                 /* n */       \
    X(0xa6, DUP_XOR)                /* n */       \
    X(0xa7, DUP_SUB)                /* n */       \
    X(0xa8, DUP_MUL)                /* n */       \
    X(0xa9, DUP_LT)                 /* n */       \
    X(0xaa, DUP_MLOAD)              /* n */       \
    X(0xab, DUP_MSTORE)             /* n */       \
    X(0xac, PUSH1_ADD)              /* i */       \
    X(0xad, PUSH1_SHL)              /* i */       \
    X(0xae, PUSH1_SHR)              /* i */       \
    X(0xaf, PUSH1_AND)              /* i */       \
    X(0xb0, PUSH1_MLOAD)            /* i */       \
    X(0xb1, PUSH1_MSTORE)           /* i */       \
    X(0xb2, PUSH1_DUP)              /* i n */     \
    X(0xb3, PUSH1_PUSH1)            /* i - i */   \
    X(0xb4, PUSH1_PUSH1_SHL)        /* i - i */   \
    X(0xb5, PUSH2_MLOAD)            /* i, native */ \
    X(0xb6, PUSH2_MSTORE)           /* i, native */ \
    X(0xb7, PUSH4_AND)              /* i, native */ \
    X(0xb8, PUSH8_AND)              /* i, native */ \
    X(0xb9, LOW_MASK)               /* bits; PUSH1 1, PUSH1 1, PUSH1 bits, SHL, SUB */ \
    X(0xba, AND_OR)                               \
    X(0xbb, ADD_ADD)                              \
    X(0xbc, ADD_MLOAD)                            \
    X(0xbd, SHR_AND)                              \
    X(0xbe, ADD_SWAP1_POP)                        \
    X(0xbf, DUP_PUSH1)              /* n i */
// clang-format on

enum {
#define CHEVMI_FUSED_ENUM(code, name) CHEVMI_FUSED_##name = (code),
    CHEVMI_FUSED_OPS(CHEVMI_FUSED_ENUM)
#undef CHEVMI_FUSED_ENUM
        CHEVMI_FUSED_END = 256
};

/* True if `op` is a fused instruction. */
bool chevmi_is_fused(uint8_t op);

/* Rewrites `fused`, a copy of the `size` bytes (and padding) at `bytes`; `jumps` is the complete
 * map, `defined` tells by opcode what exists in the fork. */
void chevmi_fuse_bytes(uint8_t *fused, const uint8_t *bytes, uint64_t size, const uint8_t *jumps,
                       const bool *defined);

#endif
