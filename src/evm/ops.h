/* ops.h: the one table of opcodes: 256 rows, undefined codes included. Enum, names, stack limits,
 * prices, immediates, dispatcher and disassembler are generated from it.
 *
 * X(code, NAME, in, out, immediate bytes, first fork, (price, fork,price, fork,price ...))
 * U(code): undefined in every fork.
 *
 * The price is the static part; what depends on operands or on warmth is in rules.h. From Berlin on
 * the price of an account or storage access is the warm one. Sources: EIPs 7, 140, 145, 150, 211,
 * 214, 1014, 1052, 1153, 1344, 1884, 2929, 3198, 3855, 4844, 5656, 7516, 7939 and the Yellow Paper,
 * appendix H. */
#ifndef CHEVMI_OPS_H
#define CHEVMI_OPS_H

#include <coldevm/types.h>

// clang-format off
#define CHEVMI_OPS_0X(X, U)                                                                       \
    X(0x00, STOP,            0,  0,  0, FRONTIER,       (0))                                      \
    X(0x01, ADD,             2,  1,  0, FRONTIER,       (3))                                      \
    X(0x02, MUL,             2,  1,  0, FRONTIER,       (5))                                      \
    X(0x03, SUB,             2,  1,  0, FRONTIER,       (3))                                      \
    X(0x04, DIV,             2,  1,  0, FRONTIER,       (5))                                      \
    X(0x05, SDIV,            2,  1,  0, FRONTIER,       (5))                                      \
    X(0x06, MOD,             2,  1,  0, FRONTIER,       (5))                                      \
    X(0x07, SMOD,            2,  1,  0, FRONTIER,       (5))                                      \
    X(0x08, ADDMOD,          3,  1,  0, FRONTIER,       (8))                                      \
    X(0x09, MULMOD,          3,  1,  0, FRONTIER,       (8))                                      \
    X(0x0a, EXP,             2,  1,  0, FRONTIER,       (10))                                     \
    X(0x0b, SIGNEXTEND,      2,  1,  0, FRONTIER,       (5))                                      \
    U(0x0c) U(0x0d) U(0x0e) U(0x0f)
#define CHEVMI_OPS_1X(X, U)                                                                       \
    X(0x10, LT,              2,  1,  0, FRONTIER,       (3))                                      \
    X(0x11, GT,              2,  1,  0, FRONTIER,       (3))                                      \
    X(0x12, SLT,             2,  1,  0, FRONTIER,       (3))                                      \
    X(0x13, SGT,             2,  1,  0, FRONTIER,       (3))                                      \
    X(0x14, EQ,              2,  1,  0, FRONTIER,       (3))                                      \
    X(0x15, ISZERO,          1,  1,  0, FRONTIER,       (3))                                      \
    X(0x16, AND,             2,  1,  0, FRONTIER,       (3))                                      \
    X(0x17, OR,              2,  1,  0, FRONTIER,       (3))                                      \
    X(0x18, XOR,             2,  1,  0, FRONTIER,       (3))                                      \
    X(0x19, NOT,             1,  1,  0, FRONTIER,       (3))                                      \
    X(0x1a, BYTE,            2,  1,  0, FRONTIER,       (3))                                      \
    X(0x1b, SHL,             2,  1,  0, CONSTANTINOPLE, (3))                                      \
    X(0x1c, SHR,             2,  1,  0, CONSTANTINOPLE, (3))                                      \
    X(0x1d, SAR,             2,  1,  0, CONSTANTINOPLE, (3))                                      \
    X(0x1e, CLZ,             1,  1,  0, OSAKA,          (5))                                      \
    U(0x1f)
#define CHEVMI_OPS_2X(X, U)                                                                       \
    X(0x20, KECCAK256,       2,  1,  0, FRONTIER,       (30))                                     \
    U(0x21) U(0x22) U(0x23) U(0x24) U(0x25) U(0x26) U(0x27) U(0x28) U(0x29) U(0x2a)               \
    U(0x2b) U(0x2c) U(0x2d) U(0x2e) U(0x2f)
