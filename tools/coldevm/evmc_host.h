/* evmc_host.h: the other side of EVMC: any VM of ABI 12 run over a chevm_host, normally that of a
 * chevm_state, so that a foreign machine plays the same messages in the same world as ours. The
 * host's operations are those of host.h; what EVMC calls `call` is call_begin, the VM, call_end. */
#ifndef COLDEVM_EVMC_HOST_H
#define COLDEVM_EVMC_HOST_H

#include <coldevm/evmc12.h>
#include <coldevm/host.h>

typedef struct evmc_host {
    chevm12_vm *vm;         /* runs the code */
    const chevm_host *host; /* the world's operations ... */
    void *context;          /* ... and their context */
    uint32_t revision;
    /* Private, all zero at first: */
    chevm_status trouble;         /* a capacity was hit: every frame ends */
    chevm12_result last;          /* whose output the caller of evmc_host_call may read */
    chevm12_bytes32 *blob_hashes; /* of the running transaction */
    size_t blob_capacity;
} evmc_host;

/* evmc_host_call plays a message of depth 0 as chevm_call does: balance, call_begin, code,
 * call_end. result->output is valid until the next evmc_host_call or evmc_host_fini. */
void evmc_host_call(evmc_host *host, const chevm_message *message, chevm_result *result);

/* evmc_host_fini releases what is held; not the VM. */
void evmc_host_fini(evmc_host *host);

/* evmc_host_revision is the EVMC revision of a fork. */
uint32_t evmc_host_revision(chevm_fork fork);

#endif
