/** types.h: the words every part of libcoldevm shares: address, fork, outcome, message, result.
 *
 *  Numbers are chevm_u256 in native limb order; hashes and storage keys likewise (a 32-byte hash is
 * the number whose big-endian form it is). Bytes on the wire exist only at the border (EVMC, RLP,
 * text). */
#ifndef CHEVM_TYPES_H
#define CHEVM_TYPES_H

#include <coldevm/u256.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An account's address. Byte array, alignment 1. */
typedef struct chevm_address {
    uint8_t bytes[20];
} chevm_address;

// clang-format off
/* * Forks in order of activation: X(NAME, fixture name, second name). Rules are rows in
 * src/evm/rules.h. */
#define CHEVM_FORK_ROWS(X)                                \
    X(FRONTIER,       "Frontier",          "Frontier")         \
    X(HOMESTEAD,      "Homestead",         "Homestead")        \
    X(TANGERINE,      "EIP150",            "TangerineWhistle") \
    X(SPURIOUS,       "EIP158",            "SpuriousDragon")   \
    X(BYZANTIUM,      "Byzantium",         "Byzantium")        \
    X(CONSTANTINOPLE, "Constantinople",    "Constantinople")   \
    X(PETERSBURG,     "ConstantinopleFix", "Petersburg")       \
    X(ISTANBUL,       "Istanbul",          "Istanbul")         \
    X(BERLIN,         "Berlin",            "Berlin")           \
    X(LONDON,         "London",            "London")           \
    X(PARIS,          "Paris",             "Merge")            \
    X(SHANGHAI,       "Shanghai",          "Shanghai")         \
    X(CANCUN,         "Cancun",            "Cancun")           \
    X(PRAGUE,         "Prague",            "Prague")           \
    X(OSAKA,          "Osaka",             "Osaka")

/** Outcomes: X(NAME, value, phrase). Values are pinned. 0 and 1 end a frame well; 2..29 are
 *  exceptional halts (all gas of the frame is gone); 30..39 are light failures of a call (0 on the
 *  stack, gas back); from 60 on the machine itself gave up: every frame ends with that status and
 *  the state is undone. The phrases are those of spec cli.md C7. */
#define CHEVM_STATUS_ROWS(X)                                                                \
    X(OK,                    0,  "success")                                                 \
    X(REVERT,                1,  "execution reverted")                                      \
    X(OUT_OF_GAS,            2,  "out of gas")                                              \
    X(STACK_OVERFLOW,        3,  "stack limit reached 1024 (1023)")                         \
    X(STACK_UNDERFLOW,       4,  "stack underflow")                                         \
    X(BAD_JUMP,              5,  "invalid jump destination")                                \
    X(UNDEFINED_OPCODE,      6,  "invalid opcode")                                          \
    X(INVALID_OPCODE,        7,  "invalid opcode: INVALID")                                 \
    X(STATIC_VIOLATION,      8,  "write protection")                                        \
    X(RETURN_DATA_BOUNDS,    9,  "return data out of bounds")                               \
    X(CODE_STORE_GAS,        10, "contract creation code storage out of gas")               \
    X(CODE_SIZE,             11, "max code size exceeded")                                  \
    X(CODE_PREFIX,           12, "invalid code: must not begin with 0xef")                  \
    X(INITCODE_SIZE,         13, "max initcode size exceeded")                              \
    X(CREATE_COLLISION,      14, "contract address collision")                              \
    X(PRECOMPILE_FAILURE,    15, "precompile failure")                                      \
    X(GAS_OVERFLOW,          16, "gas uint64 overflow")                                     \
    X(HOST_FAILURE,          17, "failure")                                                 \
    X(CALL_DEPTH,            30, "max call depth exceeded")                                 \
    X(BALANCE,               31, "insufficient balance for transfer")                       \
    X(NONCE_OVERFLOW,        32, "nonce uint64 overflow")                                   \
    X(OUT_OF_MEMORY,         60, "out of memory")                                           \
    X(MEMORY_LIMIT_EXCEEDED, 61, "memory limit exceeded")                                   \
    X(INVALID_OFFSET,        62, "invalid memory offset")                                   \
    X(INVALID_SIZE,          63, "invalid memory size")                                     \
    X(STATE_FULL,            64, "state capacity reached")                                  \
    X(LOGS_FULL,             65, "log capacity reached")                                    \
    X(JOURNAL_FULL,          66, "journal capacity reached")                                \
    X(CODE_FULL,             67, "code capacity reached")                                   \
    X(HEAP_CALL,             68, "heap call while sealed")                                  \
    X(REJECTED,              69, "rejected")                                                \
    X(INTERNAL,              70, "internal error")
