/* world.h: what a chevm_state is made of. Entries of accounts, slots and codes are numbered from 1
 * and keep their number (and place) for life; 0 is "none", and entry 0 of accounts and slots is a
 * zero that may be read. Each function that can fail returns 0 or a negated chevm_status, and has
 * then changed nothing.
 *
 * "In this transaction" is written as a transaction number in the entry: marks and original values
 * of an older number do not count, so beginning a transaction clears nothing. */
#ifndef CHEVMI_WORLD_H
#define CHEVMI_WORLD_H

#include <coldevm/precompile.h>
#include <coldevm/state.h>
#include <coldheap/manager.h>
#include <coldheap/region.h>

#include "index.h"
#include "fork_rules.h"

#include <string.h>

#define CHEVMI_ACCOUNT_CACHE 16u /* accounts found last, by the low bits of their address */

/* Marks of an account, for one transaction. */
enum { CHEVMI_WARM = 1u, CHEVMI_TOUCHED = 2u, CHEVMI_CREATED = 4u, CHEVMI_DESTRUCTED = 8u };

/* One cache line of what calls ask for, one of bookkeeping. */
typedef struct chevmi_account {
    chevm_u256 balance;
    chevm_address address;
    uint32_t code; /* number, 0 = none */
    uint64_t nonce;
    uint64_t transaction; /* that marks belong to */
    uint32_t marks;
    bool exists;         /* false: only looked at */
    bool in_use;         /* false: on the free list */
    uint32_t first_slot; /* list of its slots; next free account if not in use */
    uint32_t slot_count; /* slots that are not zero */
    uint8_t padding[40];
} chevmi_account;

_Static_assert(sizeof(chevmi_account) == 128, "two cache lines");

typedef struct chevmi_slot {
    chevm_u256 key;
    chevm_u256 value;
    chevm_u256 original; /* at the start of transaction `written` */
    uint64_t warmed;     /* transaction in which the slot is warm */
    uint64_t written;    /* transaction of the last write */
    uint32_t account;    /* 0: on the free list */
    uint32_t next;       /* in the account's list; next free slot */
    uint32_t previous;
    uint32_t journal_end; /* journal words after its newest old value; 0 = unknown */
} chevmi_slot;

_Static_assert(sizeof(chevmi_slot) == 128, "two cache lines");

/* Transient slots exist only in one transaction and leave only in reverse order. */
typedef struct chevmi_transient {
    chevm_u256 key;
    chevm_u256 value;
    uint32_t account;
    uint32_t hash;
    uint32_t journal_end;
} chevmi_transient;

typedef struct chevmi_code {
    chevm_u256 hash;
    uint64_t offset;     /* of the first byte in code_bytes */
    uint64_t size;       /* without padding */
    uint32_t references; /* accounts that have it, and journal entries that remember it */
    uint32_t moved_to;   /* scratch of compaction */
} chevmi_code;

/* Where to go back to: an open call, creation or mark. */
typedef struct chevmi_frame {
    uint64_t journal_words;
    uint64_t log_bytes;
    uint32_t log_count;
    uint32_t created;    /* account number of a creation */
    uint64_t number;     /* of a mark, else 0 */
    bool ripemd_touched; /* when a mark was taken */
} chevmi_frame;

/* Who lends a precompile its scratch, block by block: the malloc twin or a manager. */
typedef struct chevmi_scratch_lender {
    ch_manager *manager;
    ch_buffer buffer; /* of the precompile that ran last, in one of the two */
    uint8_t *block;   /* of the twin */
    size_t block_bytes;
    uint64_t requests;  /* made since they were last counted from 0 */
    uint64_t refuse_at; /* number of the request that finds nothing; 0: none */
} chevmi_scratch_lender;

struct chevm_state {
    /* What every lookup reads. */
    chevmi_account *accounts;
    chevmi_slot *slots;
    chevmi_index account_index;
    chevmi_index slot_index;
    uint64_t seeds[4];
    uint64_t transaction; /* number of the running or coming one, from 1 */
    uint32_t last_slot;   /* slot found last */
    uint32_t account_cache[CHEVMI_ACCOUNT_CACHE];
    chevmi_fork_rules rules;
    bool running; /* a transaction */
    bool ripemd_touched;
    uint32_t tx_frame; /* frames open when the transaction began */

    uint64_t *journal;
    uint64_t journal_used, journal_capacity, journal_peak; /* in words */
    uint64_t frame_journal;                                /* journal_words of the top frame */

