/* manager_config.c: how large a manager must be so that a machine and a state on it never find it
 * exhausted; see state.h. */
#include "world.h"

#include <coldevm/managed.h>
#include <coldevm/transaction.h>

#define LINK_BYTES 64u /* of a block on the stack: link and padding */

static void fit_kinds(ch_manager_config *config) {
    config->frame_bytes = chevm_frame_bytes();
    config->frame_align = chevm_frame_align();
    config->account_bytes = sizeof(chevm_account);
    config->account_align = _Alignof(chevm_account);
    config->transaction_bytes = sizeof(chevm_transaction);
    config->transaction_align = _Alignof(chevm_transaction);
}

/* Return data in the TEMPORARY arena doubles, so all its blocks together take less than four times
 * the largest output. */
static ch_status fit_sizes(ch_manager_config *config, const chevm_footprint_parts *parts,
                           size_t precompile_bytes) {
    const size_t frames = parts->bytes[CHEVM_PART_FRAMES] / chevm_frame_bytes();
    const size_t single = parts->bytes[CHEVM_PART_RETURNDATA];
    const uint64_t stack = (uint64_t)parts->bytes[CHEVM_PART_STACK] +
                           (uint64_t)frames * LINK_BYTES + CHEVM_STACK_MAX * sizeof(chevm_u256);
    if (stack > CH_MANAGER_STACK_MAX || single > SIZE_MAX / 8) {
        return CH_ERANGE;
    }
    config->max_stack_memory = (size_t)stack;
    config->pool_sizes.frame_pool_size = frames + 1;
    config->arena_sizes.execution_arena_size = parts->bytes[CHEVM_PART_CODE];
    config->arena_sizes.temporary_arena_size = 4 * single;
    config->arena_sizes.scratch_arena_size = precompile_bytes + CHEVM_PRECOMPILE_ALIGN;
    return CH_OK;
}

ch_status chevm_manager_config(ch_manager_config *config, const chevm_options *machine,
                               const chevm_state_options *state) {
    if (config == NULL) {
        return CH_EINVAL;
    }
    ch_manager_config made = ch_manager_high_performance();
    made.allocation_tracking = false;
    fit_kinds(&made);
    if (machine != NULL && state != NULL) {
        chevm_footprint_parts parts;
        chevm_state_parts state_parts;
        ch_status status = chevm_footprint(machine, &parts);
        status = status == CH_OK ? chevm_state_footprint(state, &state_parts) : status;
        status = status == CH_OK
                     ? fit_sizes(&made, &parts, state_parts.bytes[CHEVM_STATE_PART_PRECOMPILES])
                     : status;
        if (status != CH_OK) {
            return status;
        }
    }
    *config = made;
    return CH_OK;
}
