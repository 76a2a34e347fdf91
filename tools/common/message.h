/* message.h: what the user is told on stderr. Errors have one form, `ERROR(N): file:line: reason`,
 * where N is the exit code; line 0 means the whole file, and for the command line the file is
 * `argument` and the line the argument's position. */
#ifndef TOOLS_COMMON_MESSAGE_H
#define TOOLS_COMMON_MESSAGE_H

#include "sink.h"

/* How much the tool says; set from the global flags before anything else runs. */
typedef struct message_settings {
    uint64_t verbosity;   /* 0: errors only; 1 and more: notes too */
    bool color;           /* allowed; used only on a terminal */
    const char *progress; /* "auto", "plain", "none" */
    bool json_lines_only; /* a trace goes to stderr, which is no terminal: no other line there */
} message_settings;

extern message_settings message_config;

/* message_route sends all that this thread says to `target` instead of stderr (NULL: back), and
 * message_last gives the last error of this thread as `file:line: reason`; valid until the next. */
void message_route(sink *target);
const char *message_last(void);

/* message_error prints the error line and returns `code`. */
int message_error(int code, const char *file, size_t line, const char *format, ...) CH_PRINTF(4, 5);

/* message_argument is message_error for the argument at `position` of the command line. */
int message_argument(int code, int position, const char *format, ...) CH_PRINTF(3, 4);

/* message_note prints a line for people, unless --verbosity 0 or a trace owns stderr. */
void message_note(const char *format, ...) CH_PRINTF(1, 2);

/* message_progress shows a state of work by the rules of --progress: on a terminal a line that
 * overwrites itself, elsewhere a plain line every 30 s. message_progress_end removes it. */
void message_progress(size_t done, size_t total, size_t failed, const char *what);
void message_progress_end(void);

#endif