    chevmi_frame *frames;
    uint32_t frame_count, frame_capacity, mark_count, mark_capacity;
    uint64_t mark_number; /* of the last mark taken */

    uint32_t account_high, account_free, account_live, account_capacity, account_peak;
    uint32_t slot_high, slot_free, slot_live, slot_capacity, slot_peak;

    chevmi_index transient_index;
    chevmi_transient *transients;
    uint32_t transient_count, transient_capacity, transient_peak;

    chevmi_index code_index;
    chevmi_code *codes;
    uint8_t *code_bytes;
    uint64_t code_used, code_capacity, code_garbage, code_peak;
    uint32_t code_count, code_count_capacity, code_garbage_count, code_count_peak;

    chevm_log *logs;
    uint8_t *log_bytes;
    uint64_t log_used, log_capacity, log_peak;
    uint32_t log_count, log_count_capacity, log_count_peak;

    const chevm_tx_context *context;
    chevm_block_hash_function block_hashes;
    void *block_hash_context;
    const ch_allocator *twin;
    uint64_t transactions, rollbacks;
    bool lends; /* precompiles borrow their scratch */
    chevmi_scratch_lender lender;
    uint8_t *scratch; /* of precompiles, their last output in it */
    size_t scratch_size;
    size_t total_bytes; /* footprint */
    ch_region region;   /* of chevm_state_create, else zero */
    uint64_t magic;
};

/* ---- state.c -------------------------------------------------------------------------------- */

/* Capacities that these options ask for. Returns as chevm_state_footprint. */
ch_status chevmi_state_counts(const chevm_state_options *options, uint32_t *accounts,
                              uint32_t *slots);

/* ---- account.c ------------------------------------------------------------------------------ */

/* chevmi_account_find below without the cache; peek does not even fill it. */
uint32_t chevmi_account_find_slow(chevm_state *state, const chevm_address *address);
uint32_t chevmi_account_peek(const chevm_state *state, const chevm_address *address);

/* chevmi_account_obtain below, when the account is not in the cache. */
uint32_t chevmi_account_obtain_slow(chevm_state *state, const chevm_address *address, int *status);

/* Takes an entry away: undone, or not needed any more. Its slots are gone already. */
void chevmi_account_drop(chevm_state *state, uint32_t number);

/* Takes an account away for good, with its slots and its hold on its code. */
void chevmi_account_delete(chevm_state *state, uint32_t number);

bool chevmi_account_is_empty(const chevmi_account *account);
int chevmi_account_exist(chevm_state *state, uint32_t number);
int chevmi_account_mark(chevm_state *state, uint32_t number, uint32_t marks);
int chevmi_account_set_balance(chevm_state *state, uint32_t number, const chevm_u256 *balance);
int chevmi_account_set_nonce(chevm_state *state, uint32_t number, uint64_t nonce);

/* Adds to the balance and touches (EIP-161): makes it exist if amount is not 0 or the fork is old.
 */
int chevmi_credit(chevm_state *state, const chevm_address *address, const chevm_u256 *amount);
int chevmi_debit(chevm_state *state, const chevm_address *address, const chevm_u256 *amount);
int chevmi_transfer(chevm_state *state, const chevm_address *from, const chevm_address *to,
                    const chevm_u256 *amount);

/* ---- storage.c ------------------------------------------------------------------------------ */

uint32_t chevmi_slot_find(chevm_state *state, uint32_t account, const chevm_u256 *key);
uint32_t chevmi_slot_peek(const chevm_state *state, uint32_t account, const chevm_u256 *key);
void chevmi_slot_drop(chevm_state *state, uint32_t number);

/* Sets the value and the account's count of slots that are not zero. */
void chevmi_slot_put(chevm_state *state, uint32_t number, const chevm_u256 *value);

/* Journals the old value, then puts. */
int chevmi_slot_write(chevm_state *state, uint32_t number, const chevm_u256 *value);

int chevmi_storage_set(void *context, const chevm_address *address, const chevm_u256 *key,
                       const chevm_u256 *value);
int chevmi_storage_access(void *context, const chevm_address *address, const chevm_u256 *key);
void chevmi_storage_get(void *context, const chevm_address *address, const chevm_u256 *key,
                        chevm_u256 *value);

/* ---- transient.c ---------------------------------------------------------------------------- */

int chevmi_transient_set(void *context, const chevm_address *address, const chevm_u256 *key,
                         const chevm_u256 *value);
void chevmi_transient_get(void *context, const chevm_address *address, const chevm_u256 *key,
                          chevm_u256 *value);
