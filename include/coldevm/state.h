/** state.h: the world in memory: accounts, code, storage, transient storage, access lists, logs,
 * all behind one journal; and the chevm_host that lets the interpreter work on it.
 *
 *     outside            begin_transaction           end_transaction
 *   set_* (loading) --> | warm, chevm_call, set_* | --> kept, or rollback_transaction --> as before
 *
 *  Everything has a fixed capacity, reserved before the start; a capacity that is hit answers with
 *  its own status (STATE_FULL, JOURNAL_FULL, LOGS_FULL, CODE_FULL) and undoing leaves the state as
 *  it was. Marks may be nested in transactions and around them; commit and undo cost O(changes).
 *  Entries never move, so lookups need no copying; keys are compared as native words.
 *
 *  One thread at a time. Does not know transactions' fees, signatures or tries.
 *  Source: EIP-161, 170, 684, 1153, 2200, 2929, 3541, 3651, 6780, 7610, 7702; spec evmc.md V5-V8.
 */
#ifndef CHEVM_STATE_H
#define CHEVM_STATE_H

#include <coldevm/machine.h>
#include <coldheap/allocator.h>
#include <coldheap/manager.h>
#include <coldheap/status.h>

CH_API_BEGIN

typedef struct chevm_state chevm_state;

/** Largest number of accounts, slots, transient slots or codes that can be asked for. */
#define CHEVM_STATE_COUNT_MAX ((1u << 28) - 2u)

/** All fields have a meaning at 0, so {0} is a usable configuration. What is derived from the gas
 *  limit suffices for any one transaction of that gas on top of the stated base. */
typedef struct chevm_state_options {
    uint64_t gas_limit;        /* of one transaction, sizes what is 0 below; 0 = 30,000,000 */
    uint32_t account_count;    /* accounts, looked-at ones included; 0 = 65,536 + gas / 500 */
    uint32_t slot_count;       /* storage slots of all accounts; 0 = 262,144 + gas / 500 */
    uint32_t transient_count;  /* transient slots of a transaction; 0 = gas / 100 */
    uint32_t code_count;       /* different codes; 0 = 16,384 + gas / 32,000 */
    uint64_t code_bytes;       /* their bytes with padding; 0 = 32 MiB + gas / 100 */
    uint64_t journal_bytes;    /* 0 = 64 KiB + gas / 2 */
    uint32_t log_count;        /* 0 = gas / 375 */
    uint64_t log_bytes;        /* topics and data; 0 = gas / 8 + 8 * log_count */
    uint64_t precompile_bytes; /* scratch of precompiles; 0 = chevm_precompile_scratch(gas) */
    uint32_t mark_count;       /* marks open at one time, beside the call depth; 0 = 64 */
    uint64_t seed;             /* of the hash tables; changes no result */
    const ch_allocator *twin;  /* not NULL: journal, logs, transient storage and what precompiles
                                  work in are taken from this allocator, as they grow (the malloc
                                  twin) */
} chevm_state_options;

// clang-format off
/** Parts of a state's memory, in layout order: X(NAME, text). */
#define CHEVM_STATE_PART_ROWS(X)  \
    X(STATE,     "state")         \
    X(ACCOUNTS,  "accounts")      \
    X(STORAGE,   "storage")       \
    X(TRANSIENT, "transient")     \
    X(CODES,     "codes")         \
    X(JOURNAL,   "journal")       \
    X(LOGS,      "logs")          \
    X(PRECOMPILES, "precompiles")
// clang-format on

typedef enum chevm_state_part {
#define CHEVM_STATE_PART_ENUM(name, text) CHEVM_STATE_PART_##name,
    CHEVM_STATE_PART_ROWS(CHEVM_STATE_PART_ENUM)
#undef CHEVM_STATE_PART_ENUM
        CHEVM_STATE_PART_COUNT
} chevm_state_part;

