/* launch.h: running somebody's program under the guard's run time, for `check` and `track`. In
 * order: launch_open makes the shared session (src/guard/session.h), the caller fills in
 * `session->config` and rules, launch_runtime finds the library to preload, launch_run starts the
 * program, passes signals on and waits for it. What the run times found is in the session then.
 *
 * The program's standard streams, its folder and its environment stay as they are but for
 * LD_PRELOAD, where ours comes after the user's own, and COLDHEAP, which names the session. */
#ifndef COLDHEAP_TOOL_LAUNCH_H
#define COLDHEAP_TOOL_LAUNCH_H

#include "guard/session.h"

#include <coldheap/base.h>

/* Which run time is preloaded. */
typedef enum launch_runtime_kind {
    LAUNCH_PRELOAD, /* libcoldheap-preload.so: defines malloc and its kin */
    LAUNCH_HOOKS    /* libcoldheap-hooks.so: beside a sanitizer, which owns malloc */
} launch_runtime_kind;

typedef struct launch {
    chi_session *session;
    size_t rule_count;
    const char *library; /* what is preloaded; set by launch_runtime */
    const char *before;  /* preloaded before everything, as gcc's libasan must be; NULL: nothing */
    int fd;
    int output; /* what the program has as its standard output; 0: the command's own */
} launch;

/* How the program ended. */
typedef struct launch_end {
    int process; /* 0: it was never started */
    int status;  /* as shells tell: its own, 126 or 127 not started, 128+n killed by signal n */
    int signal;  /* 0: not killed */
} launch_end;

/* launch_open makes an empty session; an exit code, its message out. launch_close ends it. */
int launch_open(launch *out);
void launch_close(launch *in);

/* launch_rule adds one rule of that kind (CHI_RULE_). Returns: NULL if there are too many; the
 * message is out. launch_set copies a text into one of the session's fields; a text that is too
 * long is an error of usage. */
chi_session_rule *launch_rule(launch *in, uint32_t kind);
int launch_set(char *field, size_t field_bytes, const char *text, const char *what);

/* launch_cut copies a text into such a field, as much of it as there is room for. */
void launch_cut(char *field, size_t field_bytes, const char *text);

/* launch_hot adds a rule for `[MODULE!]FUNCTION` (globs), launch_hot_address for
 * `MODULE+OFFSET:LENGTH`; an exit code, its message out. */
int launch_hot(launch *in, uint32_t kind, const char *text, int position);
int launch_hot_address(launch *in, const char *text, int position);

/* launch_own_folder is where this command stands, without the last '/', in the store. */
char *launch_own_folder(void);

/* launch_runtime finds the library: in `folder`, or beside this command if that is NULL. An exit
 * code, its message out. */
int launch_runtime(launch *in, launch_runtime_kind kind, const char *folder);

/* launch_run starts `path` with the arguments `argv` (ends with NULL) and waits for its end.
 * Returns: an exit code, its message out: 126 or 127 if the program could not be started. */
int launch_run(launch *in, const char *path, const char *const *argv, launch_end *end);

/* launch_next_image steps through the images that count: of each process the last one that is not
 * gone. *position begins at 0. Returns: NULL at the end. */
const chi_session_image *launch_next_image(const chi_session *in, size_t *position);

#endif
