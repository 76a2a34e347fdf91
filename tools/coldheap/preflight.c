/* preflight.c: see preflight.h. */
#include "preflight.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include <string.h>

#define SCRIPT_DEPTH_MAX 4u

enum { NOT_RUNNABLE = 126, NOT_FOUND = 127 };

static const char *next_word(const char **text) {
    const char *first = *text + strspn(*text, " \t\r");
    const size_t length = strcspn(first, " \t\r");
    *text = first + length;
    return length > 0 ? store_text(first, length) : NULL;
}

/* What runs the script: env is only the way to it. */
static const char *interpreter_of(const char *line) {
    const char *word = next_word(&line);
    const char *slash = word != NULL ? strrchr(word, '/') : NULL;
    if (slash == NULL || strcmp(slash, "/env") != 0) {
        return word;
    }
    const char *next = next_word(&line);
    while (next != NULL && (*next == '-' || strchr(next, '=') != NULL)) {
        next = next_word(&line);
    }
    return next != NULL ? program_find(next) : word;
}

static const char *language_of(const program *in) {
    return in->go ? " Go" : in->pascal ? " Free Pascal" : "";
}

static const char *refusal_of(const program *in) {
    if (!in->elf) {
        return "no program of this system";
    }
    if (in->other_machine) {
        return "a program for another machine or with 32-bit pointers: the run time is for x86-64";
    }
    if (in->privileged_mode) {
        return "set-user-id or set-group-id: the loader preloads nothing there; check a copy "
               "without that mode";
    }
    if (in->capabilities) {
        return "has file capabilities: the loader preloads nothing there; check a copy without";
    }
    if (!in->loaded && !in->guard) {
        return store_format("%s%s program: it has no loader that could bring in the guard; link "
                            "libcoldheap-guard-static.a, or use `coldheap prove`",
                            in->position_free ? "static-PIE" : "static", language_of(in));
    }
    return NULL;
}

static const char *partial_of(const program *in) {
    if (in->heap != NULL) {
        return store_format("%s brings a heap beside malloc, which is not seen", in->heap);
    }
    return in->go ? "Go brings a heap beside malloc, which is not seen" : NULL;
}

int preflight_look(preflight *out, const char *name) {
    *out = (preflight){.path = program_find(name)};
    if (out->path == NULL) {
        return message_error(NOT_FOUND, name, 0, "no such command");
    }
    const char *at = out->path;
    for (unsigned depth = 0; at != NULL; depth++) {
        const int code = program_read(&out->of, at);
        if (code != EXIT_DONE) {
            return code;
        }
        if (out->of.script == NULL || depth == SCRIPT_DEPTH_MAX) {
            break;
        }
        out->script = out->path;
        at = interpreter_of(out->of.script);
    }
    if (at == NULL || out->of.script != NULL) {
        return message_error(NOT_RUNNABLE, out->path, 1, "the script's interpreter is not here");
    }
    out->refusal = refusal_of(&out->of);
    out->partial = partial_of(&out->of);
    return EXIT_DONE;
}

bool preflight_hooks(const preflight *in, const char **before) {
    /* gcc's ASan ends a program in which another library stands before its own. */
    const bool shared =
        in->of.sanitizer != PROGRAM_NO_SANITIZER && in->of.sanitizer_library != NULL;
    *before = shared ? in->of.sanitizer_library : NULL;
    return in->of.sanitizer != PROGRAM_NO_SANITIZER;
}
