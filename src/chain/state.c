/* state.c: the life of a chevm_state: capacities from options, one block laid out in parts, init,
 * reset, fini. */
#include "journal.h"

#include <coldevm/hash.h>
#include <coldheap/arith.h>
#include <coldheap/region.h>

#define STATE_MAGIC   0x636f6c6473746174u
#define STATE_ALIGN   64u
#define JOURNAL_MAX   ((uint64_t)1 << 34)
#define CALL_FRAMES   (CHEVM_DEPTH_MAX + 2u) /* calls of all depths and the transaction */
#define GAS_DEFAULT   30000000u
#define COUNT_DEFAULT 64u

/* Options with every default filled in. */
typedef struct capacities {
    uint64_t accounts, slots, transients, codes, code_bytes, journal_words, logs, log_bytes, marks,
        precompile_bytes;
} capacities;

/* Pieces of the block, in order; the parts of the footprint are their sums. X(name, part, bytes) */
#define PIECE_ROWS(X, c)                                                                           \
    X(header, STATE, sizeof(chevm_state))                                                          \
    X(frames, STATE, (CALL_FRAMES + (c)->marks) * sizeof(chevmi_frame))                            \
    X(accounts, ACCOUNTS, ((c)->accounts + 1) * sizeof(chevmi_account))                            \
    X(account_cells, ACCOUNTS, 8 * chevmi_index_cells((uint32_t)(c)->accounts))                    \
    X(slots, STORAGE, ((c)->slots + 1) * sizeof(chevmi_slot))                                      \
    X(slot_cells, STORAGE, 8 * chevmi_index_cells((uint32_t)(c)->slots))                           \
    X(transients, TRANSIENT,                                                                       \
      (c)->transients == 0 ? 0 : ((c)->transients + 1) * sizeof(chevmi_transient))                 \
    X(transient_cells, TRANSIENT,                                                                  \
      (c)->transients == 0 ? 0 : 8 * chevmi_index_cells((uint32_t)(c)->transients))                \
    X(codes, CODES, ((c)->codes + 1) * sizeof(chevmi_code))                                        \
    X(code_cells, CODES, 8 * chevmi_index_cells((uint32_t)(c)->codes))                             \
    X(code_bytes, CODES, (c)->code_bytes)                                                          \
    X(journal, JOURNAL, 8 * (c)->journal_words)                                                    \
    X(logs, LOGS, (c)->logs * sizeof(chevm_log))                                                   \
    X(log_bytes, LOGS, (c)->log_bytes)                                                             \
    X(scratch, PRECOMPILES, (c)->precompile_bytes)

typedef enum piece {
#define PIECE_ENUM(name, part, bytes) PIECE_##name,
    PIECE_ROWS(PIECE_ENUM, none)
#undef PIECE_ENUM
        PIECE_COUNT
} piece;

/* ---- Sizes ---------------------------------------------------------------------------------- */

static uint64_t or_default(uint64_t value, uint64_t otherwise) {
    return value != 0 ? value : otherwise;
}

static bool capacities_of(capacities *c, const chevm_state_options *o) {
    const uint64_t gas = or_default(o->gas_limit, GAS_DEFAULT);
    c->accounts = or_default(o->account_count, 65536 + gas / 500);
    c->slots = or_default(o->slot_count, 262144 + gas / 500);
    c->transients = or_default(o->transient_count, gas / 100 + 1);
    c->codes = or_default(o->code_count, 16384 + gas / 32000);
    c->code_bytes = or_default(o->code_bytes, ((uint64_t)32 << 20) + gas / 100);
    c->journal_words = or_default(o->journal_bytes, 65536 + gas / 2) / 8;
    c->logs = or_default(o->log_count, gas / 375 + 1);
    c->log_bytes = or_default(o->log_bytes, gas / 8 + 8 * c->logs);
    c->marks = or_default(o->mark_count, COUNT_DEFAULT);
    c->precompile_bytes = or_default(o->precompile_bytes, chevm_precompile_scratch(gas));
    if (c->precompile_bytes < chevm_precompile_scratch(0)) {
        c->precompile_bytes = chevm_precompile_scratch(0);
    }
    const bool in_range =
        c->accounts <= CHEVM_STATE_COUNT_MAX && c->slots <= CHEVM_STATE_COUNT_MAX &&
        c->transients <= CHEVM_STATE_COUNT_MAX && c->codes <= CHEVM_STATE_COUNT_MAX &&
        c->logs <= UINT32_MAX && c->marks <= CHEVM_STATE_COUNT_MAX &&
        c->journal_words <= JOURNAL_MAX / 8 && c->code_bytes <= (uint64_t)1 << 60 &&
        c->log_bytes <= (uint64_t)1 << 60 && c->precompile_bytes <= (uint64_t)1 << 60;
    if (o->twin != NULL) {
        c->transients = c->journal_words = c->logs = c->log_bytes = 0;
    }
    return in_range;
}