/** Bytes reserved, by part; total is their sum and the exact size of the reservation. */
typedef struct chevm_state_parts {
    size_t bytes[CHEVM_STATE_PART_COUNT];
    size_t total;
} chevm_state_parts;

/* ---- Life cycle ----------------------------------------------------------------------------- */

/** chevm_state_footprint computes the parts for `options`.
 *  Returns: CH_OK; CH_ERANGE if a count is above CHEVM_STATE_COUNT_MAX, journal_bytes above 2^34,
 * or the sum overflows; CH_EINVAL for NULL. *parts unchanged on error. */
ch_status chevm_state_footprint(const chevm_state_options *options, chevm_state_parts *parts);

/** chevm_state_align is the alignment init asks of its memory, 64. */
size_t chevm_state_align(void);

/** chevm_state_part_name returns the row's text ("accounts"), "?" if unknown. Static. */
const char *chevm_state_part_name(chevm_state_part part);

/** chevm_state_create reserves the footprint from the operating system in one mapping; pages are
 *  committed when first touched.
 *  Returns: CH_OK and *state, empty; as chevm_state_footprint; CH_ENOMEM if refused.
 *  Owner: the caller, until chevm_state_destroy (which accepts NULL). */
ch_status chevm_state_create(chevm_state **state, const chevm_state_options *options);
void chevm_state_destroy(chevm_state *state);

/** chevm_state_init is the same in `size` bytes of the caller's memory, which need not be zero;
 *  chevm_state_fini gives it back (and twin blocks to the twin).
 *  Returns: CH_EALIGN, CH_EFULL for unfit memory, else as chevm_state_footprint.
 *  Cost: O(1), about 10 KiB are written. */
ch_status chevm_state_init(chevm_state **state, void *memory, size_t size,
                           const chevm_state_options *options);
void chevm_state_fini(chevm_state *state);

/** chevm_state_reset forgets everything: no account, code, log, mark or transaction remains.
 *  Cost: O(1), after undoing a running transaction. */
void chevm_state_reset(chevm_state *state);

/** chevm_state_check walks the whole structure. Returns CH_OK, or CH_ECORRUPT and in *broken (may
 * be NULL) the number of the first invariant that does not hold. */
ch_status chevm_state_check(const chevm_state *state, unsigned *broken);

/* ---- Writing from outside ------------------------------------------------------------------- */

/** Each of these makes the account exist and sets one property; inside a transaction or mark it is
 *  journalled like everything else, outside it is final at once.
 *  Returns: OK; STATE_FULL, CODE_FULL or JOURNAL_FULL with the state unchanged. */
chevm_status chevm_state_set_balance(chevm_state *state, const chevm_address *address,
                                     const chevm_u256 *balance);
chevm_status chevm_state_set_nonce(chevm_state *state, const chevm_address *address,
                                   uint64_t nonce);
chevm_status chevm_state_set_code(chevm_state *state, const chevm_address *address,
                                  const uint8_t *code, size_t code_size);
chevm_status chevm_state_set_storage(chevm_state *state, const chevm_address *address,
                                     const chevm_u256 *key, const chevm_u256 *value);

/** chevm_state_credit adds to a balance (modulo 2^256) and touches the account, also for amount 0:
 *  before EIP-161 that creates it, from then on an empty account is deleted at the end.
 *  chevm_state_debit takes away. Returns: as above; BALANCE if there is too little. */
chevm_status chevm_state_credit(chevm_state *state, const chevm_address *address,
                                const chevm_u256 *amount);
chevm_status chevm_state_debit(chevm_state *state, const chevm_address *address,
                               const chevm_u256 *amount);

/* ---- Transactions --------------------------------------------------------------------------- */

