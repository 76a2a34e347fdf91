/** evmc12.h: EVMC, ABI version 12, in our own words: the C calling convention between an Ethereum
 *  client (the host, which owns the state) and an EVM (the VM, which runs code).
 *
 *      host ── evmc_create_x() ──▶ vm { abi_version, name, execute, set_option ... }
 *           ── vm->execute(vm, host table, host context, revision, message, code) ──▶ result
 *      vm   ── host->call(context, message), get_storage ... ──▶ host
 *
 *  Layouts and values are those of EVMC 12.1; every size and offset is asserted below, for 64-bit
 * and 32-bit targets. Enumerations are lists of constants and fields have fixed widths, so no
 * compiler's choice matters. All 256-bit numbers are big-endian byte arrays of alignment 1.
 *
 *  Owner: input, code and message belong to the caller and live until the callee returns. Output
 *  belongs to the maker of the result until release(&result), which the receiver calls exactly once
 *  if it is not NULL; copies of the struct may be released instead, from any thread, in any order.
 */
#ifndef CHEVM_EVMC12_H
#define CHEVM_EVMC12_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHEVM12_ABI_VERSION 12

typedef struct chevm12_bytes32 {
    uint8_t bytes[32];
} chevm12_bytes32;

typedef struct chevm12_address {
    uint8_t bytes[20];
} chevm12_address;

/** Message kinds; STATICCALL is CALL with the static flag, EOFCREATE is answered with REJECTED. */
enum {
    CHEVM12_CALL = 0,
    CHEVM12_DELEGATECALL = 1,
    CHEVM12_CALLCODE = 2,
    CHEVM12_CREATE = 3,
    CHEVM12_CREATE2 = 4,
    CHEVM12_EOFCREATE = 5
};

/** Message flags. DELEGATED: the code was reached through an EIP-7702 designation. */
enum { CHEVM12_STATIC = 1, CHEVM12_DELEGATED = 2 };

/** Status codes. Negative ones are trouble of the VM, never an outcome the calling contract may
 * see; further negative values are legal. */
enum {
    CHEVM12_SUCCESS = 0,
    CHEVM12_FAILURE = 1,
    CHEVM12_REVERT = 2,
    CHEVM12_OUT_OF_GAS = 3,
    CHEVM12_INVALID_INSTRUCTION = 4,
    CHEVM12_UNDEFINED_INSTRUCTION = 5,
    CHEVM12_STACK_OVERFLOW = 6,
    CHEVM12_STACK_UNDERFLOW = 7,
    CHEVM12_BAD_JUMP_DESTINATION = 8,
    CHEVM12_INVALID_MEMORY_ACCESS = 9,
    CHEVM12_CALL_DEPTH_EXCEEDED = 10,
    CHEVM12_STATIC_MODE_VIOLATION = 11,
    CHEVM12_PRECOMPILE_FAILURE = 12,
    CHEVM12_CONTRACT_VALIDATION_FAILURE = 13,
    CHEVM12_ARGUMENT_OUT_OF_RANGE = 14,
    CHEVM12_WASM_UNREACHABLE_INSTRUCTION = 15,
    CHEVM12_WASM_TRAP = 16,
    CHEVM12_INSUFFICIENT_BALANCE = 17,
    CHEVM12_INTERNAL_ERROR = -1,
    CHEVM12_REJECTED = -2,
    CHEVM12_OUT_OF_MEMORY = -3
};

/** Revisions: 0 Frontier, 1 Homestead, 2 Tangerine Whistle, 3 Spurious Dragon, 4 Byzantium,
 *  5 Constantinople, 6 Petersburg, 7 Istanbul, 8 Berlin, 9 London, 10 Paris, 11 Shanghai, 12
 * Cancun, 13 Prague, 14 Osaka, 15 Experimental. */
enum { CHEVM12_REVISION_OSAKA = 14, CHEVM12_REVISION_MAX = 15 };

/** Answers of access_account and access_storage, of set_option, and capability bits. */
enum { CHEVM12_ACCESS_COLD = 0, CHEVM12_ACCESS_WARM = 1 };
enum {
    CHEVM12_OPTION_SUCCESS = 0,
    CHEVM12_OPTION_INVALID_NAME = 1,
    CHEVM12_OPTION_INVALID_VALUE = 2
};
enum {
    CHEVM12_CAPABILITY_EVM1 = 1,
    CHEVM12_CAPABILITY_EWASM = 2,
    CHEVM12_CAPABILITY_PRECOMPILES = 4
};

