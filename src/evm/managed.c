/* managed.c: the machine's side of managed.h: enabling and disabling a manager, and the caller's
 * access to it. What an execution takes from it is lend.c's. */
#include <coldevm/managed.h>

#include "internal.h"

#define FRAME_ALIGN 16u

_Static_assert(_Alignof(chevmi_frame) <= FRAME_ALIGN, "records of calls are aligned");

size_t chevm_frame_bytes(void) {
    return sizeof(chevmi_frame);
}

size_t chevm_frame_align(void) {
    return FRAME_ALIGN;
}

static bool frames_fit(ch_manager *manager) {
    const ch_pool *pool = ch_manager_pool(manager, CH_KIND_FRAME);
    return pool == NULL ||
           (pool->config.object_bytes >= sizeof(chevmi_frame) && pool->config.align >= FRAME_ALIGN);
}

ch_status chevm_enable_manager(chevm *vm, ch_manager *manager) {
    if (manager == NULL || !frames_fit(manager)) {
        return CH_EINVAL;
    }
    if (vm->busy) {
        return CH_EBUSY;
    }
    if (vm->lender.twin != NULL) {
        return CH_EUNSUP;
    }
    chevmi_lend_fini(vm);
    vm->lender.manager = manager;
    return CH_OK;
}

ch_status chevm_disable_manager(chevm *vm) {
    if (vm->busy) {
        return CH_EBUSY;
    }
    if (vm->lender.manager != NULL) {
        chevmi_lend_fini(vm);
    }
    return CH_OK;
}

ch_manager *chevm_get_manager(const chevm *vm) {
    return vm->lender.manager;
}

ch_stack *chevm_stack_allocator(chevm *vm) {
    ch_manager *manager = vm->lender.manager;
    return manager != NULL ? ch_manager_stack(manager) : NULL;
}

static ch_pool *words_of(const chevm *vm) {
    ch_manager *manager = vm->lender.manager;
    return manager != NULL ? ch_manager_pool(manager, CH_KIND_U256) : NULL;
}

ch_status chevm_acquire_u256(chevm *vm, chevm_u256 **word) {
    ch_pool *words = words_of(vm);
    if (words == NULL) {
        return CH_EDISABLED;
    }
    void *object = NULL;
    ch_status status = word != NULL ? ch_pool_acquire_try(words, &object) : CH_EINVAL;
    if (status == CH_OK) {
        *word = object;
    }
    return status;
}

ch_status chevm_release_u256(chevm *vm, chevm_u256 *word) {
    ch_pool *words = words_of(vm);
    return words != NULL ? ch_pool_release(words, word) : CH_EDISABLED;
}

ch_status chevm_acquire_buffer(chevm *vm, ch_buffer *buffer, size_t size_bytes) {
    ch_manager *manager = vm->lender.manager;
    return manager != NULL ? ch_manager_buffer_acquire(manager, buffer, size_bytes) : CH_EDISABLED;
}

ch_status chevm_release_buffer(chevm *vm, ch_buffer *buffer) {
    ch_manager *manager = vm->lender.manager;
    return manager != NULL ? ch_manager_buffer_release(manager, buffer) : CH_EDISABLED;
}

ch_status chevm_reset_execution_context(chevm *vm) {
    if (vm->busy) {
        return CH_EBUSY;
    }
    chevm_memory_reset(&vm->memory);
    chevmi_lend_begin(vm);
    chevmi_lend_end(vm);
    return CH_OK;
}

ch_status chevm_manager_stats(const chevm *vm, ch_manager_figures *figures) {
    const ch_manager *manager = vm->lender.manager;
    return manager != NULL ? ch_manager_stats(manager, figures) : CH_EDISABLED;
}

uint64_t chevm_refuse_request(chevm *vm, uint64_t number) {
    uint64_t made = vm->lender.requests;
    vm->lender.requests = 0;
    vm->lender.refuse_at = number;
    return made;
}