#define CHEVMI_OPS_3X(X, U)                                                                       \
    X(0x30, ADDRESS,         0,  1,  0, FRONTIER,       (2))                                      \
    X(0x31, BALANCE,         1,  1,  0, FRONTIER,                                                 \
            (20, CHEVM_TANGERINE,400, CHEVM_ISTANBUL,700, CHEVM_BERLIN,100))                      \
    X(0x32, ORIGIN,          0,  1,  0, FRONTIER,       (2))                                      \
    X(0x33, CALLER,          0,  1,  0, FRONTIER,       (2))                                      \
    X(0x34, CALLVALUE,       0,  1,  0, FRONTIER,       (2))                                      \
    X(0x35, CALLDATALOAD,    1,  1,  0, FRONTIER,       (3))                                      \
    X(0x36, CALLDATASIZE,    0,  1,  0, FRONTIER,       (2))                                      \
    X(0x37, CALLDATACOPY,    3,  0,  0, FRONTIER,       (3))                                      \
    X(0x38, CODESIZE,        0,  1,  0, FRONTIER,       (2))                                      \
    X(0x39, CODECOPY,        3,  0,  0, FRONTIER,       (3))                                      \
    X(0x3a, GASPRICE,        0,  1,  0, FRONTIER,       (2))                                      \
    X(0x3b, EXTCODESIZE,     1,  1,  0, FRONTIER,                                                 \
            (20, CHEVM_TANGERINE,700, CHEVM_BERLIN,100))                                          \
    X(0x3c, EXTCODECOPY,     4,  0,  0, FRONTIER,                                                 \
            (20, CHEVM_TANGERINE,700, CHEVM_BERLIN,100))                                          \
    X(0x3d, RETURNDATASIZE,  0,  1,  0, BYZANTIUM,      (2))                                      \
    X(0x3e, RETURNDATACOPY,  3,  0,  0, BYZANTIUM,      (3))                                      \
    X(0x3f, EXTCODEHASH,     1,  1,  0, CONSTANTINOPLE,                                           \
            (400, CHEVM_ISTANBUL,700, CHEVM_BERLIN,100))
#define CHEVMI_OPS_4X(X, U)                                                                       \
    X(0x40, BLOCKHASH,       1,  1,  0, FRONTIER,       (20))                                     \
    X(0x41, COINBASE,        0,  1,  0, FRONTIER,       (2))                                      \
    X(0x42, TIMESTAMP,       0,  1,  0, FRONTIER,       (2))                                      \
    X(0x43, NUMBER,          0,  1,  0, FRONTIER,       (2))                                      \
    X(0x44, PREVRANDAO,      0,  1,  0, FRONTIER,       (2))                                      \
    X(0x45, GASLIMIT,        0,  1,  0, FRONTIER,       (2))                                      \
    X(0x46, CHAINID,         0,  1,  0, ISTANBUL,       (2))                                      \
    X(0x47, SELFBALANCE,     0,  1,  0, ISTANBUL,       (5))                                      \
    X(0x48, BASEFEE,         0,  1,  0, LONDON,         (2))                                      \
    X(0x49, BLOBHASH,        1,  1,  0, CANCUN,         (3))                                      \
    X(0x4a, BLOBBASEFEE,     0,  1,  0, CANCUN,         (2))                                      \
    U(0x4b) U(0x4c) U(0x4d) U(0x4e) U(0x4f)
#define CHEVMI_OPS_5X(X, U)                                                                       \
    X(0x50, POP,             1,  0,  0, FRONTIER,       (2))                                      \
    X(0x51, MLOAD,           1,  1,  0, FRONTIER,       (3))                                      \
    X(0x52, MSTORE,          2,  0,  0, FRONTIER,       (3))                                      \
    X(0x53, MSTORE8,         2,  0,  0, FRONTIER,       (3))                                      \
    X(0x54, SLOAD,           1,  1,  0, FRONTIER,                                                 \
            (50, CHEVM_TANGERINE,200, CHEVM_ISTANBUL,800, CHEVM_BERLIN,100))                      \
    X(0x55, SSTORE,          2,  0,  0, FRONTIER,       (0))                                      \
    X(0x56, JUMP,            1,  0,  0, FRONTIER,       (8))                                      \
    X(0x57, JUMPI,           2,  0,  0, FRONTIER,       (10))                                     \
    X(0x58, PC,              0,  1,  0, FRONTIER,       (2))                                      \
    X(0x59, MSIZE,           0,  1,  0, FRONTIER,       (2))                                      \
    X(0x5a, GAS,             0,  1,  0, FRONTIER,       (2))                                      \
    X(0x5b, JUMPDEST,        0,  0,  0, FRONTIER,       (1))                                      \
    X(0x5c, TLOAD,           1,  1,  0, CANCUN,         (100))                                    \
    X(0x5d, TSTORE,          2,  0,  0, CANCUN,         (100))                                    \
    X(0x5e, MCOPY,           3,  0,  0, CANCUN,         (3))                                      \
    X(0x5f, PUSH0,           0,  1,  0, SHANGHAI,       (2))
