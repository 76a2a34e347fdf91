/* list.c: the workloads in the order of their table, on one of the two compilations. */
#include "workload.h"

extern const workload WORKLOAD(tokens), WORKLOAD(server), WORKLOAD(book), WORKLOAD(script),
    WORKLOAD(pipeline), WORKLOAD(churn), WORKLOAD(digest);

#ifdef REDUCTION_PLAIN
const workload *const workloads_plain[WORKLOADS] = {
#else
const workload *const workloads[WORKLOADS] = {
#endif
    &WORKLOAD(tokens),   &WORKLOAD(server), &WORKLOAD(book),  &WORKLOAD(script),
    &WORKLOAD(pipeline), &WORKLOAD(churn),  &WORKLOAD(digest)};