/** chevm_state_begin_transaction starts a transaction under the rules of `fork`: no account or slot
 *  is warm but precompiles, context->origin and (Shanghai on) context->coinbase; no logs, no
 *  transient storage. The first message (depth 0) warms its recipient and code address.
 *  Requires: no transaction is running. context stays valid until the end.
 *  Returns: OK; STATE_FULL or JOURNAL_FULL, and no transaction has begun. Cost: O(last logs). */
chevm_status chevm_state_begin_transaction(chevm_state *state, chevm_fork fork,
                                           const chevm_tx_context *context);

/** chevm_state_warm_address and warm_slot add to the EIP-2929 sets as an access list does; before
 *  Berlin they do nothing. Returns: OK, STATE_FULL, JOURNAL_FULL. */
chevm_status chevm_state_warm_address(chevm_state *state, const chevm_address *address);
chevm_status chevm_state_warm_slot(chevm_state *state, const chevm_address *address,
                                   const chevm_u256 *key);

/** chevm_state_end_transaction keeps the changes, after deleting what was self-destructed and
 *  (EIP-161) the touched empty accounts. Logs stay readable until the next begin, reset or release.
 *  Requires: a transaction is running and no mark taken in it is open.
 *  Returns: OK; JOURNAL_FULL only with a mark open around the transaction, which then goes on
 *  (roll it back). Cost: O(changes). */
chevm_status chevm_state_end_transaction(chevm_state *state);

/** chevm_state_rollback_transaction undoes the running transaction as if it had not begun, also
 *  from within open calls and marks. Logs are gone. Cost: O(changes). */
void chevm_state_rollback_transaction(chevm_state *state);

/** chevm_state_in_transaction tells whether one is running. */
bool chevm_state_in_transaction(const chevm_state *state);

/** A position to return to. Marks nest: closing one closes those taken after it. */
typedef struct chevm_mark {
    uint32_t position; /* fields are private */
    uint64_t number;
} chevm_mark;

/** chevm_state_mark takes a mark, in a transaction or around whole transactions.
 *  chevm_state_release undoes all since the mark (transactions ended since then included; one that
 *  has begun since must be ended first) and closes it; chevm_state_keep closes it and keeps all.
 *  Returns: CH_OK; mark: CH_EFULL if mark_count are open; release, keep: CH_ESTALE if the mark was
 *  closed already, CH_EORDER if a transaction begun after it is running. */
ch_status chevm_state_mark(chevm_state *state, chevm_mark *mark);
ch_status chevm_state_release(chevm_state *state, chevm_mark mark);
ch_status chevm_state_keep(chevm_state *state, chevm_mark mark);

/* ---- Manager -------------------------------------------------------------------------------- */

/** chevm_state_enable_manager makes precompiles work in memory of a manager (coldheap/manager.h;
 *  managed.h tells the machine's part): each run takes exactly what it needs from the buffers, or
 *  from the SCRATCH arena if none is large enough; what the manager does not offer stays the
 *  state's own. Where there is none left the call ends with OUT_OF_MEMORY, a status of the machine.
 *  chevm_state_disable_manager goes back.
 *  Errors: CH_EINVAL NULL; CH_EBUSY in a transaction; CH_EUNSUP a state on a malloc twin.
 *  Lifetime: the manager must outlive its use. */
ch_status chevm_state_enable_manager(chevm_state *state, ch_manager *manager);
ch_status chevm_state_disable_manager(chevm_state *state);

/** chevm_manager_config fills in a manager for a machine and a state: the preset of
 *  ch_manager_high_performance, tracking off, with the open kinds as large as chevm_frame_bytes,
 *  chevm_account and chevm_transaction; and, if both options are given, so large that neither finds
 *  it exhausted before its own limits are met.
 *  Errors: CH_EINVAL NULL; as chevm_footprint and chevm_state_footprint; CH_ERANGE sizes that a
 *          manager cannot have. *config is unchanged then. */
ch_status chevm_manager_config(ch_manager_config *config, const chevm_options *machine,
                               const chevm_state_options *state);