/** What the host has to say to the VM. Belongs to the host; the VM passes it on untouched. */
typedef struct chevm12_host_context chevm12_host_context;

/** One call or creation. */
typedef struct chevm12_message {
    uint32_t kind;
    uint32_t flags;
    int32_t depth; /* 0 = transaction, at most 1024 */
    int64_t gas;
    chevm12_address recipient; /* creations sent by a VM: zero, the host computes it */
    chevm12_address sender;
    const uint8_t *input_data; /* may be NULL only if input_size is 0 */
    size_t input_size;
    chevm12_bytes32 value;
    chevm12_bytes32 create2_salt; /* CREATE2 only */
    chevm12_address code_address;
    const uint8_t *code; /* EOFCREATE only */
    size_t code_size;
} chevm12_message;

/** How a call ended. No bytes means output_data NULL and output_size 0. gas_left is 0 unless
 * SUCCESS or REVERT, gas_refund 0 unless SUCCESS. */
typedef struct chevm12_result {
    int32_t status_code;
    int64_t gas_left;
    int64_t gas_refund;
    const uint8_t *output_data;
    size_t output_size;
    void (*release)(const struct chevm12_result *result);
    chevm12_address create_address; /* set by hosts only */
    uint8_t padding[4];
} chevm12_result;

/** Left over from an abandoned instruction; hosts give NULL and 0. */
typedef struct chevm12_tx_initcode {
    chevm12_bytes32 hash;
    const uint8_t *code;
    size_t code_size;
} chevm12_tx_initcode;

/** Constant surroundings of a transaction; what it points to lives until execute returns. */
typedef struct chevm12_tx_context {
    chevm12_bytes32 tx_gas_price; /* effective */
    chevm12_address tx_origin;
    chevm12_address block_coinbase;
    int64_t block_number;
    int64_t block_timestamp;
    int64_t block_gas_limit;
    chevm12_bytes32 block_prev_randao; /* difficulty before Paris */
    chevm12_bytes32 chain_id;
    chevm12_bytes32 block_base_fee;
    chevm12_bytes32 blob_base_fee;
    const chevm12_bytes32 *blob_hashes;
    size_t blob_hashes_count;
    const chevm12_tx_initcode *initcodes;
    size_t initcodes_count;
} chevm12_tx_context;

/** What a host does for a VM; duties per function: host.h, whose operations these are. set_storage
 *  returns a chevm_storage_status value. */
typedef struct chevm12_host_interface {
    bool (*account_exists)(chevm12_host_context *, const chevm12_address *);
    chevm12_bytes32 (*get_storage)(chevm12_host_context *, const chevm12_address *,
                                   const chevm12_bytes32 *key);
    uint32_t (*set_storage)(chevm12_host_context *, const chevm12_address *,
                            const chevm12_bytes32 *key, const chevm12_bytes32 *value);
    chevm12_bytes32 (*get_balance)(chevm12_host_context *, const chevm12_address *);
    size_t (*get_code_size)(chevm12_host_context *, const chevm12_address *);
    chevm12_bytes32 (*get_code_hash)(chevm12_host_context *, const chevm12_address *);
    size_t (*copy_code)(chevm12_host_context *, const chevm12_address *, size_t offset,
                        uint8_t *buffer, size_t buffer_size);
    bool (*selfdestruct)(chevm12_host_context *, const chevm12_address *,
                         const chevm12_address *beneficiary);
    chevm12_result (*call)(chevm12_host_context *, const chevm12_message *);
    chevm12_tx_context (*get_tx_context)(chevm12_host_context *);
    chevm12_bytes32 (*get_block_hash)(chevm12_host_context *, int64_t number);
    void (*emit_log)(chevm12_host_context *, const chevm12_address *, const uint8_t *data,
                     size_t data_size, const chevm12_bytes32 topics[], size_t topics_count);
    uint32_t (*access_account)(chevm12_host_context *, const chevm12_address *);
    uint32_t (*access_storage)(chevm12_host_context *, const chevm12_address *,
                               const chevm12_bytes32 *key);
    chevm12_bytes32 (*get_transient_storage)(chevm12_host_context *, const chevm12_address *,
                                             const chevm12_bytes32 *key);
    void (*set_transient_storage)(chevm12_host_context *, const chevm12_address *,
                                  const chevm12_bytes32 *key, const chevm12_bytes32 *value);
} chevm12_host_interface;

/** A VM instance: this, then its maker's private fields. execute may run on several threads at once
 *  and is re-entered through host->call; the other functions run alone. */
