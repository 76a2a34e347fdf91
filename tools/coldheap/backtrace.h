/* backtrace.h: a list of return addresses as lines for people: functions, places, what was inlined,
 * which frames are wrappers, and which one is the call site. */
#ifndef COLDHEAP_TOOL_BACKTRACE_H
#define COLDHEAP_TOOL_BACKTRACE_H

#include "resolve.h"
#include "sink.h"

/* A return address as it was recorded; module NULL: in no file. */
typedef struct backtrace_address {
    resolve_module *module;
    uint64_t offset; /* ELF address in the module, or the address */
    bool exact;      /* no return address: the address itself is meant */
} backtrace_address;

/* One line of it. */
typedef struct backtrace_line {
    const resolve_frame *frame;
    const resolve_module *module; /* NULL: in no file */
    uint64_t offset;
    uint64_t symbol_offset; /* shown if the frame has no line */
    bool wrapper;
} backtrace_line;

typedef struct backtrace {
    const backtrace_line *lines; /* innermost first; in the store */
    size_t count;
    size_t call_site; /* the first line that is no wrapper; 0 if there are no lines */
} backtrace;

/* backtrace_make resolves addresses, innermost first. */
backtrace backtrace_make(const backtrace_address *addresses, size_t count);

/* backtrace_operation is wrappers_operation over its lines. */
const char *backtrace_operation(char *text, size_t size, const char *call, const backtrace *of);

/* backtrace_print prints a line each:  "    #1 normalize_key  keys.c:88  (inlined)". */
void backtrace_print(sink *out, const backtrace *of);

/* backtrace_print_lines prints lines first .. end-1 of it. */
void backtrace_print_lines(sink *out, const backtrace *of, size_t first, size_t end);

/* backtrace_place writes "keys.c:88:3", or "libz.so+0x12b4" if there is no line. */
void backtrace_place(char *text, size_t size, const backtrace_line *of);

#endif
