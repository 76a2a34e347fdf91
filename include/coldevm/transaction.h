/** transaction.h: Ethereum's transactions, types 0 to 4, from bytes to their effect on a state.
 *
 *    bytes --decode--> chevm_transaction --recover--> sender
 *                            |
 *    block, state --> validate --> pay, warm, delegate --> chevm_call --> refund, reward -->
 * outcome
 *
 *  A transaction that is not valid is rejected by name and leaves the state untouched; one that is
 *  valid always ends, with a gas used. What hits a configured capacity leaves the state as before.
 *  Nothing is allocated: lists lie in the caller's scratch.
 *  Source: Yellow Paper; EIP-2, 155, 1559, 2028, 2681, 2718, 2930, 3529, 3607, 3651, 3860, 4844,
 *  7594, 7623, 7691, 7702, 7825. */
#ifndef CHEVM_TRANSACTION_H
#define CHEVM_TRANSACTION_H

#include <coldevm/machine.h>
#include <coldevm/rejection.h>
#include <coldevm/state.h>

CH_API_BEGIN

typedef enum chevm_transaction_type {
    CHEVM_TRANSACTION_LEGACY = 0,
    CHEVM_TRANSACTION_ACCESS_LIST = 1, /* EIP-2930 */
    CHEVM_TRANSACTION_DYNAMIC_FEE = 2, /* EIP-1559 */
    CHEVM_TRANSACTION_BLOB = 3,        /* EIP-4844 */
    CHEVM_TRANSACTION_SET_CODE = 4     /* EIP-7702 */
} chevm_transaction_type;

typedef struct chevm_access_entry {
    chevm_address address;
    const chevm_u256 *keys;
    size_t key_count;
} chevm_access_entry;

/** An EIP-7702 tuple. One whose signature recovers no authority is skipped, not an error. */
typedef struct chevm_authorization {
    chevm_u256 chain_id, r, s;
    uint64_t nonce;
    chevm_address address;   /* to delegate to; zero: take the delegation away */
    chevm_address authority; /* recovered; meaningful if is_signed */
    uint8_t y_parity;
    bool is_signed;
} chevm_authorization;

/** A transaction. Pointers belong to whoever made it (decode: the input and scratch). */
typedef struct chevm_transaction {
    chevm_transaction_type type;
    bool is_creation;  /* no recipient */
    bool has_chain_id; /* always but for old legacy signatures (EIP-155) */
    chevm_u256 chain_id;
    uint64_t nonce;
    uint64_t gas_limit;
    chevm_u256 max_fee;          /* gas price of types 0 and 1 */
    chevm_u256 max_priority_fee; /* = max_fee there */
    chevm_u256 max_blob_fee;     /* type 3 */
    chevm_u256 value;
    chevm_address to;
    chevm_address sender; /* set by recover, or by the caller */
    const uint8_t *input;
    size_t input_size;
    const chevm_access_entry *access_list;
    size_t access_count;
    const chevm_u256 *blob_hashes;
    size_t blob_count;
    chevm_authorization *authorizations; /* recover writes their authority */
    size_t authorization_count;
    chevm_u256 v, r, s; /* v as on the wire of legacy ones; y parity else */
} chevm_transaction;

/** What a rejection is about, for its message. */
typedef struct chevm_rejection_facts {
    chevm_rejection why;
    chevm_address address; /* whose nonce, balance or code; zero if none */
    chevm_u256 have, want; /* what is there and what it should be or would take: balance and cost,
                              gas limit and intrinsic gas, nonces of account and transaction; 0 if
                              they say nothing */
    size_t position;       /* decode: offset of the offending item in the bytes */
} chevm_rejection_facts;

