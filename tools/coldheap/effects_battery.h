/* effects_battery.h: calls of the C library, each small enough to be the only thing that happens
 * between two counts: what `coldheap effects --crosscheck` compares the table with. A case calls
 * what it is named after, as programs do; its buffers are on the stack or static. */
#ifndef COLDHEAP_TOOL_EFFECTS_BATTERY_H
#define COLDHEAP_TOOL_EFFECTS_BATTERY_H

#include <stddef.h>

typedef struct battery_case {
    const char *name;     /* "qsort 2 KiB": the function, and in what way if there are several */
    void (*before)(void); /* what the call needs, not counted; NULL: nothing */
    void (*call)(void);
} battery_case;

extern const battery_case BATTERY[];
extern const size_t BATTERY_COUNT;

#endif