uint32_t chevmi_transient_peek(const chevm_state *state, uint32_t account, const chevm_u256 *key);
void chevmi_transient_drop_last(chevm_state *state);
void chevmi_transient_clear(chevm_state *state);

/* ---- code.c --------------------------------------------------------------------------------- */

/* Gives the account these bytes as code (none if size is 0), journalled. */
int chevmi_account_set_code(chevm_state *state, uint32_t number, const uint8_t *code, size_t size);
uint32_t chevmi_code_peek(const chevm_state *state, const chevm_u256 *hash);
void chevmi_code_release(chevm_state *state, uint32_t number);
void chevmi_code_drop_last(chevm_state *state);
void chevmi_code_collect(chevm_state *state); /* only with an empty journal */
extern const chevm_u256 chevmi_empty_code_hash;

/* ---- log.c ---------------------------------------------------------------------------------- */

int chevmi_log_emit(void *context, const chevm_address *address, const uint8_t *data,
                    size_t data_size, const chevm_u256 *topics, size_t topic_count);
void chevmi_log_truncate(chevm_state *state, uint32_t count, uint64_t bytes);

/* ---- call.c --------------------------------------------------------------------------------- */

void chevmi_call_begin(void *context, const chevm_message *message, chevm_callee *callee);
void chevmi_call_end(void *context, const chevm_message *message, chevm_result *result);

/* ---- borrow.c: only with state->lends ------------------------------------------------------- */

/* chevm_precompile_run in borrowed scratch, which lasts until the next call begins. OUT_OF_MEMORY
 * if none is lent. */
void chevmi_borrow_run(chevm_state *state, const chevm_message *message,
                       chevm_precompile precompile, chevm_result *result);
void chevmi_borrow_drop(chevm_state *state);

/* ---- frames.c ------------------------------------------------------------------------------- */

int chevmi_frame_push(chevm_state *state, const chevmi_frame *frame);
void chevmi_frame_pop(chevm_state *state);

/* Makes all that was journalled final and forgets the journal, unless a mark or transaction still
 * needs it. */
void chevmi_settle(chevm_state *state);

/* ---- twin.c: the malloc twin's growth; false if the capacity is fixed or the twin refuses --- */

bool chevmi_twin_grow_journal(chevm_state *state, uint64_t words);
bool chevmi_twin_grow_logs(chevm_state *state);
bool chevmi_twin_grow_transients(chevm_state *state);
uint8_t *chevmi_twin_log_block(chevm_state *state, size_t size);
void chevmi_twin_drop_log(chevm_state *state, const chevm_log *log);
void chevmi_twin_drop_transients(chevm_state *state);
void chevmi_twin_fini(chevm_state *state);

/* ---- Inline lookups ------------------------------------------------------------------------- */

CH_INLINE bool chevmi_address_equal(const chevm_address *a, const chevm_address *b) {
    uint64_t x[2], y[2];
    uint32_t x2, y2;
    memcpy(x, a->bytes, 16);
    memcpy(y, b->bytes, 16);
    memcpy(&x2, a->bytes + 16, 4);
    memcpy(&y2, b->bytes + 16, 4);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (uint64_t)(x2 ^ y2)) == 0;
}

/* Number of the account in its place of the cache, 0 if another is there. */
CH_INLINE uint32_t chevmi_account_cached(const chevm_state *state, const chevm_address *address) {
    const uint32_t number = state->account_cache[address->bytes[19] % CHEVMI_ACCOUNT_CACHE];
    return CH_LIKELY(chevmi_address_equal(&state->accounts[number].address, address)) ? number : 0;
}

/* Number of the account's entry, 0 if there is none. */
CH_INLINE uint32_t chevmi_account_find(chevm_state *state, const chevm_address *address) {
    const uint32_t number = chevmi_account_cached(state, address);
    return CH_LIKELY(number != 0) ? number : chevmi_account_find_slow(state, address);
}

/* Number of the account's entry, made if need be; 0 and *status if it cannot be. */
CH_INLINE uint32_t chevmi_account_obtain(chevm_state *state, const chevm_address *address,
                                         int *status) {
    const uint32_t number = chevmi_account_cached(state, address);
    return CH_LIKELY(number != 0) ? number : chevmi_account_obtain_slow(state, address, status);
}

CH_INLINE uint32_t chevmi_account_marks(const chevm_state *state, uint32_t number) {
    const chevmi_account *const account = &state->accounts[number];
    return account->transaction == state->transaction ? account->marks : 0;
}

#endif