/* Bytes of each piece, rounded to STATE_ALIGN. False if one does not fit a size_t. */
static bool piece_sizes(size_t sizes[PIECE_COUNT], const capacities *c) {
    const uint64_t bytes[PIECE_COUNT] = {
#define PIECE_SIZE(name, part, size) (size),
        PIECE_ROWS(PIECE_SIZE, c)
#undef PIECE_SIZE
    };
    for (unsigned i = 0; i < PIECE_COUNT; i++) {
        if (bytes[i] > SIZE_MAX || !ch_size_round_up(&sizes[i], (size_t)bytes[i], STATE_ALIGN)) {
            return false;
        }
    }
    return true;
}

static ch_status measure(size_t sizes[PIECE_COUNT], chevm_state_parts *parts, capacities *c,
                         const chevm_state_options *options) {
    static const chevm_state_part part_of[PIECE_COUNT] = {
#define PIECE_PART(name, part, size) CHEVM_STATE_PART_##part,
        PIECE_ROWS(PIECE_PART, none)
#undef PIECE_PART
    };
    if (!capacities_of(c, options) || !piece_sizes(sizes, c)) {
        return CH_ERANGE;
    }
    *parts = (chevm_state_parts){.total = 0};
    for (unsigned i = 0; i < PIECE_COUNT; i++) {
        parts->bytes[part_of[i]] += sizes[i];
        if (!ch_size_add(&parts->total, parts->total, sizes[i])) {
            return CH_ERANGE;
        }
    }
    return CH_OK;
}

ch_status chevm_state_footprint(const chevm_state_options *options, chevm_state_parts *parts) {
    if (options == NULL || parts == NULL) {
        return CH_EINVAL;
    }
    size_t sizes[PIECE_COUNT];
    capacities c;
    chevm_state_parts found;
    const ch_status status = measure(sizes, &found, &c, options);
    if (status == CH_OK) {
        *parts = found;
    }
    return status;
}

ch_status chevmi_state_counts(const chevm_state_options *options, uint32_t *accounts,
                              uint32_t *slots) {
    if (options == NULL) {
        return CH_EINVAL;
    }
    size_t sizes[PIECE_COUNT];
    capacities c;
    chevm_state_parts parts;
    const ch_status status = measure(sizes, &parts, &c, options);
    if (status == CH_OK) {
        *accounts = (uint32_t)c.accounts;
        *slots = (uint32_t)c.slots;
    }
    return status;
}

size_t chevm_state_align(void) {
    return STATE_ALIGN;
}

const char *chevm_state_part_name(chevm_state_part part) {
    static const char *const names[] = {
#define PART_NAME(name, text) text,
        CHEVM_STATE_PART_ROWS(PART_NAME)
#undef PART_NAME
    };
    return (unsigned)part < CHEVM_STATE_PART_COUNT ? names[part] : "?";
}

/* ---- Laying out ----------------------------------------------------------------------------- */

/* Four numbers that no one outside can guess if the seed or the address is unknown (splitmix64). */
static void make_seeds(chevm_state *state, uint64_t seed) {
    uint64_t z = seed ^ (uint64_t)(uintptr_t)state;
    for (unsigned i = 0; i < 4; i++) {
        z += 0x9e3779b97f4a7c15u;
        uint64_t x = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
        state->seeds[i] = x ^ (x >> 31);
    }
}

static void set_capacities(chevm_state *state, const capacities *c) {
    state->frame_capacity = CALL_FRAMES + (uint32_t)c->marks;
    state->mark_capacity = (uint32_t)c->marks;
    state->account_capacity = (uint32_t)c->accounts;
    state->slot_capacity = (uint32_t)c->slots;
    state->transient_capacity = (uint32_t)c->transients;
    state->code_count_capacity = (uint32_t)c->codes;
    state->code_capacity = c->code_bytes;
    state->journal_capacity = c->journal_words;
    state->log_count_capacity = (uint32_t)c->logs;
    state->log_capacity = c->log_bytes;
    state->scratch_size = (size_t)c->precompile_bytes;
}

