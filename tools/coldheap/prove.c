/* prove.c: `coldheap prove`: reads what was compiled and says for each hot function whether it can
 * reach the heap. */
#include "command.h"

#include "clone.h"
#include "decode.h"
#include "message.h"
#include "permit.h"
#include "prove_report.h"
#include "sort.h"
#include "source.h"
#include "store.h"
#include "symbols_only.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct {
    flag_list roots;
    flag_text policy;
    flag_list libraries;
    flag_text deny;
    flag_text json;
    uint64_t stack_max;
    uint64_t finding_max;
    flag_text source_root;
    bool github;
    bool strict;
    bool no_libc;
    bool symbols_only;
    flag_text allow;
} flags = {.finding_max = 5};

static const flag_row FLAGS[] = {
    {"root", FLAG_LIST, &flags.roots, "GLOB", 0, NULL,
     "functions to prove, besides those marked CH_HOT_FN, by mangled or readable name; may be "
     "repeated"},
    {"policy", FLAG_TEXT, &flags.policy, "FILE", 0, NULL,
     "what people state: effects, targets of computed calls, bounds, cold functions"},
    {"source-root", FLAG_TEXT, &flags.source_root, "FOLDER", 0, NULL,
     "where the names of source files start (the working directory)"},
    {"library", FLAG_LIST, &flags.libraries, "ARCHIVE", 0, NULL,
     "where to look for functions that no input defines, before the C library"},
    {"no-libc", FLAG_BOOL, &flags.no_libc, NULL, 0, NULL,
     "do not look into the C library: all it has is unknown"},
    {"symbols-only", FLAG_BOOL, &flags.symbols_only, NULL, 0, NULL,
     "look at no code: which names the inputs want from elsewhere, against the list of --allow"},
    {"allow", FLAG_TEXT, &flags.allow, "FILE", 0, NULL,
     "names that --symbols-only lets pass, a line each: SYMBOL OBJECT REASON"},
    {"max-stack", FLAG_U64, &flags.stack_max, "BYTES", 0, NULL,
     "a violation if a root can take more stack than that"},
    {"deny", FLAG_TEXT, &flags.deny, "syscall", 0, NULL, "system calls are violations too"},
    {"findings", FLAG_U64, &flags.finding_max, "N", 1000000, NULL,
     "of one class and root that are listed (5)"},
    {"strict", FLAG_BOOL, &flags.strict, NULL, 0, NULL,
     "a line of the policy that served nothing is an error"},
    {"json", FLAG_TEXT, &flags.json, "FILE", 0, NULL, "one object per line as well"},
    {"github", FLAG_BOOL, &flags.github, NULL, 0, NULL, "annotations for GitHub as well"},
};

/* A name given by --root stands for the clones of the function too; the parts of one that were
 * moved away are reached from it. */
static bool is_wanted(const function *of) {
    if (clone_is_cold(of->name)) {
        return false;
    }
    for (size_t i = 0; i < flags.roots.count; i++) {
        if (clone_fits(flags.roots.items[i].text, of->name)) {
            return true;
        }
    }
    return of->hot;
}

static int open_library(image_archive ***last, const char *path) {
    image_archive *archive = STORE_NEW(image_archive);
    int code = image_open_archive(archive, path);
    if (code == EXIT_DONE) {
        **last = archive;
        *last = &archive->next;
    }
    return code;
}

/* gcc's own libraries: helpers as __popcountdi2, and C++. */
static int open_compiler_library(image_archive ***last, const char *name) {
    glob_t found;
    int code = EXIT_DONE;
    const char *pattern = store_format("/usr/lib/gcc/x86_64-linux-gnu/*/%s", name);
    if (glob(pattern, 0, NULL, &found) == 0) {
        const char *path = found.gl_pathv[found.gl_pathc - 1];
        code = open_library(last, store_text(path, strlen(path)));
        globfree(&found);
    }
    return code;
}

static bool has_cplusplus(const graph *in) {
    for (const image *at = in->images.first; at != NULL; at = at->next) {
        for (uint32_t i = 0; i < at->symbol_count; i++) {
            const image_symbol *symbol = &at->symbols[i];
            if (symbol->section == 0 &&
                (strncmp(symbol->name, "_ZSt", 4) == 0 || strncmp(symbol->name, "_ZNSt", 5) == 0 ||
                 strncmp(symbol->name, "_ZNKSt", 6) == 0 ||
                 strncmp(symbol->name, "__cxa_", 6) == 0)) {
                return true;
            }
        }
    }
    return false;
}

