/** managed.h: a machine that takes its blocks from a ch_manager (coldheap/manager.h): the memory
 *  patterns of libcoldheap at work under an EVM, and the caller's access to them.
 *
 *    manager part            what the machine keeps in it
 *    stack                   operand stacks of calls; a waiting caller's is cut down to its words
 *    pool FRAME, pool U256   records of calls; words for a moment
 *    buffers                 return data, results of precompiles (state.h)
 *    arena EXECUTION         padded copies and jump maps of code that is not cached
 *    arena TEMPORARY         return data that is too large for any buffer
 *    arena SCRATCH           work space of precompiles (state.h)
 *
 *  A part that the manager does not offer (absent, or its feature is off) stays where it is without
 *  a manager. A part that is exhausted ends the execution with CHEVM_OUT_OF_MEMORY, which undoes it
 *  as any status of the machine does; gas, output and traces of runs that end are the same with and
 *  without. EVM memory stays in the machine's own reservation, which alone can grow in place.
 *
 *  A manager serves one machine and one state at a time; its arenas belong to them while they have
 *  it. One thread. */
#ifndef CHEVM_MANAGED_H
#define CHEVM_MANAGED_H

#include <coldevm/machine.h>
#include <coldheap/manager.h>

CH_API_BEGIN

/** chevm_frame_bytes, chevm_frame_align: what objects of the manager's FRAME pool must be. */
size_t chevm_frame_bytes(void);
size_t chevm_frame_align(void);

/** chevm_enable_manager makes all further executions take their blocks from `manager`; a second one
 *  replaces the first.
 *  Errors: CH_EINVAL NULL, or FRAME objects too small or not aligned; CH_EBUSY while executing;
 *          CH_EUNSUP a machine on a malloc twin. Nothing changes then.
 *  Lifetime: the manager must outlive its use; the last result's output ends. */
ch_status chevm_enable_manager(chevm *vm, ch_manager *manager);

/** chevm_disable_manager goes back to the machine's own places and gives everything back; without a
 *  manager it does nothing. CH_EBUSY while executing. Lifetime: the last result's output ends. */
ch_status chevm_disable_manager(chevm *vm);

/** chevm_get_manager returns the manager in use, NULL if none. */
ch_manager *chevm_get_manager(const chevm *vm);

/** chevm_stack_allocator returns the manager's stack, for a caller's own blocks between executions
 *  (during one, a host gives back in reverse order before it returns). NULL: none. */
ch_stack *chevm_stack_allocator(chevm *vm);

/** chevm_acquire_u256 takes a word of the U256 pool, zero; chevm_release_u256 gives it back.
 *  Errors: CH_EDISABLED no manager, or no such pool; CH_EFULL; release: misuse as ch_pool_release.
 *          *word changes on CH_OK only. */
ch_status chevm_acquire_u256(chevm *vm, chevm_u256 **word);
ch_status chevm_release_u256(chevm *vm, chevm_u256 *word);

/** chevm_acquire_buffer lends a buffer of at least `size_bytes`, chevm_release_buffer takes it
 *  back. Errors: CH_EDISABLED; else as ch_bufpool_acquire and ch_bufpool_release. */
ch_status chevm_acquire_buffer(chevm *vm, ch_buffer *buffer, size_t size_bytes);
ch_status chevm_release_buffer(chevm *vm, ch_buffer *buffer);

/** chevm_reset_execution_context gives back what the last execution left: its output, EVM memory,
 *  scratch, the manager's arenas. Every execution begins with the same. CH_EBUSY while executing.
 *  Lifetime: the last result's output ends, and all blocks of the manager's arenas. */
ch_status chevm_reset_execution_context(chevm *vm);

/** chevm_manager_stats fills the manager's figures. CH_EDISABLED no manager; CH_EINVAL NULL. */
ch_status chevm_manager_stats(const chevm *vm, ch_manager_figures *figures);

/** chevm_refuse_request makes the number-th request from now on (for a frame, a stack, an output, a
 *  word, scratch) find nothing, as if its lender were exhausted; 0: none. For tests.
 *  Returns: how many requests were made since the last call. */
uint64_t chevm_refuse_request(chevm *vm, uint64_t number);

CH_API_END

#endif
