/* effects_crosscheck.h: what the table says of the C library against what happens: a battery of
 * calls, each in a fresh process with the guard's run time preloaded, counted at its first use and
 * when repeated. A call that touches the heap though its class excludes that refutes the table. */
#ifndef COLDHEAP_TOOL_EFFECTS_CROSSCHECK_H
#define COLDHEAP_TOOL_EFFECTS_CROSSCHECK_H

#include "effects_table.h"
#include "sink.h"

/* crosscheck_all runs the battery and prints a row each, to `json` as well if that is not NULL.
 * `runtime` is the folder of the library to preload, NULL: beside this command.
 * Returns: EXIT_DONE, EXIT_FINDING if the table is refuted, EXIT_NOT_ARMED if a count failed. */
int crosscheck_all(const effects_table *table, const char *runtime, sink *json);

/* crosscheck_one is the fresh process: runs case `number` and writes its counts to stdout. */
int crosscheck_one(uint64_t number);

#endif