/* The C library's archive: its machine code is that of the shared one, but for a few functions,
 * which the table of effects tells. */
static int open_libc(image_archive ***last, effects_use *effects) {
    const char *path = libc_archive_path();
    if (path == NULL) {
        message_note("coldheap: no libc.a here: functions of the C library are unknown");
        return EXIT_DONE;
    }
    if (!effects_use_check(path)) {
        return EXIT_DONE;
    }
    image_archive **slot = *last;
    int code = open_library(last, path);
    effects->libc = code == EXIT_DONE ? *slot : NULL;
    return code;
}

static int open_libraries(graph *in, effects_use *effects) {
    image_archive **last = &in->libraries;
    int code = EXIT_DONE;
    for (size_t i = 0; code == EXIT_DONE && i < flags.libraries.count; i++) {
        code = open_library(&last, flags.libraries.items[i].text);
    }
    if (code == EXIT_DONE && !flags.no_libc) {
        code = open_libc(&last, effects);
    }
    if (code == EXIT_DONE && !flags.no_libc) {
        code = open_compiler_library(&last, "libgcc.a");
    }
    if (code == EXIT_DONE && !flags.no_libc && has_cplusplus(in)) {
        code = open_compiler_library(&last, "libstdc++.a");
    }
    return code;
}

static int read_inputs(graph *in, const operand_list *operands) {
    int code = EXIT_DONE;
    for (size_t i = 0; code == EXIT_DONE && i < operands->count; i++) {
        code = image_read(&in->images, operands->texts[i]);
    }
    return code == EXIT_DONE ? graph_index(in) : code;
}

typedef struct tally {
    size_t of[3]; /* by verdict_kind */
    sink *json;
} tally;

static void prove_one(graph *in, function *root, verdict_rules *rules, tally *sum) {
    verdict out;
    verdict_find(&out, in, root, rules);
    sum->of[out.kind]++;
    report_text(&sink_err, &out);
    if (sum->json != NULL) {
        report_json(sum->json, &out);
    }
    if (flags.github) {
        report_github(&sink_out, &out);
    }
}

static int by_name(const void *left, const void *right) {
    const function *a = *(function *const *)left;
    const function *b = *(function *const *)right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->in->path, b->in->path);
}

/* The roots, in order of name: the same lines for the same code. */
static function **find_roots(const graph *in, size_t *count) {
    size_t position = 0;
    size_t used = 0;
    while (graph_each(in, &position) != NULL) {}
    function **roots = STORE_ARRAY(function *, position + 1);
    position = 0;
    for (function *of; (of = graph_each(in, &position)) != NULL;) {
        if (is_wanted(of)) {
            roots[used++] = of;
        }
    }
    sort_items(roots, used, sizeof *roots, by_name);
    *count = used;
    return roots;
}

static int tell_unused(const policy *in) {
    int code = EXIT_DONE;
    for (const policy_line *line = in->lines; line != NULL; line = line->next) {
        if (line->used > 0) {
            continue;
        }
        if (flags.strict) {
            code = message_error(EXIT_UNPROVEN, in->path, line->line, "the line served nothing");
        } else {
            message_note("coldheap: %s:%zu: the line served nothing", in->path, line->line);
        }
    }
    return code;
}

/* What the prover passes over and the run time does not permit. */
static void tell_permits(graph *in) {
    size_t position = 0;
    for (function *of; (of = graph_each(in, &position)) != NULL;) {
        if (of->permit && !permit_opens_scope(in, of)) {
            message_note(
                "coldheap: %s is marked CH_PERMIT_FN but opens no CH_PERMIT_SCOPE: the run "
                "time reports it",
                of->name);
        }
    }
}

static int conclude(const tally *sum, int code) {
    if (sum->of[VERDICT_UNPROVEN] > 0) {
        code = EXIT_UNPROVEN;
    }
    if (sum->of[VERDICT_VIOLATION] > 0) {
        code = EXIT_FINDING;
    }
    sink_print(&sink_err, "coldheap: %zu proven, %zu unproven, %zu violation%s (status %d)\n",
               sum->of[VERDICT_PROVEN], sum->of[VERDICT_UNPROVEN], sum->of[VERDICT_VIOLATION],
               sum->of[VERDICT_VIOLATION] == 1 ? "" : "s", code);
    return code;
}

