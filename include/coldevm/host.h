/** host.h: what the interpreter asks of the world, the operations EVMC names, in native words.
 *
 *  The one difference from EVMC: a call does not recurse. The interpreter asks call_begin; the host
 * does what comes before the code (snapshot, nonce, transfer, collision) and hands out the code;
 * the interpreter runs it in its own loop and then tells call_end how it went. A host that runs the
 * call itself (precompile, foreign VM, account without code) answers with the finished result.
 *
 *  Every function gets the context pointer given to chevm_execute. A host whose configured capacity
 * is exhausted answers with the negated status (-CHEVM_STATE_FULL ...); the interpreter then ends
 * all frames with it and call_end undoes each. Duties per operation: spec evmc.md V5, V8. One
 * thread. */
#ifndef CHEVM_HOST_H
#define CHEVM_HOST_H

#include <coldevm/types.h>

CH_API_BEGIN

/** Constant surroundings of a transaction. Pointers live until execution has ended. */
typedef struct chevm_tx_context {
    chevm_u256 gas_price;   /* effective */
    chevm_u256 prev_randao; /* difficulty before Paris */
    chevm_u256 chain_id;
    chevm_u256 base_fee;
    chevm_u256 blob_base_fee;
    const chevm_u256 *blob_hashes;
    size_t blob_hash_count;
    uint64_t block_number;
    uint64_t block_timestamp;
    uint64_t block_gas_limit;
    chevm_address origin;
    chevm_address coinbase;
} chevm_tx_context;

/** EIP-2200 status of a storage write, numbered as in EVMC (original, current, new value). */
typedef enum chevm_storage_status {
    CHEVM_STORAGE_ASSIGNED = 0,
    CHEVM_STORAGE_ADDED = 1,
    CHEVM_STORAGE_DELETED = 2,
    CHEVM_STORAGE_MODIFIED = 3,
    CHEVM_STORAGE_DELETED_ADDED = 4,
    CHEVM_STORAGE_MODIFIED_DELETED = 5,
    CHEVM_STORAGE_DELETED_RESTORED = 6,
    CHEVM_STORAGE_ADDED_DELETED = 7,
    CHEVM_STORAGE_MODIFIED_RESTORED = 8
} chevm_storage_status;

#define CHEVM_ACCESS_COLD 0
#define CHEVM_ACCESS_WARM 1

/** Answer of call_begin. run = true: execute code, then call_end. run = false: result is final and
 *  call_end is not called; its output must stay valid only until the next call into the host, the
 *  interpreter copies it (it may point into the message's input). */
typedef struct chevm_callee {
    bool run;
    bool padded;         /* CHEVM_CODE_PADDING zero bytes follow the code */
    const uint8_t *code; /* valid until call_end */
    size_t code_size;
    const chevm_u256 *code_hash; /* key for the analysis cache; NULL: not cached (initcode) */
    chevm_address recipient;     /* creations: the new address; calls: message.recipient */
    chevm_result result;         /* run = false */
} chevm_callee;

typedef struct chevm_host {
    /** True if the account exists; from Spurious Dragon on: exists and is not empty (EIP-161). */
    bool (*account_exists)(void *context, const chevm_address *address);
    /** Value of a slot, zero if absent. */
    void (*get_storage)(void *context, const chevm_address *address, const chevm_u256 *key,
                        chevm_u256 *value);
    /** Writes, journalled; returns a chevm_storage_status or a negated chevm_status. */
    int (*set_storage)(void *context, const chevm_address *address, const chevm_u256 *key,
                       const chevm_u256 *value);
    void (*get_transient)(void *context, const chevm_address *address, const chevm_u256 *key,
                          chevm_u256 *value);
    /** Returns 0 or a negated chevm_status. */
    int (*set_transient)(void *context, const chevm_address *address, const chevm_u256 *key,
                         const chevm_u256 *value);
    void (*get_balance)(void *context, const chevm_address *address, chevm_u256 *balance);
    size_t (*get_code_size)(void *context, const chevm_address *address);
    /** keccak256 of the code, of nothing if it has none; zero for an absent or empty account. */
    void (*get_code_hash)(void *context, const chevm_address *address, chevm_u256 *hash);
    /** Copies min(size, code size - offset) bytes, none beyond the end; returns that number. */
    size_t (*copy_code)(void *context, const chevm_address *address, size_t offset, uint8_t *buffer,
                        size_t size);
    /** Moves the balance by the rules of the fork and marks the account; returns 1 if it is marked
     * now for the first time, 0 if not, or a negated chevm_status. */
    int (*selfdestruct)(void *context, const chevm_address *address,
                        const chevm_address *beneficiary);
    /** EIP-2929: adds to the set; returns CHEVM_ACCESS_WARM if it was there, CHEVM_ACCESS_COLD if
     * not, or a negated chevm_status. Precompiles are always warm. */
    int (*access_account)(void *context, const chevm_address *address);
    int (*access_storage)(void *context, const chevm_address *address, const chevm_u256 *key);
    /** Asked at most once per execution. */
    const chevm_tx_context *(*get_tx_context)(void *context);
    /** Hash of block number - 256 .. number - 1 (the interpreter checks); zero if unknown. */
    void (*get_block_hash)(void *context, uint64_t number, chevm_u256 *hash);
    /** 0 to 4 topics; data and topics are valid only during the call. 0 or a negated chevm_status.
     */
    int (*emit_log)(void *context, const chevm_address *address, const uint8_t *data,
                    size_t data_size, const chevm_u256 *topics, size_t topic_count);
    /** Starts the call or creation `message`; see the head of this file. The interpreter has
     * checked depth, balance and static mode and passes gas after the 63/64 rule with the stipend.
     */
    void (*call_begin)(void *context, const chevm_message *message, chevm_callee *callee);
    /** Ends a call that call_begin started: on OK keeps the changes (for creations: pays for and
     * stores result->output as code, which may change status and gas_left), else undoes them. */
    void (*call_end)(void *context, const chevm_message *message, chevm_result *result);
} chevm_host;

CH_API_END

#endif
