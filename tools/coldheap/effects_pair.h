/* effects_pair.h: names for the functions of a stripped shared library, from the archive that was
 * made of the same sources: two functions of one name whose calls, jumps and system calls come in
 * the same order call, one by one, the same functions. A name that two pairs contradict is none. */
#ifndef COLDHEAP_TOOL_EFFECTS_PAIR_H
#define COLDHEAP_TOOL_EFFECTS_PAIR_H

#include "graph.h"

/* effects_pair names what it can of `shared` and returns how many that were. */
size_t effects_pair(graph *shared, graph *archive);

#endif