#define CHEVMI_OPS_6X(X, U)                                                                       \
    X(0x60, PUSH1,           0,  1,  1, FRONTIER,       (3))                                      \
    X(0x61, PUSH2,           0,  1,  2, FRONTIER,       (3))                                      \
    X(0x62, PUSH3,           0,  1,  3, FRONTIER,       (3))                                      \
    X(0x63, PUSH4,           0,  1,  4, FRONTIER,       (3))                                      \
    X(0x64, PUSH5,           0,  1,  5, FRONTIER,       (3))                                      \
    X(0x65, PUSH6,           0,  1,  6, FRONTIER,       (3))                                      \
    X(0x66, PUSH7,           0,  1,  7, FRONTIER,       (3))                                      \
    X(0x67, PUSH8,           0,  1,  8, FRONTIER,       (3))                                      \
    X(0x68, PUSH9,           0,  1,  9, FRONTIER,       (3))                                      \
    X(0x69, PUSH10,          0,  1, 10, FRONTIER,       (3))                                      \
    X(0x6a, PUSH11,          0,  1, 11, FRONTIER,       (3))                                      \
    X(0x6b, PUSH12,          0,  1, 12, FRONTIER,       (3))                                      \
    X(0x6c, PUSH13,          0,  1, 13, FRONTIER,       (3))                                      \
    X(0x6d, PUSH14,          0,  1, 14, FRONTIER,       (3))                                      \
    X(0x6e, PUSH15,          0,  1, 15, FRONTIER,       (3))                                      \
    X(0x6f, PUSH16,          0,  1, 16, FRONTIER,       (3))
#define CHEVMI_OPS_7X(X, U)                                                                       \
    X(0x70, PUSH17,          0,  1, 17, FRONTIER,       (3))                                      \
    X(0x71, PUSH18,          0,  1, 18, FRONTIER,       (3))                                      \
    X(0x72, PUSH19,          0,  1, 19, FRONTIER,       (3))                                      \
    X(0x73, PUSH20,          0,  1, 20, FRONTIER,       (3))                                      \
    X(0x74, PUSH21,          0,  1, 21, FRONTIER,       (3))                                      \
    X(0x75, PUSH22,          0,  1, 22, FRONTIER,       (3))                                      \
    X(0x76, PUSH23,          0,  1, 23, FRONTIER,       (3))                                      \
    X(0x77, PUSH24,          0,  1, 24, FRONTIER,       (3))                                      \
    X(0x78, PUSH25,          0,  1, 25, FRONTIER,       (3))                                      \
    X(0x79, PUSH26,          0,  1, 26, FRONTIER,       (3))                                      \
    X(0x7a, PUSH27,          0,  1, 27, FRONTIER,       (3))                                      \
    X(0x7b, PUSH28,          0,  1, 28, FRONTIER,       (3))                                      \
    X(0x7c, PUSH29,          0,  1, 29, FRONTIER,       (3))                                      \
    X(0x7d, PUSH30,          0,  1, 30, FRONTIER,       (3))                                      \
    X(0x7e, PUSH31,          0,  1, 31, FRONTIER,       (3))                                      \
    X(0x7f, PUSH32,          0,  1, 32, FRONTIER,       (3))
