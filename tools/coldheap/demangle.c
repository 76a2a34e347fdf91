/* demangle.c: the demangler of libstdc++'s archive, in the form that hands its output on piece by
 * piece instead of allocating it. A short name can stand for gigabytes of text; the first byte
 * that does not fit ends it, by a jump over frames that own nothing. */
#include "demangle.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <string.h>

#define NAME_MAX_BYTES 4096u /* longer ones are not looked at */

/* libstdc++.a (libsupc++), cp-demangle.c: 0 if the name could be read. */
int __gcclibcxx_demangle_callback(const char *name,
                                  void (*take)(const char *text, size_t size, void *to), void *to);

typedef struct output {
    char *text;
    size_t used;
    jmp_buf full;
} output;

static void take(const char *text, size_t size, void *to) {
    output *out = to;
    const size_t room = DEMANGLE_BYTES - 1 - out->used;
    const size_t fits = size < room ? size : room;
    memcpy(out->text + out->used, text, fits);
    out->used += fits;
    if (fits < size) {
        longjmp(out->full, 1);
    }
}

static bool run(output *out, const char *name) {
    if (setjmp(out->full) != 0) {
        memcpy(out->text + DEMANGLE_BYTES - 4, "...", 4);
        return true;
    }
    return __gcclibcxx_demangle_callback(name, take, out) == 0;
}

/* "::h" and 16 digits at the end: the hash that legacy Rust names carry. */
static bool has_rust_hash(const char *text, size_t size) {
    static const char digits[] = "0123456789abcdef";
    const char *hash = text + size - 19;
    return size > 19 && memcmp(hash, "::h", 3) == 0 && strspn(hash + 3, digits) == 16;
}

typedef struct sign {
    const char *code;
    const char *text;
} sign;

/* What rustc writes for characters that linker names cannot have. */
static const sign SIGNS[] = {
    {"$SP$", "@"},  {"$BP$", "*"},  {"$RF$", "&"},  {"$LT$", "<"},  {"$GT$", ">"},
    {"$LP$", "("},  {"$RP$", ")"},  {"$C$", ","},   {"$u20$", " "}, {"$u22$", "\""},
    {"$u27$", "'"}, {"$u2b$", "+"}, {"$u3b$", ";"}, {"$u5b$", "["}, {"$u5d$", "]"},
    {"$u7b$", "{"}, {"$u7d$", "}"}, {"$u7e$", "~"}, {"..", "::"},
};

/* In place: no sign is longer than its code. */
static void restore_rust(char *text) {
    char *to = text;
    for (const char *from = text; *from != 0;) {
        const bool begins = from == text || from[-1] == ':';
        if (begins && from[0] == '_' && from[1] == '$') {
            from++; /* only there so that the name does not begin with the sign */
        }
        size_t i = 0;
        while (i < sizeof SIGNS / sizeof SIGNS[0] &&
               strncmp(from, SIGNS[i].code, strlen(SIGNS[i].code)) != 0) {
            i++;
        }
        if (i == sizeof SIGNS / sizeof SIGNS[0]) {
            *to++ = *from++;
            continue;
        }
        from += strlen(SIGNS[i].code);
        memmove(to, SIGNS[i].text, strlen(SIGNS[i].text));
        to += strlen(SIGNS[i].text);
    }
    *to = 0;
}

bool demangle(char text[DEMANGLE_BYTES], const char *name) {
    text[0] = 0;
    /* Types alone (i, c) are mangled names too; symbols begin with _Z. */
    if (strncmp(name, "_Z", 2) != 0 || strnlen(name, NAME_MAX_BYTES) == NAME_MAX_BYTES) {
        return false;
    }
    output out = {.text = text};
    if (!run(&out, name)) {
        text[0] = 0;
        return false;
    }
    text[out.used] = 0;
    if (has_rust_hash(text, out.used)) {
        text[out.used - 19] = 0;
        restore_rust(text);
    }
    return true;
}

bool demangle_is_rust(const char *name) {
    const size_t size = strnlen(name, NAME_MAX_BYTES);
    return size > 23 && size < NAME_MAX_BYTES && strncmp(name, "_ZN", 3) == 0 &&
           memcmp(name + size - 20, "17h", 3) == 0 && name[size - 1] == 'E' &&
           strspn(name + size - 17, "0123456789abcdef") == 16;
}

/* Behind the word operator, and the signs that belong to it: (), <<, new[]. */
static size_t operator_end(const char *text, size_t at) {
    static const char word[] = "operator";
    if (strncmp(text + at, word, sizeof word - 1) != 0 ||
        (at > 0 && text[at - 1] != ':' && text[at - 1] != ' ')) {
        return at;
    }
    at += sizeof word - 1;
    if (strncmp(text + at, "()", 2) == 0) {
        return at + 2;
    }
    return at + strcspn(text + at, "(");
}

void demangle_bare(char *text) {
    size_t begin = 0;
    size_t depth = 0;
    size_t at = 0;
    while (text[at] != 0) {
        const size_t end = depth == 0 ? operator_end(text, at) : at;
        if (end > at) {
            at = end; /* what stands before is the type that is returned, or a scope */
            continue;
        }
        if (text[at] == '(' && depth == 0 && at > begin &&
            strncmp(text + at, "(anonymous", sizeof "(anonymous" - 1) != 0) {
            break;
        }
        depth += text[at] == '<' || text[at] == '(';
        depth -= (text[at] == '>' || text[at] == ')') && depth > 0;
        begin = text[at] == ' ' && depth == 0 ? at + 1 : begin;
        at++;
    }
    memmove(text, text + begin, at - begin);
    text[at - begin] = 0;
}

bool demangle_matches(const char *glob, const char *name) {
    char text[DEMANGLE_BYTES];
    if (fnmatch(glob, name, 0) == 0) {
        return true;
    }
    if (!demangle(text, name)) {
        return false;
    }
    if (fnmatch(glob, text, 0) == 0) {
        return true;
    }
    demangle_bare(text);
    return fnmatch(glob, text, 0) == 0;
}
