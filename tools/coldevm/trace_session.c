/* trace_session.c: one tracer that feeds lines, profile and counts; see trace_session.h. */
#include "trace_session.h"

#include "codes.h"
#include "message.h"
#include "trace_check.h"

#include <string.h>

#define EXPORT_BUFFER_BYTES ((size_t)1 << 16)

static const struct {
    const char *name;
    trace_format format;
} FORMATS[] = {{"json", TRACE_JSON},
               {"strict", TRACE_STRICT},
               {"folded", TRACE_FOLDED},
               {"speedscope", TRACE_SPEEDSCOPE},
               {"chrome", TRACE_CHROME}};

/* Those that can be exported beside a trace, by profile_format. */
static const char *const EXPORTS[TRACE_EXPORTS_MAX] = {"folded=", "speedscope=", "chrome="};

/* ---- Requests -------------------------------------------------------------------------------- */

int trace_request_format(trace_request *request, flag_text flag) {
    request->format = TRACE_JSON;
    if (flag.position == 0) {
        return EXIT_DONE;
    }
    int code = options_choice("trace.format", flag, TRACE_FORMAT_CHOICES);
    for (size_t i = 0; code == EXIT_DONE && i < sizeof FORMATS / sizeof FORMATS[0]; i++) {
        if (strcmp(FORMATS[i].name, flag.text) == 0) {
            request->format = FORMATS[i].format;
        }
    }
    return code;
}

int trace_request_export(trace_request *request, flag_text flag) {
    for (size_t i = 0; i < TRACE_EXPORTS_MAX; i++) {
        size_t size = strlen(EXPORTS[i]);
        if (strncmp(flag.text, EXPORTS[i], size) == 0 && flag.text[size] != 0) {
            request->exports[i] = flag.text + size;
            return EXIT_DONE;
        }
    }
    return message_argument(EXIT_FLAG, flag.position,
                            "bad value '%.80s' for --export: use " TRACE_EXPORT_CHOICES, flag.text);
}

static bool is_lines(trace_format format) {
    return format == TRACE_JSON || format == TRACE_STRICT;
}

bool trace_wanted(const trace_request *request) {
    bool wanted = request->format != TRACE_NONE || request->opcode_count != NULL;
    for (size_t i = 0; i < TRACE_EXPORTS_MAX; i++) {
        wanted = wanted || request->exports[i] != NULL;
    }
    return wanted;
}

/* ---- The tracer ------------------------------------------------------------------------------ */

static void step_begins(void *context, const chevm_trace_step *step) {
    const trace_session *session = context;
    for (size_t i = 0; i < session->part_count; i++) {
        session->parts[i]->begin(session->parts[i]->context, step);
    }
}

static void step_ends(void *context, const chevm_trace_step *step) {
    const trace_session *session = context;
    for (size_t i = session->part_count; i > 0; i--) {
        session->parts[i - 1]->end(session->parts[i - 1]->context, step);
    }
}

static void take_line(void *context, const char *line, size_t size) {
    trace_session *session = context;
    session->line_count++;
    if (session->checks && session->bad_line == 0) {
        session->wrong = trace_check(line, size, &session->bad_place);
        session->bad_line = session->wrong != NULL ? session->line_count : 0;
    }
    if (session->request.line != NULL) {
        session->request.line(session->request.line_context, line, size);
    } else {
        trace_to_sink(session->request.out, line, size);
    }
}

/* ---- Open and close -------------------------------------------------------------------------- */