/** The part of a block that a transaction sees. */
typedef struct chevm_block {
    chevm_fork fork;
    chevm_address coinbase;
    uint64_t number;
    uint64_t timestamp;
    uint64_t gas_limit;
    uint64_t gas_available; /* what former transactions of the block have left of it */
    chevm_u256 prev_randao; /* difficulty before Paris */
    chevm_u256 base_fee;
    chevm_u256 blob_base_fee;
    chevm_u256 chain_id;
    uint32_t blobs_max;       /* of a block */
    uint32_t blobs_available; /* what former transactions have left of blobs_max */
} chevm_block;

/** How a transaction went. output: valid until the next call on the same machine. */
typedef struct chevm_outcome {
    chevm_rejection_facts rejection; /* why != ACCEPTED: all else is zero */
    chevm_status status;        /* of the outermost frame; of the machine (>= 60): all is undone */
    uint64_t gas_used;          /* after refunds and floor: what was paid for */
    uint64_t gas_refunded;      /* after its cap */
    uint64_t delegation_refund; /* of EIP-7702, known before the first instruction runs */
    uint64_t execution_gas;     /* spent by the frames, without intrinsic gas and refunds */
    const uint8_t *output;
    size_t output_size;
    chevm_address create_address; /* of a creation */
} chevm_outcome;

/* ---- From and to bytes ---------------------------------------------------------------------- */

/** chevm_transaction_scratch is enough scratch for decoding any `size` bytes: six times as many,
 *  SIZE_MAX if that overflows. */
size_t chevm_transaction_scratch(size_t size);

/** chevm_transaction_decode reads a signed transaction: RLP, or a type byte and RLP; strictly.
 *  Whether its type exists in a fork and its signature is anyone's is judged by check and recover;
 *  here, that its y parity (types 1 to 4) is 0 or 1.
 *  Returns: ACCEPTED; else the rejection that is in facts->why, with its position; *transaction
 *  undefined.
 *  Requires: scratch of chevm_transaction_scratch(size) bytes, aligned to 8; bytes may be NULL if
 *  size is 0. Bytes, scratch and *transaction live together. Cost: O(size). */
chevm_rejection chevm_transaction_decode(chevm_transaction *transaction, const uint8_t *bytes,
                                         size_t size, void *scratch, chevm_rejection_facts *facts);

/** chevm_transaction_encode writes the signed transaction as it goes over the wire.
 *  Returns: the size it takes; nothing is written if `room` is less or out is NULL. */
size_t chevm_transaction_encode(const chevm_transaction *transaction, uint8_t *out, size_t room);

/** chevm_transaction_signing_hash is what the sender signed; chevm_transaction_hash keccak256 of
 * the wire form; chevm_authorization_signing_hash what a tuple's authority signed. None builds the
 * bytes.
 */
void chevm_transaction_signing_hash(const chevm_transaction *transaction, chevm_u256 *hash);
void chevm_transaction_hash(const chevm_transaction *transaction, chevm_u256 *hash);
void chevm_authorization_signing_hash(const chevm_authorization *authorization, chevm_u256 *hash);

/** chevm_sender_cache keeps what was recovered from signatures, in the caller's memory: the same
 *  bytes come back for every fork of a test, or from a pool into a block. A place is chosen by the
 *  signed hash and overwritten by the next one that falls there; an entry answers only for the very
 *  same hash and signature. One thread at a time. */
typedef struct chevm_sender_cache_entry chevm_sender_cache_entry;
typedef struct chevm_sender_cache {
    chevm_sender_cache_entry *entries; /* fields are private, but for the two counters */
    size_t count;
    uint64_t hits, misses;
} chevm_sender_cache;

/** chevm_sender_cache_footprint is the memory for `count` entries (128 bytes each; SIZE_MAX if it
 *  overflows); chevm_sender_cache_init makes it an empty cache.
 *  Requires: memory of the footprint, aligned to 8, as long as the cache is used. */
size_t chevm_sender_cache_footprint(size_t count);
void chevm_sender_cache_init(chevm_sender_cache *cache, void *memory, size_t count);