static char json_buffer[65536];

static int prove_all(graph *in, verdict_rules *rules) {
    sink json;
    tally sum = {.json = flags.json.position != 0 ? &json : NULL};
    size_t count;
    function **roots = find_roots(in, &count);
    if (count == 0) {
        return message_error(EXIT_NOT_ARMED, "prove", 0,
                             "no function is marked CH_HOT_FN%s: nothing was checked",
                             flags.roots.count > 0 ? ", and none has a name given by --root" : "");
    }
    int code = EXIT_DONE;
    if (sum.json != NULL) {
        code = sink_file(&json, flags.json.text, json_buffer, sizeof json_buffer);
    }
    if (code != EXIT_DONE) {
        return code;
    }
    for (size_t i = 0; i < count; i++) {
        message_progress(i, count, sum.of[VERDICT_VIOLATION], roots[i]->name);
        prove_one(in, roots[i], rules, &sum);
    }
    message_progress_end();
    if (sum.json != NULL) {
        code = sink_close(&json);
    }
    tell_permits(in);
    if (code == EXIT_DONE && flags.policy.position != 0) {
        code = tell_unused(&rules->policy);
    }
    return conclude(&sum, code);
}

static int check_symbols(const graph *in) {
    sink json;
    symbols_settings settings = {.allow = flags.allow.text,
                                 .json = flags.json.position != 0 ? &json : NULL,
                                 .github = flags.github,
                                 .strict = flags.strict};
    int code = EXIT_DONE;
    if (settings.json != NULL) {
        code = sink_file(&json, flags.json.text, json_buffer, sizeof json_buffer);
    }
    if (code == EXIT_DONE) {
        code = symbols_check(in, &settings);
        int closed = settings.json != NULL ? sink_close(&json) : EXIT_DONE;
        code = code != EXIT_DONE ? code : closed;
    }
    return code;
}

static int run(const operand_list *operands) {
    graph in = {.libraries = NULL};
    verdict_rules rules = {.stack_max = flags.stack_max, .finding_max = flags.finding_max};
    int code = options_choice("deny", flags.deny, "syscall");
    source_root = flags.source_root.position != 0 ? flags.source_root.text : NULL;
    rules.deny_syscalls = flags.deny.position != 0;
    if (code == EXIT_DONE && operands->count == 0) {
        code = message_argument(EXIT_USAGE, 1, "no input: objects, archives, programs or a folder");
    }
    if (code == EXIT_DONE && flags.allow.position != 0 && !flags.symbols_only) {
        code = message_argument(EXIT_USAGE, flags.allow.position, "goes with --symbols-only");
    }
    if (code == EXIT_DONE && flags.policy.position != 0) {
        code = policy_read(&rules.policy, flags.policy.text);
    }
    if (code == EXIT_DONE) {
        code = read_inputs(&in, operands);
    }
    if (code == EXIT_DONE && flags.symbols_only) {
        code = check_symbols(&in);
    } else {
        code = code == EXIT_DONE ? open_libraries(&in, &rules.effects) : code;
        code = code == EXIT_DONE ? prove_all(&in, &rules) : code;
    }
    decode_close();
    image_close(&in.images);
    for (image_archive *at = in.libraries, *next; at != NULL; at = next) {
        next = at->next;
        image_close_archive(at);
    }
    return code;
}

const command command_prove = {
    .name = "prove",
    .summary = "show from machine code that hot functions cannot reach the heap",
    .synopsis = "coldheap prove [flags] FILE|FOLDER ...",
    .description =
        "Reads objects, archives, executables, shared libraries, or the objects in a folder, and "
        "follows every call and jump from each function marked CH_HOT_FN or named by --root. "
        "PROVEN: no allocator can be reached and nothing is unknown. VIOLATION: one can; the way "
        "there is printed. UNPROVEN: something cannot be told, and is named.",
    .examples = "  coldheap prove build/libengine.a --policy hot.policy\n"
                "  coldheap prove --root 'tick*' ./engine\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