/** chevm_state_refuse_request makes the number-th such request from now on find nothing; 0: none.
 *  For tests. Returns: how many were made since the last call. */
uint64_t chevm_state_refuse_request(chevm_state *state, uint64_t number);

/* ---- Host ----------------------------------------------------------------------------------- */

/** chevm_state_host returns the operations; their context is the chevm_state. Static. */
const chevm_host *chevm_state_host(void);

/** Answers BLOCKHASH; NULL restores the default, keccak256 of the decimal digits of the number. */
typedef void (*chevm_block_hash_function)(void *context, uint64_t number, chevm_u256 *hash);
void chevm_state_set_block_hashes(chevm_state *state, chevm_block_hash_function function,
                                  void *context);

/** chevm_create_address: the address of the contract that `sender` creates with `nonce`;
 *  chevm_create2_address: the one of EIP-1014. */
void chevm_create_address(chevm_address *address, const chevm_address *sender, uint64_t nonce);
void chevm_create2_address(chevm_address *address, const chevm_address *sender,
                           const chevm_u256 *salt, const uint8_t *initcode, size_t initcode_size);

/** chevm_storage_status_of gives the EIP-2200 status of writing `value` over `current` in a slot
 *  that had `original` at the start of the transaction. */
chevm_storage_status chevm_storage_status_of(const chevm_u256 *original, const chevm_u256 *current,
                                             const chevm_u256 *value);

/* ---- Reading -------------------------------------------------------------------------------- */

/** A look at one account. Pointers are valid until the next change of the state. */
typedef struct chevm_account {
    chevm_address address;
    uint64_t nonce;
    chevm_u256 balance;
    const uint8_t *code; /* NULL if it has none; else CHEVM_CODE_PADDING zero bytes follow */
    size_t code_size;
    const chevm_u256 *code_hash;
    uint32_t slot_count; /* slots that are not zero */
} chevm_account;

/** chevm_state_find looks an account up. Returns: false, *account unchanged, if it does not exist.
 */
bool chevm_state_find(const chevm_state *state, const chevm_address *address,
                      chevm_account *account);

/** chevm_state_account_next and slot_next iterate in no particular order; start with *cursor = 0;
 *  any change of the state ends the iteration. Returns: false at the end. Slots: not-zero ones. */
bool chevm_state_account_next(const chevm_state *state, uint32_t *cursor, chevm_account *account);
bool chevm_state_slot_next(const chevm_state *state, const chevm_address *address, uint32_t *cursor,
                           chevm_u256 *key, chevm_u256 *value);

/** One log. topics and data are valid as long as the log. */
typedef struct chevm_log {
    const chevm_u256 *topics;
    const uint8_t *data;
    size_t data_size;
    uint32_t topic_count;
    chevm_address address;
} chevm_log;

/** chevm_state_logs gives the logs of the transaction, oldest first. */
const chevm_log *chevm_state_logs(const chevm_state *state, size_t *count);

/** chevm_state_logs_hash is keccak256(RLP([[address, [topic...], data]...])) of those logs, made
 *  without building the RLP. */
void chevm_state_logs_hash(const chevm_state *state, chevm_u256 *hash);

/** chevm_state_digest is a number that two states share exactly if they hold the same accounts,
 *  storage and code, whatever the order of their making (up to hash collisions). Cost: O(all). */
void chevm_state_digest(const chevm_state *state, chevm_u256 *digest);

typedef struct chevm_state_stats {
    uint32_t accounts, slots, codes; /* entries now, looked-at ones included */
    uint32_t transient_peak, log_peak;
    uint64_t code_bytes, log_bytes_peak, journal_bytes_peak;
    uint64_t transactions, rollbacks;
    size_t touched_bytes; /* of the reservation, upper bound */
} chevm_state_stats;

void chevm_state_get_stats(const chevm_state *state, chevm_state_stats *stats);

CH_API_END

#endif
