/* layout_rows.h: every struct, field and constant of EVMC ABI 12 that evmc12.h restates, so that
 * two files can write the same list of numbers, one from our header and one from an original one.
 */
#ifndef EVMC_LAYOUT_ROWS_H
#define EVMC_LAYOUT_ROWS_H

#include <stddef.h>

/* The list as seen by one of the files. */
typedef struct layout_number {
    const char *name;
    long long value;
} layout_number;

extern const layout_number layout_ours[];
extern const layout_number layout_theirs[];
extern const size_t layout_ours_count;
extern const size_t layout_theirs_count;

// clang-format off
#define LAYOUT_STRUCTS(X) X(bytes32) X(address) X(message) X(result) X(tx_initcode) X(tx_context) \
    X(host_interface) X(vm)

#define LAYOUT_FIELDS(X)                                                                      \
    X(message, kind) X(message, flags) X(message, depth) X(message, gas)                      \
    X(message, recipient) X(message, sender) X(message, input_data) X(message, input_size)    \
    X(message, value) X(message, create2_salt) X(message, code_address) X(message, code)      \
    X(message, code_size)                                                                     \
    X(result, status_code) X(result, gas_left) X(result, gas_refund) X(result, output_data)   \
    X(result, output_size) X(result, release) X(result, create_address) X(result, padding)    \
    X(tx_initcode, hash) X(tx_initcode, code) X(tx_initcode, code_size)                       \
    X(tx_context, tx_gas_price) X(tx_context, tx_origin) X(tx_context, block_coinbase)        \
    X(tx_context, block_number) X(tx_context, block_timestamp) X(tx_context, block_gas_limit) \
    X(tx_context, block_prev_randao) X(tx_context, chain_id) X(tx_context, block_base_fee)    \
    X(tx_context, blob_base_fee) X(tx_context, blob_hashes) X(tx_context, blob_hashes_count)  \
    X(tx_context, initcodes) X(tx_context, initcodes_count)                                   \
    X(host_interface, account_exists) X(host_interface, get_storage)                          \
    X(host_interface, set_storage) X(host_interface, get_balance)                             \
    X(host_interface, get_code_size) X(host_interface, get_code_hash)                         \
    X(host_interface, copy_code) X(host_interface, selfdestruct) X(host_interface, call)      \
    X(host_interface, get_tx_context) X(host_interface, get_block_hash)                       \
    X(host_interface, emit_log) X(host_interface, access_account)                             \
    X(host_interface, access_storage) X(host_interface, get_transient_storage)                \
    X(host_interface, set_transient_storage)                                                  \
    X(vm, abi_version) X(vm, name) X(vm, version) X(vm, destroy) X(vm, execute)               \
    X(vm, get_capabilities) X(vm, set_option)

/* X(our name behind CHEVM12_, the original's behind EVMC_) */
#define LAYOUT_CONSTANTS(X)                                                                   \
    X(ABI_VERSION, ABI_VERSION) X(CALL, CALL) X(DELEGATECALL, DELEGATECALL)                   \
    X(CALLCODE, CALLCODE) X(CREATE, CREATE) X(CREATE2, CREATE2) X(EOFCREATE, EOFCREATE)       \
    X(STATIC, STATIC) X(DELEGATED, DELEGATED)                                                 \
    X(SUCCESS, SUCCESS) X(FAILURE, FAILURE) X(REVERT, REVERT) X(OUT_OF_GAS, OUT_OF_GAS)       \
    X(INVALID_INSTRUCTION, INVALID_INSTRUCTION)                                               \
    X(UNDEFINED_INSTRUCTION, UNDEFINED_INSTRUCTION) X(STACK_OVERFLOW, STACK_OVERFLOW)         \
    X(STACK_UNDERFLOW, STACK_UNDERFLOW) X(BAD_JUMP_DESTINATION, BAD_JUMP_DESTINATION)         \
    X(INVALID_MEMORY_ACCESS, INVALID_MEMORY_ACCESS)                                           \
    X(CALL_DEPTH_EXCEEDED, CALL_DEPTH_EXCEEDED)                                               \
    X(STATIC_MODE_VIOLATION, STATIC_MODE_VIOLATION) X(PRECOMPILE_FAILURE, PRECOMPILE_FAILURE) \
    X(CONTRACT_VALIDATION_FAILURE, CONTRACT_VALIDATION_FAILURE)                               \
    X(ARGUMENT_OUT_OF_RANGE, ARGUMENT_OUT_OF_RANGE)                                           \
    X(WASM_UNREACHABLE_INSTRUCTION, WASM_UNREACHABLE_INSTRUCTION) X(WASM_TRAP, WASM_TRAP)     \
    X(INSUFFICIENT_BALANCE, INSUFFICIENT_BALANCE) X(INTERNAL_ERROR, INTERNAL_ERROR)           \
    X(REJECTED, REJECTED) X(OUT_OF_MEMORY, OUT_OF_MEMORY)                                     \
    X(REVISION_OSAKA, OSAKA) X(REVISION_MAX, MAX_REVISION)                                    \
    X(ACCESS_COLD, ACCESS_COLD) X(ACCESS_WARM, ACCESS_WARM)                                   \
    X(OPTION_SUCCESS, SET_OPTION_SUCCESS) X(OPTION_INVALID_NAME, SET_OPTION_INVALID_NAME)     \
    X(OPTION_INVALID_VALUE, SET_OPTION_INVALID_VALUE)                                         \
    X(CAPABILITY_EVM1, CAPABILITY_EVM1) X(CAPABILITY_EWASM, CAPABILITY_EWASM)                 \
    X(CAPABILITY_PRECOMPILES, CAPABILITY_PRECOMPILES)
// clang-format on

#endif