static int open_profile(trace_session *session) {
    static char buffers[TRACE_EXPORTS_MAX][EXPORT_BUFFER_BYTES];
    const trace_request *request = &session->request;
    int code = trace_profile_open(&session->profile);
    if (code != EXIT_DONE) {
        return code;
    }
    session->profiles = true;
    for (size_t i = 0; code == EXIT_DONE && i < TRACE_EXPORTS_MAX; i++) {
        sink *out = &session->exports[i];
        if (request->exports[i] == NULL) {
            continue;
        }
        code = sink_file(out, request->exports[i], buffers[i], EXPORT_BUFFER_BYTES);
        if (code == EXIT_DONE) {
            trace_profile_output(&session->profile, (profile_format)i, out);
        } else {
            out->name = NULL; /* nothing to close */
        }
    }
    if (code == EXIT_DONE && request->format >= TRACE_FOLDED) {
        trace_profile_output(&session->profile, (profile_format)(request->format - TRACE_FOLDED),
                             request->out);
    }
    return code;
}

/* Gives back what is open; the files are closed as they are. */
static int release(trace_session *session) {
    int code = EXIT_DONE;
    for (size_t i = 0; i < TRACE_EXPORTS_MAX; i++) {
        int closed =
            session->exports[i].name != NULL ? sink_close(&session->exports[i]) : EXIT_DONE;
        code = code == EXIT_DONE ? closed : code;
    }
    if (session->profiles) {
        trace_profile_close(&session->profile);
    }
    if (session->writes) {
        trace_close(&session->writer);
    }
    return code;
}

int trace_session_open(trace_session *session, const trace_request *request, size_t memory_bytes) {
    memset(session, 0, sizeof *session);
    session->request = *request;
    session->tracer = (chevm_tracer){step_begins, step_ends, session};
    session->checks = request->format == TRACE_STRICT;
    session->counts = request->opcode_count != NULL;
    int code = EXIT_DONE;
    if (is_lines(request->format)) {
        code = trace_open(&session->writer, request->show, CHEVM_FORK_NEWEST, memory_bytes,
                          take_line, session);
        session->writes = code == EXIT_DONE;
    }
    bool profiles = request->format >= TRACE_FOLDED;
    for (size_t i = 0; i < TRACE_EXPORTS_MAX; i++) {
        profiles = profiles || request->exports[i] != NULL;
    }
    if (code == EXIT_DONE && profiles) {
        code = open_profile(session);
    }
    if (code != EXIT_DONE) {
        (void)release(session);
        return code;
    }
    if (session->writes) {
        session->parts[session->part_count++] = &session->writer.tracer;
    }
    if (session->counts) {
        opcode_count_init(&session->count, CHEVM_FORK_NEWEST);
        session->parts[session->part_count++] = &session->count.tracer;
    }
    if (session->profiles) {
        session->parts[session->part_count++] = &session->profile.tracer;
    }
    return EXIT_DONE;
}

void trace_session_begin(trace_session *session, const trace_case *which) {
    session->line_count = 0;
    session->bad_line = 0;
    session->writer.fork = which->fork;
    session->writer.refund_before = which->refund_before;
    session->writer.too_long = false;
    session->count.fork = which->fork;
    if (session->profiles) {
        trace_profile_begin(&session->profile, which->name, which->fork);
    }
}

int trace_session_end(trace_session *session, int64_t gas_left) {
    if (session->profiles) {
        trace_profile_end(&session->profile, gas_left);
    }
    if (session->writer.too_long) {
        return message_error(EXIT_LIMIT, "trace", (size_t)session->line_count,
                             "a line is longer than the memory reserved for it");
    }
    if (session->bad_line != 0) {
        return message_error(EXIT_FAILED, "trace", (size_t)session->bad_line, "%s (byte %zu)",
                             session->wrong, session->bad_place + 1);
    }
    return EXIT_DONE;
}

int trace_session_close(trace_session *session) {
    int code = EXIT_DONE;
    if (session->profiles) {
        trace_profile_write(&session->profile);
        if (session->profile.truncated) {
            message_note("profile: more call paths than there is room for; the rest is counted "
                         "for the paths above");
        }
    }
    if (session->counts) {
        code = opcode_count_write(&session->count, session->request.opcode_count);
    }
    int released = release(session);
    return code == EXIT_DONE ? released : code;
}