#define CHEVMI_OPS_8X(X, U)                                                                       \
    X(0x80, DUP1,            1,  2,  0, FRONTIER,       (3))                                      \
    X(0x81, DUP2,            2,  3,  0, FRONTIER,       (3))                                      \
    X(0x82, DUP3,            3,  4,  0, FRONTIER,       (3))                                      \
    X(0x83, DUP4,            4,  5,  0, FRONTIER,       (3))                                      \
    X(0x84, DUP5,            5,  6,  0, FRONTIER,       (3))                                      \
    X(0x85, DUP6,            6,  7,  0, FRONTIER,       (3))                                      \
    X(0x86, DUP7,            7,  8,  0, FRONTIER,       (3))                                      \
    X(0x87, DUP8,            8,  9,  0, FRONTIER,       (3))                                      \
    X(0x88, DUP9,            9, 10,  0, FRONTIER,       (3))                                      \
    X(0x89, DUP10,          10, 11,  0, FRONTIER,       (3))                                      \
    X(0x8a, DUP11,          11, 12,  0, FRONTIER,       (3))                                      \
    X(0x8b, DUP12,          12, 13,  0, FRONTIER,       (3))                                      \
    X(0x8c, DUP13,          13, 14,  0, FRONTIER,       (3))                                      \
    X(0x8d, DUP14,          14, 15,  0, FRONTIER,       (3))                                      \
    X(0x8e, DUP15,          15, 16,  0, FRONTIER,       (3))                                      \
    X(0x8f, DUP16,          16, 17,  0, FRONTIER,       (3))
#define CHEVMI_OPS_9X(X, U)                                                                       \
    X(0x90, SWAP1,           2,  2,  0, FRONTIER,       (3))                                      \
    X(0x91, SWAP2,           3,  3,  0, FRONTIER,       (3))                                      \
    X(0x92, SWAP3,           4,  4,  0, FRONTIER,       (3))                                      \
    X(0x93, SWAP4,           5,  5,  0, FRONTIER,       (3))                                      \
    X(0x94, SWAP5,           6,  6,  0, FRONTIER,       (3))                                      \
    X(0x95, SWAP6,           7,  7,  0, FRONTIER,       (3))                                      \
    X(0x96, SWAP7,           8,  8,  0, FRONTIER,       (3))                                      \
    X(0x97, SWAP8,           9,  9,  0, FRONTIER,       (3))                                      \
    X(0x98, SWAP9,          10, 10,  0, FRONTIER,       (3))                                      \
    X(0x99, SWAP10,         11, 11,  0, FRONTIER,       (3))                                      \
    X(0x9a, SWAP11,         12, 12,  0, FRONTIER,       (3))                                      \
    X(0x9b, SWAP12,         13, 13,  0, FRONTIER,       (3))                                      \
    X(0x9c, SWAP13,         14, 14,  0, FRONTIER,       (3))                                      \
    X(0x9d, SWAP14,         15, 15,  0, FRONTIER,       (3))                                      \
    X(0x9e, SWAP15,         16, 16,  0, FRONTIER,       (3))                                      \
    X(0x9f, SWAP16,         17, 17,  0, FRONTIER,       (3))
#define CHEVMI_OPS_AX(X, U)                                                                       \
    X(0xa0, LOG0,            2,  0,  0, FRONTIER,       (375))                                    \
    X(0xa1, LOG1,            3,  0,  0, FRONTIER,       (750))                                    \
    X(0xa2, LOG2,            4,  0,  0, FRONTIER,       (1125))                                   \
    X(0xa3, LOG3,            5,  0,  0, FRONTIER,       (1500))                                   \
    X(0xa4, LOG4,            6,  0,  0, FRONTIER,       (1875))                                   \
    U(0xa5) U(0xa6) U(0xa7) U(0xa8) U(0xa9) U(0xaa) U(0xab) U(0xac) U(0xad) U(0xae)               \
    U(0xaf)
#define CHEVMI_OPS_BX(X, U)                                                                       \
    U(0xb0) U(0xb1) U(0xb2) U(0xb3) U(0xb4) U(0xb5) U(0xb6) U(0xb7) U(0xb8) U(0xb9)               \
    U(0xba) U(0xbb) U(0xbc) U(0xbd) U(0xbe) U(0xbf)
#define CHEVMI_OPS_CX(X, U)                                                                       \
    U(0xc0) U(0xc1) U(0xc2) U(0xc3) U(0xc4) U(0xc5) U(0xc6) U(0xc7) U(0xc8) U(0xc9)               \
    U(0xca) U(0xcb) U(0xcc) U(0xcd) U(0xce) U(0xcf)