typedef struct chevm12_vm {
    const int abi_version; /* compare first: only it and destroy are the same in all versions */
    const char *name;
    const char *version;
    void (*destroy)(struct chevm12_vm *);
    chevm12_result (*execute)(struct chevm12_vm *, const chevm12_host_interface *,
                              chevm12_host_context *, uint32_t revision, const chevm12_message *,
                              const uint8_t *code, size_t code_size);
    uint32_t (*get_capabilities)(struct chevm12_vm *);
    uint32_t (*set_option)(struct chevm12_vm *, const char *name, const char *value); /* or NULL */
} chevm12_vm;

#if defined(__GNUC__) || defined(__clang__)
#define CHEVM12_EXPORT __attribute__((visibility("default")))
#else
#define CHEVM12_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** evmc_create_coldevm makes an independent instance of libcoldevm's EVM: one reservation of
 * address space for all its execution slots, no heap. Each running execute, and each output not yet
 *  released, takes one slot; when none is left execute answers OUT_OF_MEMORY.
 *  Returns: NULL if the reservation is refused.
 *  Owner:   the caller, until vm->destroy(vm), when no execute runs and every output is released.
 *  Options: engine=fast|portable;
 *           memory=BYTES, most EVM memory of one frame (16 MiB), and slots=N (1089: one thread at
 *           full depth and 64 outputs), both only before the first execute;
 *           trace[=FILE], an EIP-3155 line per instruction (standard error);
 *           opcode.count=FILE, written by destroy.
 *  Stack:   at most 1 KiB of C stack per level of recursion through host->call. */
CHEVM12_EXPORT chevm12_vm *evmc_create_coldevm(void);

/** evmc_create is evmc_create_coldevm, for loaders that know only this name. */
CHEVM12_EXPORT chevm12_vm *evmc_create(void);

#ifdef __cplusplus
}
#endif

/* ---- Layout ---------------------------------------------------------------------------------- */

#ifdef __cplusplus
#define CHEVM12_ASSERT(condition) static_assert(condition, #condition)
#else
#define CHEVM12_ASSERT(condition) _Static_assert(condition, #condition)
#endif

/* Picks the number for this target: 64-bit, 32-bit, i386 (where 8-byte integers align to 4). */
#if UINTPTR_MAX > 0xffffffffu
#define CHEVM12_PICK(wide, narrow, i386) (wide)
#elif defined(__i386__)
#define CHEVM12_PICK(wide, narrow, i386) (i386)
#else
#define CHEVM12_PICK(wide, narrow, i386) (narrow)
#endif
#define CHEVM12_AT(type, field, wide, narrow, i386)                                                \
    CHEVM12_ASSERT(offsetof(type, field) == CHEVM12_PICK(wide, narrow, i386))
#define CHEVM12_SIZE(type, wide, narrow, i386)                                                     \
    CHEVM12_ASSERT(sizeof(type) == CHEVM12_PICK(wide, narrow, i386))

// clang-format off
CHEVM12_SIZE(chevm12_bytes32, 32, 32, 32);
CHEVM12_SIZE(chevm12_address, 20, 20, 20);

CHEVM12_AT(chevm12_message, kind,           0,   0,   0);
CHEVM12_AT(chevm12_message, flags,          4,   4,   4);
CHEVM12_AT(chevm12_message, depth,          8,   8,   8);
CHEVM12_AT(chevm12_message, gas,           16,  16,  12);
CHEVM12_AT(chevm12_message, recipient,     24,  24,  20);
CHEVM12_AT(chevm12_message, sender,        44,  44,  40);
CHEVM12_AT(chevm12_message, input_data,    64,  64,  60);
CHEVM12_AT(chevm12_message, input_size,    72,  68,  64);
CHEVM12_AT(chevm12_message, value,         80,  72,  68);
CHEVM12_AT(chevm12_message, create2_salt, 112, 104, 100);
CHEVM12_AT(chevm12_message, code_address, 144, 136, 132);
CHEVM12_AT(chevm12_message, code,         168, 156, 152);
CHEVM12_AT(chevm12_message, code_size,    176, 160, 156);
CHEVM12_SIZE(chevm12_message,             184, 168, 160);

CHEVM12_AT(chevm12_result, status_code,    0,  0,  0);
CHEVM12_AT(chevm12_result, gas_left,       8,  8,  4);
CHEVM12_AT(chevm12_result, gas_refund,    16, 16, 12);
CHEVM12_AT(chevm12_result, output_data,   24, 24, 20);
CHEVM12_AT(chevm12_result, output_size,   32, 28, 24);
CHEVM12_AT(chevm12_result, release,       40, 32, 28);
CHEVM12_AT(chevm12_result, create_address,48, 36, 32);
CHEVM12_AT(chevm12_result, padding,       68, 56, 52);
CHEVM12_SIZE(chevm12_result,              72, 64, 56);

