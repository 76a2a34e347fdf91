/* trace_session.h: all that a command may do with the instructions it runs: EIP-3155 lines (json,
 * or strict: checked against the schema), profiles, counts of opcodes; in one tracer. A session
 * lasts as long as the command and takes any number of transactions, one after the other:
 *
 *   open -> { begin -> chevm_set_tracer(vm, its tracer) -> run -> set_tracer(vm, NULL) -> end }
 *        -> close
 *
 * Everything is reserved by open; begin, running and end allocate nothing. One thread, so one
 * session per running machine; profiles and counts are those of its own transactions. */
#ifndef COLDEVM_TRACE_SESSION_H
#define COLDEVM_TRACE_SESSION_H

#include "opcode_count.h"
#include "options.h"

#include <coldevm/u256.h>
#include "trace.h"
#include "trace_profile.h"

#define TRACE_FORMAT_CHOICES "json|strict|folded|speedscope|chrome"
#define TRACE_EXPORT_CHOICES "folded=FILE, speedscope=FILE or chrome=FILE"
#define TRACE_EXPORTS_MAX    3u

/* What is wanted; {0} is nothing. `out` need not be given without a format. */
typedef enum trace_format {
    TRACE_NONE,
    TRACE_JSON,
    TRACE_STRICT,
    TRACE_FOLDED,
    TRACE_SPEEDSCOPE,
    TRACE_CHROME
} trace_format;

typedef struct trace_request {
    trace_format format;
    trace_fields show;        /* json, strict */
    sink *out;                /* where the format goes; the session closes no sink */
    trace_line_function line; /* json, strict: instead of out, if not NULL */
    void *line_context;
    const char *exports[TRACE_EXPORTS_MAX]; /* path by profile_format; NULL: none */
    const char *opcode_count;               /* path; NULL: none */
} trace_request;

/* A transaction, or another message that is traced by itself. */
typedef struct trace_case {
    const char *name; /* a frame of that name stands around it in profiles; NULL: none */
    chevm_fork fork;
    int64_t refund_before; /* in the transaction's counter before its first instruction */
} trace_case;

typedef struct trace_session {
    chevm_tracer tracer; /* valid from open to close */
    trace_request request;
    trace_writer writer;
    trace_profile profile;
    opcode_count count;
    sink exports[TRACE_EXPORTS_MAX];
    bool writes; /* lines */
    bool profiles;
    bool counts;
    bool checks;         /* lines against the schema */
    uint64_t line_count; /* of the running case */
    uint64_t bad_line;   /* of it, the first that breaks the schema; 0: none */
    size_t bad_place;
    const char *wrong;
    const chevm_tracer *parts[3];
    size_t part_count;
} trace_session;

/* trace_request_format reads --trace.format (json if not given), trace_request_export one
 * FORMAT=FILE of --export: EXIT_FLAG, its message out, for one that is not a trace's. */
int trace_request_format(trace_request *request, flag_text flag);
int trace_request_export(trace_request *request, flag_text flag);

/* trace_wanted tells if the request needs a tracer at all. */
bool trace_wanted(const trace_request *request);

/* trace_session_open reserves room for machines whose EVM memory is at most `memory_bytes` and
 * creates the files. Returns: an exit code; if it is not EXIT_DONE there is nothing to close. */
int trace_session_open(trace_session *session, const trace_request *request, size_t memory_bytes);

void trace_session_begin(trace_session *session, const trace_case *which);

/* trace_session_end ends a case; gas_left as of trace_profile_end. Returns EXIT_DONE, or with its
 * message out EXIT_FAILED if a line broke the schema, EXIT_LIMIT if one was longer than fits. */
int trace_session_end(trace_session *session, int64_t gas_left);

/* trace_session_close completes and closes the files; an exit code. */
int trace_session_close(trace_session *session);

#endif