/** chevm_transaction_recover sets transaction->sender from the signature, and the authority of each
 *  of its tuples. Judges what the fork asks of v (27, 28; a chain from EIP-155 on) and s (low from
 *  Homestead on); not whether the chain is the right one, which is check's matter.
 *  chevm_authorization_recover does it for one tuple: is_signed tells whether there is a signer.
 *  Returns: ACCEPTED, INVALID_SIGNATURE_VRS, INVALID_CHAINID (v names none) or EC_RECOVERY_FAIL;
 * the sender is then undefined. Cost: about 50 us a signature, 1 us if the cache (NULL: none) has
 * it. */
chevm_rejection chevm_transaction_recover(chevm_transaction *transaction, chevm_fork fork);
chevm_rejection chevm_transaction_recover_cached(chevm_transaction *transaction, chevm_fork fork,
                                                 chevm_sender_cache *cache);
void chevm_authorization_recover(chevm_authorization *authorization);
void chevm_authorization_recover_cached(chevm_authorization *authorization,
                                        chevm_sender_cache *cache);

/** chevm_secret_address is the account a secret key signs for, as fixtures name senders. Not for
 *  secrets of worth: the time it takes depends on the key. Returns: false, *address unchanged, if
 * the key is 0 or not below the group's order. */
bool chevm_secret_address(chevm_address *address, const chevm_u256 *secret);

/* ---- Rules ---------------------------------------------------------------------------------- */

/** chevm_intrinsic_gas: paid before the first instruction; *floor (may be NULL): least gas used by
 *  EIP-7623, 0 before Prague. UINT64_MAX if it does not fit. */
uint64_t chevm_intrinsic_gas(const chevm_transaction *transaction, chevm_fork fork,
                             uint64_t *floor);

/** chevm_blob_base_fee: fake_exponential(1, excess, fraction), saturating at 2^256 - 1. */
void chevm_blob_base_fee(chevm_u256 *fee, uint64_t excess_blob_gas, uint64_t fraction);

/** Blob parameters of a fork or of a blob-only schedule ("BPO1"): X-table in the room. */
typedef struct chevm_blob_schedule {
    uint32_t target, max; /* blobs a block */
    uint64_t fraction;    /* base fee update fraction */
} chevm_blob_schedule;

/** chevm_blob_schedule_of finds the schedule by a fixture's fork name. False: none (before Cancun).
 */
bool chevm_blob_schedule_of(const char *fork_name, chevm_blob_schedule *schedule);

/** chevm_transaction_type_check judges only whether the fork has the type: a transaction may be
 *  malformed and of an unknown type at once, and either may be the answer. */
chevm_rejection chevm_transaction_type_check(unsigned type, chevm_fork fork);

/** chevm_transaction_check judges what needs no state: type, chain, gas, sizes, fees, blobs,
 * tuples, and at last whether gas limit * fee fits 256 bits; chevm_transaction_validate judges the
 * same (but for the product, which no balance covers) and then the sender's account: nonce,
 * balance, code. Order: as the execution specification has it (the first reason counts). *facts
 * says all about it.
 */
chevm_rejection chevm_transaction_check(const chevm_transaction *transaction,
                                        const chevm_block *block, chevm_rejection_facts *facts);
chevm_rejection chevm_transaction_validate(const chevm_transaction *transaction,
                                           const chevm_block *block, const chevm_state *state,
                                           chevm_rejection_facts *facts);

/* ---- Effect --------------------------------------------------------------------------------- */

/** chevm_transact validates and executes one transaction: buys gas, raises the nonce, applies
 *  authorizations, runs, refunds, pays the coinbase, ends the state's transaction. The machine's
 * fork is set to the block's. The sender is taken from transaction->sender. Logs stay in the state.
 *  Requires: no transaction running on the state. */
void chevm_transact(chevm *vm, chevm_state *state, const chevm_block *block,
                    const chevm_transaction *transaction, chevm_outcome *outcome);

CH_API_END

#endif