/* Points every array into the block. */
static chevm_state *lay_out(uint8_t *memory, const size_t sizes[PIECE_COUNT], const capacities *c,
                            const chevm_state_options *options) {
    void *at[PIECE_COUNT];
    const uint8_t *const start = memory;
    for (unsigned i = 0; i < PIECE_COUNT; i++) {
        at[i] = sizes[i] != 0 ? memory : NULL;
        memory += sizes[i];
    }
    chevm_state *const state = at[PIECE_header];
    memset(state, 0, sizeof *state);
    state->total_bytes = (size_t)(memory - start);
    set_capacities(state, c);
    state->frames = at[PIECE_frames];
    state->accounts = at[PIECE_accounts];
    state->slots = at[PIECE_slots];
    state->transients = at[PIECE_transients];
    state->codes = at[PIECE_codes];
    state->code_bytes = at[PIECE_code_bytes];
    state->journal = at[PIECE_journal];
    state->logs = at[PIECE_logs];
    state->log_bytes = at[PIECE_log_bytes];
    state->scratch = at[PIECE_scratch];
    state->twin = options->twin;
    state->lends = options->twin != NULL;
    memset(&state->accounts[0], 0, sizeof state->accounts[0]);
    memset(&state->slots[0], 0, sizeof state->slots[0]);
    chevmi_index_init(&state->account_index, at[PIECE_account_cells],
                      chevmi_index_cells(state->account_capacity));
    chevmi_index_init(&state->slot_index, at[PIECE_slot_cells],
                      chevmi_index_cells(state->slot_capacity));
    chevmi_index_init(&state->code_index, at[PIECE_code_cells],
                      chevmi_index_cells(state->code_count_capacity));
    if (state->transient_capacity != 0) {
        chevmi_index_init(&state->transient_index, at[PIECE_transient_cells],
                          chevmi_index_cells(state->transient_capacity));
    }
    make_seeds(state, options->seed);
    state->transaction = 1;
    chevmi_fork_rules_build(&state->rules, CHEVM_FORK_NEWEST);
    state->magic = STATE_MAGIC;
    return state;
}

ch_status chevm_state_init(chevm_state **state, void *memory, size_t size,
                           const chevm_state_options *options) {
    if (state == NULL || memory == NULL || options == NULL) {
        return CH_EINVAL;
    }
    size_t sizes[PIECE_COUNT];
    capacities c;
    chevm_state_parts parts;
    const ch_status status = measure(sizes, &parts, &c, options);
    if (status != CH_OK) {
        return status;
    }
    if ((uintptr_t)memory % STATE_ALIGN != 0) {
        return CH_EALIGN;
    }
    if (size < parts.total) {
        return CH_EFULL;
    }
    *state = lay_out(memory, sizes, &c, options);
    return CH_OK;
}

void chevm_state_fini(chevm_state *state) {
    if (state != NULL && state->magic == STATE_MAGIC) {
        chevmi_twin_fini(state);
        state->magic = 0;
    }
}

ch_status chevm_state_create(chevm_state **state, const chevm_state_options *options) {
    if (state == NULL || options == NULL) {
        return CH_EINVAL;
    }
    size_t sizes[PIECE_COUNT];
    capacities c;
    chevm_state_parts parts;
    ch_status status = measure(sizes, &parts, &c, options);
    if (status != CH_OK) {
        return status;
    }
    ch_region region = {0};
    const ch_region_options wish = {.size_bytes = parts.total, .name = "coldevm state"};
    status = ch_region_reserve(&region, &wish);
    if (status != CH_OK) {
        return status;
    }
    status = ch_region_commit(&region, 0, parts.total);
    if (status != CH_OK) {
        (void)ch_region_fini(&region);
        return status;
    }
    *state = lay_out(region.base, sizes, &c, options);
    (*state)->region = region;
    return CH_OK;
}

void chevm_state_destroy(chevm_state *state) {
    if (state != NULL) {
        ch_region region = state->region;
        chevm_state_fini(state);
        (void)ch_region_fini(&region);
    }
}

/* ---- Emptying ------------------------------------------------------------------------------- */

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* What is in no index and in no list is not there: entries need not be visited. */
void chevm_state_reset(chevm_state *state) {
    if (state->running) {
        chevm_state_rollback_transaction(state);
    }
    chevmi_log_truncate(state, 0, 0);
    state->account_peak = larger(state->account_peak, state->account_high);
    state->slot_peak = larger(state->slot_peak, state->slot_high);
    chevmi_index_reset(&state->account_index);
    chevmi_index_reset(&state->slot_index);
    chevmi_index_reset(&state->code_index);
    memset(state->account_cache, 0, sizeof state->account_cache);
    state->last_slot = 0;
    state->account_high = state->account_free = state->account_live = 0;
    state->slot_high = state->slot_free = state->slot_live = 0;
    state->code_count = state->code_garbage_count = 0;
    state->code_used = state->code_garbage = 0;
    state->journal_peak =
        state->journal_used > state->journal_peak ? state->journal_used : state->journal_peak;
    state->journal_used = state->frame_journal = 0;
    state->frame_count = state->mark_count = 0;
    state->transaction++;
}
