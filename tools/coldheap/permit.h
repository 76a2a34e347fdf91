/* permit.h: functions marked CH_PERMIT_FN: why, and whether the run time permits them too. */
#ifndef COLDHEAP_TOOL_PERMIT_H
#define COLDHEAP_TOOL_PERMIT_H

#include "graph.h"

/* permit_reason is the text of the function's CH_PERMIT_SCOPE, else that of CH_PERMIT_FN as its
 * source has it, else that there is none to be read. */
const char *permit_reason(graph *in, function *of);

/* permit_opens_scope tells whether the function opens a CH_PERMIT_SCOPE: without one, the run time
 * reports what the prover passes over. */
bool permit_opens_scope(graph *in, function *of);

#endif