// clang-format on

typedef enum chevm_fork {
#define CHEVM_FORK_ENUM(name, text, alias) CHEVM_##name,
    CHEVM_FORK_ROWS(CHEVM_FORK_ENUM)
#undef CHEVM_FORK_ENUM
        CHEVM_FORK_COUNT
} chevm_fork;

#define CHEVM_FORK_NEWEST ((chevm_fork)(CHEVM_FORK_COUNT - 1))

typedef enum chevm_status {
#define CHEVM_STATUS_ENUM(name, value, text) CHEVM_##name = (value),
    CHEVM_STATUS_ROWS(CHEVM_STATUS_ENUM)
#undef CHEVM_STATUS_ENUM
} chevm_status;

/** First status that is trouble of the machine, not an outcome of the EVM. */
#define CHEVM_STATUS_MACHINE 60

/** Call kinds, numbered as in EVMC. STATICCALL is CHEVM_CALL with CHEVM_FLAG_STATIC. */
typedef enum chevm_call_kind {
    CHEVM_KIND_CALL = 0,
    CHEVM_KIND_DELEGATECALL = 1,
    CHEVM_KIND_CALLCODE = 2,
    CHEVM_KIND_CREATE = 3,
    CHEVM_KIND_CREATE2 = 4
} chevm_call_kind;

#define CHEVM_FLAG_STATIC    1u /* no state change allowed in this call and below */
#define CHEVM_FLAG_DELEGATED 2u /* code_address was reached through an EIP-7702 designation */

#define CHEVM_DEPTH_MAX    1024u /* deepest msg.depth */
#define CHEVM_STACK_MAX    1024u /* words of one frame */
#define CHEVM_CODE_PADDING 64u   /* zero bytes the interpreter may read behind code */

/** One call or creation. Owner of all pointers: the sender of the message, until the call has
 * ended. */
typedef struct chevm_message {
    chevm_call_kind kind;
    uint32_t flags;
    uint32_t depth;             /* 0 = transaction */
    int64_t gas;                /* >= 0 */
    chevm_address recipient;    /* account whose storage, balance and address the code sees */
    chevm_address sender;       /* CALLER */
    chevm_address code_address; /* account whose code runs */
    chevm_u256 value;     /* CALLVALUE; moved only by CALL, CALLCODE (to itself) and creations */
    const uint8_t *input; /* calldata; for creations the initcode */
    size_t input_size;
    chevm_u256 salt; /* CREATE2 only */
} chevm_message;

/** How a call ended. output is NULL when output_size is 0. */
typedef struct chevm_result {
    chevm_status status;
    int64_t gas_left;   /* 0 unless OK, REVERT or a light failure */
    int64_t gas_refund; /* 0 unless OK; may be negative in an inner frame */
    const uint8_t *output;
    size_t output_size;
    chevm_address create_address; /* creations: set once the address is known */
} chevm_result;

CH_API_BEGIN

/** chevm_status_name returns the name without prefix ("OUT_OF_GAS"); "?" if unknown. Static. */
const char *chevm_status_name(chevm_status status);

/** chevm_status_phrase returns the sentence of the row; "unknown status" if unknown. Static. */
const char *chevm_status_phrase(chevm_status status);

/** chevm_fork_name returns the name fixtures use ("EIP158"); "?" if unknown. Static. */
const char *chevm_fork_name(chevm_fork fork);

/** chevm_fork_parse finds a fork by either of its names (exact case), also "MuirGlacier"
 * (Istanbul), "ArrowGlacier" and "GrayGlacier" (London), "BPO1" and "BPO2" (Osaka's rules).
 *  Returns: true and *fork set; false for an unknown name, *fork unchanged. */
bool chevm_fork_parse(const char *name, chevm_fork *fork);

CH_API_END

#endif
