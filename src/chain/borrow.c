/* borrow.c: precompiles in borrowed scratch, which holds their result until the next one: exactly
 * as much as the run needs, from the malloc twin, or from a manager's buffers, or its SCRATCH arena
 * for what no buffer is large enough for. Parts that the manager does not offer leave the state's
 * own scratch in use. */
#include "world.h"

/* ---- Enabling ------------------------------------------------------------------------------- */

ch_status chevm_state_enable_manager(chevm_state *state, ch_manager *manager) {
    if (manager == NULL) {
        return CH_EINVAL;
    }
    if (state->running) {
        return CH_EBUSY;
    }
    if (state->twin != NULL) {
        return CH_EUNSUP;
    }
    chevmi_borrow_drop(state);
    state->lender.manager = manager;
    state->lends = true;
    return CH_OK;
}

ch_status chevm_state_disable_manager(chevm_state *state) {
    if (state->running) {
        return CH_EBUSY;
    }
    if (state->lender.manager != NULL) {
        chevmi_borrow_drop(state);
        state->lender.manager = NULL;
        state->lends = false;
    }
    return CH_OK;
}

uint64_t chevm_state_refuse_request(chevm_state *state, uint64_t number) {
    const uint64_t made = state->lender.requests;
    state->lender.requests = 0;
    state->lender.refuse_at = number;
    return made;
}

/* ---- Scratch -------------------------------------------------------------------------------- */

void chevmi_borrow_drop(chevm_state *state) {
    chevmi_scratch_lender *const lender = &state->lender;
    if (lender->buffer.data != NULL) {
        const ch_status status = ch_manager_buffer_release(lender->manager, &lender->buffer);
        CH_REQUIRE(status == CH_OK);
    }
    if (lender->block != NULL) {
        (void)state->twin->free(state->twin->user, lender->block, lender->block_bytes);
        lender->block = NULL;
    }
}

static uint8_t *take_from_twin(chevm_state *state, size_t size) {
    chevmi_scratch_lender *const lender = &state->lender;
    lender->block = state->twin->alloc(state->twin->user, size, CHEVM_PRECOMPILE_ALIGN);
    lender->block_bytes = size;
    return lender->block;
}

/* CH_ERANGE: buffers are off, too small, or not aligned as precompiles need it. */
static ch_status take_buffer(chevmi_scratch_lender *lender, size_t size) {
    const ch_status status = ch_manager_buffer_acquire(lender->manager, &lender->buffer, size);
    if (status == CH_EDISABLED) {
        return CH_ERANGE;
    }
    if (status == CH_OK && (uintptr_t)lender->buffer.data % CHEVM_PRECOMPILE_ALIGN != 0) {
        (void)ch_manager_buffer_release(lender->manager, &lender->buffer);
        return CH_ERANGE;
    }
    return status;
}

static uint8_t *take(chevm_state *state, size_t size) {
    chevmi_scratch_lender *const lender = &state->lender;
    if (++lender->requests == lender->refuse_at) {
        return NULL;
    }
    if (state->twin != NULL) {
        return take_from_twin(state, size);
    }
    const ch_status status = take_buffer(lender, size);
    if (status != CH_ERANGE) {
        return status == CH_OK ? lender->buffer.data : NULL;
    }
    ch_arena *const arena = ch_manager_arena(lender->manager, CH_ARENAS_SCRATCH);
    if (arena == NULL) {
        return state->scratch;
    }
    (void)ch_arena_reset(arena); /* one result at a time */
    return ch_arena_alloc(arena, size, CHEVM_PRECOMPILE_ALIGN);
}

void chevmi_borrow_run(chevm_state *state, const chevm_message *message,
                       chevm_precompile precompile, chevm_result *result) {
    const chevm_fork fork = state->rules.fork;
    const uint8_t *const input = message->input;
    const size_t size = message->input_size;
    chevmi_borrow_drop(state);
    *result = (chevm_result){.status = CHEVM_OUT_OF_GAS};
    if (chevm_precompile_gas(fork, precompile, input, size) > (uint64_t)message->gas) {
        return;
    }
    const size_t need = chevm_precompile_need(precompile, input, size);
    uint8_t *scratch = state->scratch;
    size_t scratch_size = state->scratch_size;
    if (need != 0 && need <= scratch_size) { /* more than that, and the run refuses as always */
        scratch = take(state, need);
        scratch_size = need;
    }
    if (scratch == NULL) {
        result->status = CHEVM_OUT_OF_MEMORY;
        return;
    }
    chevm_precompile_run(fork, precompile, input, size, message->gas, scratch, scratch_size,
                         result);
}