CHEVM12_AT(chevm12_tx_initcode, hash,       0,  0,  0);
CHEVM12_AT(chevm12_tx_initcode, code,      32, 32, 32);
CHEVM12_AT(chevm12_tx_initcode, code_size, 40, 36, 36);
CHEVM12_SIZE(chevm12_tx_initcode,          48, 40, 40);

CHEVM12_AT(chevm12_tx_context, tx_gas_price,        0,   0,   0);
CHEVM12_AT(chevm12_tx_context, tx_origin,          32,  32,  32);
CHEVM12_AT(chevm12_tx_context, block_coinbase,     52,  52,  52);
CHEVM12_AT(chevm12_tx_context, block_number,       72,  72,  72);
CHEVM12_AT(chevm12_tx_context, block_timestamp,    80,  80,  80);
CHEVM12_AT(chevm12_tx_context, block_gas_limit,    88,  88,  88);
CHEVM12_AT(chevm12_tx_context, block_prev_randao,  96,  96,  96);
CHEVM12_AT(chevm12_tx_context, chain_id,          128, 128, 128);
CHEVM12_AT(chevm12_tx_context, block_base_fee,    160, 160, 160);
CHEVM12_AT(chevm12_tx_context, blob_base_fee,     192, 192, 192);
CHEVM12_AT(chevm12_tx_context, blob_hashes,       224, 224, 224);
CHEVM12_AT(chevm12_tx_context, blob_hashes_count, 232, 228, 228);
CHEVM12_AT(chevm12_tx_context, initcodes,         240, 232, 232);
CHEVM12_AT(chevm12_tx_context, initcodes_count,   248, 236, 236);
CHEVM12_SIZE(chevm12_tx_context,                  256, 240, 240);

CHEVM12_AT(chevm12_host_interface, account_exists,         0 * sizeof(void *), 0,  0);
CHEVM12_AT(chevm12_host_interface, get_storage,            1 * sizeof(void *), 4,  4);
CHEVM12_AT(chevm12_host_interface, set_storage,            2 * sizeof(void *), 8,  8);
CHEVM12_AT(chevm12_host_interface, get_balance,            3 * sizeof(void *), 12, 12);
CHEVM12_AT(chevm12_host_interface, get_code_size,          4 * sizeof(void *), 16, 16);
CHEVM12_AT(chevm12_host_interface, get_code_hash,          5 * sizeof(void *), 20, 20);
CHEVM12_AT(chevm12_host_interface, copy_code,              6 * sizeof(void *), 24, 24);
CHEVM12_AT(chevm12_host_interface, selfdestruct,           7 * sizeof(void *), 28, 28);
CHEVM12_AT(chevm12_host_interface, call,                   8 * sizeof(void *), 32, 32);
CHEVM12_AT(chevm12_host_interface, get_tx_context,         9 * sizeof(void *), 36, 36);
CHEVM12_AT(chevm12_host_interface, get_block_hash,        10 * sizeof(void *), 40, 40);
CHEVM12_AT(chevm12_host_interface, emit_log,              11 * sizeof(void *), 44, 44);
CHEVM12_AT(chevm12_host_interface, access_account,        12 * sizeof(void *), 48, 48);
CHEVM12_AT(chevm12_host_interface, access_storage,        13 * sizeof(void *), 52, 52);
CHEVM12_AT(chevm12_host_interface, get_transient_storage, 14 * sizeof(void *), 56, 56);
CHEVM12_AT(chevm12_host_interface, set_transient_storage, 15 * sizeof(void *), 60, 60);
CHEVM12_SIZE(chevm12_host_interface, 128, 64, 64);

CHEVM12_AT(chevm12_vm, abi_version,       0,  0,  0);
CHEVM12_AT(chevm12_vm, name,              8,  4,  4);
CHEVM12_AT(chevm12_vm, version,          16,  8,  8);
CHEVM12_AT(chevm12_vm, destroy,          24, 12, 12);
CHEVM12_AT(chevm12_vm, execute,          32, 16, 16);
CHEVM12_AT(chevm12_vm, get_capabilities, 40, 20, 20);
CHEVM12_AT(chevm12_vm, set_option,       48, 24, 24);
CHEVM12_SIZE(chevm12_vm,                 56, 28, 28);
// clang-format on

#endif
