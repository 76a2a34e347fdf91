/* evmc12_host.h: an EVMC host seen as a chevm_host: what the interpreter asks in native words is
 * asked of the foreign table in big-endian bytes. One chevmi_evmc12_run per running execute. */
#ifndef CHEVMI_EVMC12_HOST_H
#define CHEVMI_EVMC12_HOST_H

#include "evmc12_trace.h"

#include <coldevm/evmc12.h>
#include <coldevm/host.h>

/* Most blob hashes of a transaction; a host that names more gets INTERNAL_ERROR. */
#define CHEVMI_EVMC12_BLOBS 1024u

typedef struct chevmi_evmc12_run {
    const chevm12_host_interface *host;
    chevm12_host_context *context;
    chevmi_evmc12_trace *trace; /* lines to be written before a call goes out; NULL: none */
    int32_t trouble;  /* negative status that a call or the host's misbehaviour gave, else 0 */
    bool has_pending; /* a call's result whose output the interpreter may still read */
    chevm12_result pending;
    chevm12_message call; /* here, not on the C stack: levels of recursion stay small */
    chevm_tx_context tx;
    chevm_u256 blob_hashes[CHEVMI_EVMC12_BLOBS];
} chevmi_evmc12_run;

/* The table; its context is the chevmi_evmc12_run. */
extern const chevm_host chevmi_evmc12_host;

/* chevmi_evmc12_drop releases a pending result of the host, if any. */
void chevmi_evmc12_drop(chevmi_evmc12_run *run);

/* Status words across the border, spec evmc.md V3. */
int32_t chevmi_evmc12_status_out(chevm_status status);
chevm_status chevmi_evmc12_status_in(int32_t status);

/* chevmi_evmc12_fork gives the fork of a revision, false if there is none. */
bool chevmi_evmc12_fork(uint32_t revision, chevm_fork *fork);

#endif
