/* program.h: what a program's file says of it before it is started: whether the loader will let us
 * in, whose allocator it brings, which functions it names. Facts only; what follows from them is
 * preflight.h's. Read by libelf; untrusted bytes that do not fit are left out.
 *
 * Everything lives in the store until the command ends. */
#ifndef COLDHEAP_TOOL_PROGRAM_H
#define COLDHEAP_TOOL_PROGRAM_H

#include <coldheap/base.h>

#define PROGRAM_NEEDED_MAX 256u

typedef enum program_sanitizer {
    PROGRAM_NO_SANITIZER,
    PROGRAM_ASAN,
    PROGRAM_TSAN,
    PROGRAM_MSAN,
    PROGRAM_LSAN
} program_sanitizer;

typedef struct program {
    const char *path;
    const char *script; /* not NULL: no ELF file but a script, and this is its interpreter line */
    bool elf;
    bool other_machine;    /* not for x86-64, or with 32-bit pointers */
    bool loaded;           /* has PT_INTERP: a dynamic loader starts it */
    bool position_free;    /* ET_DYN */
    bool symbol_table;     /* .symtab is there: not stripped */
    bool privileged_mode;  /* set-user-id or set-group-id */
    bool capabilities;     /* of the file */
    bool go;               /* .go.buildinfo */
    bool pascal;           /* .fpcdata or another section of Free Pascal */
    bool guard;            /* the guard's run time is linked in */
    bool marks;            /* section ch_marks */
    bool hot_text;         /* section ch_hot_text */
    const char *heap;      /* a heap beside malloc that it brings; NULL: none known */
    const char *heap_note; /* one that it uses besides malloc, as Python's; NULL: none known */
    program_sanitizer sanitizer;
    const char *sanitizer_library; /* the DT_NEEDED one; NULL: linked in */
    const char *needed[PROGRAM_NEEDED_MAX];
    size_t needed_count;
    const char **functions; /* names of those it defines */
    size_t function_count;
} program;

/* program_find finds the file that a shell would run for `name`, in PATH if it has no slash.
 * Returns: NULL if there is none. */
const char *program_find(const char *name);

/* program_read reads the file; an exit code, 126 or 127 if it cannot be run, its message out. */
int program_read(program *out, const char *path);

/* program_nearest writes up to `room` of the functions most like `name` (a glob), best first.
 * Returns: how many. */
size_t program_nearest(const program *in, const char *name, const char **found, size_t room);

#endif