#define CHEVMI_OPS_DX(X, U)                                                                       \
    U(0xd0) U(0xd1) U(0xd2) U(0xd3) U(0xd4) U(0xd5) U(0xd6) U(0xd7) U(0xd8) U(0xd9)               \
    U(0xda) U(0xdb) U(0xdc) U(0xdd) U(0xde) U(0xdf)
#define CHEVMI_OPS_EX(X, U)                                                                       \
    U(0xe0) U(0xe1) U(0xe2) U(0xe3) U(0xe4) U(0xe5) U(0xe6) U(0xe7) U(0xe8) U(0xe9)               \
    U(0xea) U(0xeb) U(0xec) U(0xed) U(0xee) U(0xef)
#define CHEVMI_OPS_FX(X, U)                                                                       \
    X(0xf0, CREATE,          3,  1,  0, FRONTIER,       (32000))                                  \
    X(0xf1, CALL,            7,  1,  0, FRONTIER,                                                 \
            (40, CHEVM_TANGERINE,700, CHEVM_BERLIN,100))                                          \
    X(0xf2, CALLCODE,        7,  1,  0, FRONTIER,                                                 \
            (40, CHEVM_TANGERINE,700, CHEVM_BERLIN,100))                                          \
    X(0xf3, RETURN,          2,  0,  0, FRONTIER,       (0))                                      \
    X(0xf4, DELEGATECALL,    6,  1,  0, HOMESTEAD,                                                \
            (40, CHEVM_TANGERINE,700, CHEVM_BERLIN,100))                                          \
    X(0xf5, CREATE2,         4,  1,  0, CONSTANTINOPLE, (32000))                                  \
    U(0xf6) U(0xf7) U(0xf8) U(0xf9)                                                               \
    X(0xfa, STATICCALL,      6,  1,  0, BYZANTIUM,      (700, CHEVM_BERLIN,100))                  \
    U(0xfb) U(0xfc)                                                                               \
    X(0xfd, REVERT,          2,  0,  0, BYZANTIUM,      (0))                                      \
    X(0xfe, INVALID,         0,  0,  0, FRONTIER,       (0))                                      \
    X(0xff, SELFDESTRUCT,    1,  0,  0, FRONTIER,       (0, CHEVM_TANGERINE,5000))

/* All rows, in groups of 16. */
#define CHEVMI_OPS(X, U)                                                                          \
    CHEVMI_OPS_0X(X, U) CHEVMI_OPS_1X(X, U) CHEVMI_OPS_2X(X, U) CHEVMI_OPS_3X(X, U)               \
    CHEVMI_OPS_4X(X, U) CHEVMI_OPS_5X(X, U) CHEVMI_OPS_6X(X, U) CHEVMI_OPS_7X(X, U)               \
    CHEVMI_OPS_8X(X, U) CHEVMI_OPS_9X(X, U) CHEVMI_OPS_AX(X, U) CHEVMI_OPS_BX(X, U)               \
    CHEVMI_OPS_CX(X, U) CHEVMI_OPS_DX(X, U) CHEVMI_OPS_EX(X, U) CHEVMI_OPS_FX(X, U)
// clang-format on

typedef enum chevmi_op {
#define CHEVMI_OP_ENUM(code, name, in, out, imm, fork, price) CHEVMI_OP_##name = (code),
#define CHEVMI_OP_NONE(code)
    CHEVMI_OPS(CHEVMI_OP_ENUM, CHEVMI_OP_NONE)
#undef CHEVMI_OP_ENUM
        CHEVMI_OP_COUNT = 256
} chevmi_op;

/* Stack needs by name, for the checks in front of each handler. */
enum {
#define CHEVMI_OP_NEEDS(code, name, in, out, imm, fork, price)                                     \
    CHEVMI_IN_##name = (in), CHEVMI_OUT_##name = (out),
    CHEVMI_OPS(CHEVMI_OP_NEEDS, CHEVMI_OP_NONE)
#undef CHEVMI_OP_NEEDS
};

/* Price histories: the first entry, then pairs of fork and price. */
#define CHEVMI_UNPACK(...) __VA_ARGS__
#define CHEVMI_OP_HISTORY(code, name, in, out, imm, fork, price)                                   \
    static const uint16_t chevmi_price_##name[] = {CHEVMI_UNPACK price};
#define CHEVMI_OP_HISTORIES CHEVMI_OPS(CHEVMI_OP_HISTORY, CHEVMI_OP_NONE)

#endif
