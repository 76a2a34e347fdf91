/* message.c: error lines, notes and progress on stderr; see message.h. */
#include "message.h"

#include "sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REASON_BYTES           2048u
#define PROGRESS_PLAIN_SECONDS 30

message_settings message_config = {1, true, "auto", false};

static bool progress_is_shown;
static _Thread_local sink *route; /* NULL: sink_err */
static _Thread_local char last_error[REASON_BYTES * 2];

static sink *target(void) {
    return route != NULL ? route : &sink_err;
}

void message_route(sink *wanted) {
    route = wanted;
}

const char *message_last(void) {
    return last_error;
}

static bool on_terminal(void) {
    return isatty(sink_err.fd) != 0;
}

static void print_json_error(sink *out, int code, const char *what) {
    char text[REASON_BYTES * 2 + 16];
    (void)snprintf(text, sizeof text, "ERROR(%d): %s", code, what);
    sink_text(out, "{\"error\":");
    sink_json_text(out, text);
    sink_text(out, "}\n");
}

static int print_error(int code, const char *file, size_t line, const char *format,
                       va_list arguments) {
    char reason[REASON_BYTES];
    sink *out = target();
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    (void)snprintf(last_error, sizeof last_error, "%.2000s:%zu: %s", file, line, reason);
    bool color = message_config.color && on_terminal();
    if (route == NULL) {
        message_progress_end();
        sink_flush(&sink_out);
    }
    if (message_config.json_lines_only) {
        print_json_error(out, code, last_error);
    } else {
        sink_print(out, "%sERROR(%d):%s ", color ? "\033[31m" : "", code, color ? "\033[0m" : "");
        sink_text(out, file);
        sink_print(out, ":%zu: ", line);
        sink_text(out, reason);
        sink_char(out, '\n');
    }
    sink_flush(out);
    return code;
}

int message_error(int code, const char *file, size_t line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_error(code, file, line, format, arguments);
    va_end(arguments);
    return code;
}

int message_argument(int code, int position, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_error(code, "argument", (size_t)(position > 0 ? position : 0), format, arguments);
    va_end(arguments);
    return code;
}

void message_note(const char *format, ...) {
    if (message_config.verbosity == 0 || message_config.json_lines_only) {
        return;
    }
    char line[REASON_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (route == NULL) {
        message_progress_end();
    }
    sink_text(target(), line);
    sink_char(target(), '\n');
    sink_flush(target());
}

void message_progress(size_t done, size_t total, size_t failed, const char *what) {
    static time_t plain_next;
    bool silent = strcmp(message_config.progress, "none") == 0 || message_config.json_lines_only;
    if (silent || message_config.verbosity == 0) {
        return;
    }
    if (strcmp(message_config.progress, "plain") != 0 && on_terminal()) {
        sink_print(&sink_err, "\r\033[K[%zu/%zu] %zu failed  %.60s", done, total, failed, what);
        sink_flush(&sink_err);
        progress_is_shown = true;
        return;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (plain_next != 0 && now.tv_sec >= plain_next) {
        sink_print(&sink_err, "[%zu/%zu] %zu failed\n", done, total, failed);
        sink_flush(&sink_err);
    }
    if (plain_next == 0 || now.tv_sec >= plain_next) {
        plain_next = now.tv_sec + PROGRESS_PLAIN_SECONDS;
    }
}

void message_progress_end(void) {
    if (progress_is_shown) {
        sink_text(&sink_err, "\r\033[K");
        sink_flush(&sink_err);
        progress_is_shown = false;
    }
}
