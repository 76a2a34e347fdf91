/* resolve.h: from an address in a file of code to functions, lines, and what was inlined there.
 *
 * The one idea: DWARF of strangers is read in a process of its own, one a module, which may crash,
 * hang or eat memory. Here it is only waited for, RESOLVE_SECONDS a module in all; then it is
 * killed and a second one reads the ELF symbols alone; then nothing but module and offset is left.
 * Answers are kept, so that a place is asked for once.
 *
 * Addresses are ELF addresses as in session.h and track_record.h. Everything lives in the store. */
#ifndef COLDHEAP_TOOL_RESOLVE_H
#define COLDHEAP_TOOL_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESOLVE_SECONDS    5
#define RESOLVE_FRAMES_MAX 64u

/* One function at an address. Texts are never NULL: empty if not known. */
typedef struct resolve_frame {
    const char *function; /* readable: demangled */
    const char *symbol;   /* as the linker knows it; same text if it is not mangled */
    const char *file;     /* absolute where the compiler said so */
    uint32_t line;        /* 0: unknown */
    uint32_t column;      /* 0: unknown */
    bool inlined;         /* into the next frame of the answer */
} resolve_frame;

/* frames[0] is the innermost function, where the instruction is; each is inlined into the next;
 * the last one is the function of the machine code. That is the order of a backtrace. */
typedef struct resolve_answer {
    const resolve_frame *frames;
    uint32_t frame_count;   /* 0: only module and offset are known */
    uint64_t symbol_offset; /* of the address in its symbol, if there are no lines */
} resolve_answer;

typedef enum resolve_state {
    RESOLVE_LINES,   /* functions and lines, from debug information */
    RESOLVE_SYMBOLS, /* only ELF symbols; problem says why if there should be more */
    RESOLVE_NOTHING  /* problem says why */
} resolve_state;

typedef struct resolve_module resolve_module;

/* resolve_open gives the resolver of a file, the same one for the same path and build id. A file
 * that has another build id than the recorded one is not used, nor one that is not there; then
 * only the separate debug file of the recorded build id is looked for. build_id_size 0: not
 * recorded, the file is taken as it is. Nothing is read before the first address. */
resolve_module *resolve_open(const char *path, const uint8_t *build_id, size_t build_id_size);

/* resolve_return looks a return address up: the call before it is meant. resolve_at looks up the
 * address itself, as of a fault. */
const resolve_answer *resolve_return(resolve_module *in, uint64_t address);
const resolve_answer *resolve_at(resolve_module *in, uint64_t address);

/* resolve_state_of says what is known of the module, after having opened it if it was not yet;
 * *problem (may be NULL) is one line for people, empty if all is well. */
resolve_state resolve_state_of(resolve_module *in, const char **problem);

/* Path and its last part. */
const char *resolve_path(const resolve_module *in);
const char *resolve_name(const resolve_module *in);

/* resolve_close ends all processes; answers stay. To be called before the program ends. */
void resolve_close(void);

#endif
