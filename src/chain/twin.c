/* twin.c: the malloc twin of the state's growing parts, taken from the caller's allocator as a
 * conventional implementation would: the journal and the list of logs double, each log's bytes are
 * a block of their own, the transient map is made per transaction and grows by doubling. Only cold
 * paths come here: with fixed capacities every function answers "no". */
#include "world.h"

static void *twin_alloc(chevm_state *state, uint64_t size) {
    return size > SIZE_MAX ? NULL : state->twin->alloc(state->twin->user, (size_t)size, 8);
}

static void twin_free(chevm_state *state, void *block, uint64_t size) {
    if (block != NULL) {
        (void)state->twin->free(state->twin->user, block, (size_t)size);
    }
}

/* In place if the allocator can, else in a new block; NULL, and the old block as it was, if
 * neither. */
static void *twin_resize(chevm_state *state, void *block, uint64_t old_size, uint64_t new_size) {
    const ch_allocator *const twin = state->twin;
    if (block != NULL && twin->resize != NULL && new_size <= SIZE_MAX &&
        twin->resize(twin->user, block, (size_t)old_size, (size_t)new_size)) {
        return block;
    }
    void *const moved = twin_alloc(state, new_size);
    if (moved != NULL && block != NULL) {
        memcpy(moved, block, (size_t)old_size);
        twin_free(state, block, old_size);
    }
    return moved;
}

CH_COLD bool chevmi_twin_grow_journal(chevm_state *state, uint64_t words) {
    const uint64_t old = state->journal_capacity;
    if (state->twin == NULL || old > UINT32_MAX / 2) {
        return false;
    }
    uint64_t capacity = old == 0 ? 64 : 2 * old;
    while (capacity - state->journal_used < words) {
        capacity *= 2;
    }
    uint64_t *const journal = twin_resize(state, state->journal, 8 * old, 8 * capacity);
    if (journal == NULL) {
        return false;
    }
    state->journal = journal;
    state->journal_capacity = capacity;
    return true;
}

CH_COLD bool chevmi_twin_grow_logs(chevm_state *state) {
    const uint32_t old = state->log_count_capacity;
    if (state->twin == NULL || old > UINT32_MAX / 2) {
        return false;
    }
    const uint32_t capacity = old == 0 ? 8 : 2 * old;
    chevm_log *const logs = twin_resize(state, state->logs, (uint64_t)old * sizeof *logs,
                                        (uint64_t)capacity * sizeof *logs);
    if (logs == NULL) {
        return false;
    }
    state->logs = logs;
    state->log_count_capacity = capacity;
    return true;
}

uint8_t *chevmi_twin_log_block(chevm_state *state, size_t size) {
    return twin_alloc(state, size);
}

void chevmi_twin_drop_log(chevm_state *state, const chevm_log *log) {
    const size_t topic_bytes = log->topic_count * sizeof log->topics[0];
    if (topic_bytes + log->data_size != 0) {
        const uintptr_t at = topic_bytes != 0 ? (uintptr_t)log->topics : (uintptr_t)log->data;
        twin_free(state, (void *)at, topic_bytes + log->data_size);
    }
}

static uint64_t transient_entry_bytes(uint32_t capacity) {
    return ((uint64_t)capacity + 1) * sizeof(chevmi_transient);
}

CH_COLD bool chevmi_twin_grow_transients(chevm_state *state) {
    const uint32_t old = state->transient_capacity;
    if (state->twin == NULL || old > CHEVM_STATE_COUNT_MAX / 2) {
        return false;
    }
    const uint32_t capacity = old == 0 ? 16 : 2 * old;
    const uint64_t cells = chevmi_index_cells(capacity);
    uint64_t *const new_cells = twin_alloc(state, 8 * cells);
    if (new_cells == NULL) {
        return false;
    }
    chevmi_transient *const entries =
        twin_resize(state, state->transients, old == 0 ? 0 : transient_entry_bytes(old),
                    transient_entry_bytes(capacity));
    if (entries == NULL) {
        twin_free(state, new_cells, 8 * cells);
        return false;
    }
    if (old != 0) {
        twin_free(state, state->transient_index.cells, 8 * (state->transient_index.mask_max + 1));
    }
    state->transients = entries;
    state->transient_capacity = capacity;
    chevmi_index_init(&state->transient_index, new_cells, cells);
    for (uint32_t i = 1; i <= state->transient_count; i++) {
        chevmi_index_insert(&state->transient_index, entries[i].hash, i);
    }
    return true;
}

void chevmi_twin_drop_transients(chevm_state *state) {
    if (state->transient_capacity != 0) {
        twin_free(state, state->transients, transient_entry_bytes(state->transient_capacity));
        twin_free(state, state->transient_index.cells, 8 * (state->transient_index.mask_max + 1));
    }
    state->transients = NULL;
    state->transient_index = (chevmi_index){.cells = NULL};
    state->transient_capacity = 0;
}

void chevmi_twin_fini(chevm_state *state) {
    if (state->twin == NULL) {
        return;
    }
    chevmi_borrow_drop(state);
    chevmi_log_truncate(state, 0, 0);
    chevmi_twin_drop_transients(state);
    twin_free(state, state->journal, 8 * state->journal_capacity);
    twin_free(state, state->logs, (uint64_t)state->log_count_capacity * sizeof *state->logs);
    state->journal = NULL;
    state->logs = NULL;
    state->journal_capacity = 0;
    state->log_count_capacity = 0;
}
