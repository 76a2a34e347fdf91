/* budget.c: reading budgets; see budget.h. What they mean is in budget_check.c. */
#include "budget.h"

#include "amount.h"
#include "codes.h"
#include "message.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define WORDS_MAX      4u
#define NAME_BYTES_MAX 512u

typedef struct word_list {
    const char *words[WORDS_MAX + 1]; /* one more than any line may have */
    size_t count;
} word_list;

/* Where a line stands, for messages. */
typedef struct place {
    const char *file;
    size_t line;
    int position; /* of the argument; 0: it is a file */
} place;

#define REFUSE(at, ...)                                                                            \
    ((at)->position != 0 ? message_argument(EXIT_USAGE, (at)->position, __VA_ARGS__)               \
                         : message_error(EXIT_USAGE, (at)->file, (at)->line, __VA_ARGS__))

static void split(word_list *out, const char *text, size_t length) {
    out->count = 0;
    for (size_t i = 0; i < length && out->count <= WORDS_MAX;) {
        size_t start = i;
        while (i < length && text[i] != ' ' && text[i] != '\t' && text[i] != '\r') {
            i++;
        }
        if (i > start) {
            out->words[out->count++] = store_text(text + start, i - start);
        } else {
            i++;
        }
    }
}

/* The words with one blank between them, as reports name the line. */
static const char *clean_text(const word_list *in) {
    const char *text = in->words[0];
    for (size_t i = 1; i < in->count; i++) {
        text = store_format("%s %s", text, in->words[i]);
    }
    return text;
}

static int find_section_figure(const char *word) {
    static const char *const NAMES[] = {"allocs", "frees", "reallocs", "calls", "bytes"};
    for (int i = 0; i < (int)(sizeof NAMES / sizeof NAMES[0]); i++) {
        if (strcmp(word, NAMES[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static int read_kind(budget_line *to, const char *word, const place *at) {
    for (uint32_t i = 0; i < CHI_TRACK_KIND_COUNT; i++) {
        if (strcmp(word, record_kind_name(i)) == 0) {
            to->kind = i;
            return EXIT_DONE;
        }
    }
    return REFUSE(at, "no kind '%.80s': use heap, stack, pool, buffer or arena", word);
}

static int read_figure(budget_line *to, const char *word, const place *at) {
    if (to->subject == BUDGET_SECTION) {
        to->figure = find_section_figure(word);
        return to->figure >= 0 ? EXIT_DONE
                               : REFUSE(at,
                                        "no figure '%.80s' of a section: use allocs, frees, "
                                        "reallocs, calls or bytes",
                                        word);
    }
    site_figure figure = sites_figure_find(word, strlen(word));
    to->figure = (int)figure;
    return figure != FIGURE_COUNT
               ? EXIT_DONE
               : REFUSE(at,
                        "no figure '%.80s': use allocs, frees, bytes, live, blocks, peak, "
                        "largest, exhausted or growth",
                        word);
}

static int read_limit(budget_line *to, const char *word, const place *at) {
    text_error error;
    if (!amount_read(&to->limit, word, &error)) {
        return REFUSE(at, "bad limit '%.80s': %s", word, error.reason);
    }
    return EXIT_DONE;
}

/* How a line is built: its first word, what it is about, and which words follow. */
typedef struct form {
    const char *word;
    budget_subject subject;
    bool has_name;
    bool has_figure;
    site_figure figure; /* of a line that names none */
} form;

static const form FORMS[] = {
    {"section", BUDGET_SECTION, true, true, FIGURE_COUNT},
    {"total", BUDGET_TOTAL, false, true, FIGURE_COUNT},
    {"kind", BUDGET_KIND, true, true, FIGURE_COUNT},
    {"site", BUDGET_SITE, true, true, FIGURE_COUNT},
    {"peak", BUDGET_PEAK, false, false, FIGURE_PEAK},
    {"growth", BUDGET_GROWTH, false, false, FIGURE_GROWTH},
};

static const form *find_form(const char *word) {
    for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
        if (strcmp(FORMS[i].word, word) == 0) {
            return &FORMS[i];
        }
    }
    return NULL;
}

static int read_words(budget_line *to, const word_list *in, const place *at) {
    const form *of = find_form(in->words[0]);
    if (of == NULL) {
        return REFUSE(at, "'%.80s' begins no budget: use section, total, kind, site, peak, growth",
                      in->words[0]);
    }
    size_t wanted = 2u + of->has_name + of->has_figure;
    if (in->count != wanted) {
        return REFUSE(at, "write `%s%s%s LIMIT`", of->word, of->has_name ? " NAME" : "",
                      of->has_figure ? " FIGURE" : "");
    }
    to->subject = of->subject;
    to->figure = (int)of->figure;
    to->text = clean_text(in);
    size_t next = 1;
    int code = EXIT_DONE;
    if (of->has_name) {
        to->glob = in->words[next++];
        code = of->subject == BUDGET_KIND ? read_kind(to, to->glob, at) : EXIT_DONE;
    }
    if (code == EXIT_DONE && of->has_figure) {
        code = read_figure(to, in->words[next++], at);
    }
    return code == EXIT_DONE ? read_limit(to, in->words[next], at) : code;
}

static int read_line(budget *to, const char *text, size_t length, const place *at) {
    const char *comment = memchr(text, '#', length);
    length = comment != NULL ? (size_t)(comment - text) : length;
    if (length > NAME_BYTES_MAX) {
        return REFUSE(at, "the line is longer than %u characters", NAME_BYTES_MAX);
    }
    word_list words;
    split(&words, text, length);
    if (words.count == 0) {
        return EXIT_DONE;
    }
    if (to->count == BUDGET_LINES_MAX) {
        return REFUSE(at, "more than %u budgets", BUDGET_LINES_MAX);
    }
    budget_line *line = &to->lines[to->count];
    *line = (budget_line){.origin = at->file, .line = at->line};
    int code = read_words(line, &words, at);
    to->count += code == EXIT_DONE;
    return code;
}

int budget_add(budget *to, const char *text, int position) {
    const place at = {"--budget", 0, position};
    size_t before = to->count;
    int code = read_line(to, text, strlen(text), &at);
    if (code == EXIT_DONE && to->count == before) {
        code = REFUSE(&at, "an empty budget");
    }
    return code;
}

static int read_text(budget *to, const char *path, const char *text, size_t size) {
    place at = {path, 0, 0};
    int code = EXIT_DONE;
    if (memchr(text, 0, size) != NULL) {
        return message_error(EXIT_USAGE, path, 0, "not a text");
    }
    for (size_t i = 0; code == EXIT_DONE && i < size;) {
        const char *end = memchr(text + i, '\n', size - i);
        size_t length = end != NULL ? (size_t)(end - (text + i)) : size - i;
        at.line++;
        code = read_line(to, text + i, length, &at);
        i += length + 1;
    }
    return code;
}

int budget_read(budget *to, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return message_error(EXIT_USAGE, path, 0, "%s", strerror(errno));
    }
    char *text = store_alloc(FILE_BYTES_MAX, 1);
    size_t used = 0;
    ssize_t got = 1;
    while (got > 0 && used < FILE_BYTES_MAX) {
        got = read(fd, text + used, FILE_BYTES_MAX - used);
        used += got > 0 ? (size_t)got : 0;
    }
    int error = got < 0 ? errno : used == FILE_BYTES_MAX ? EFBIG : 0;
    close(fd);
    if (error != 0) {
        return message_error(EXIT_USAGE, path, 0, "%s", strerror(error));
    }
    return read_text(to, path, text, used);
}

static bool wants(const budget *of, bool section) {
    for (size_t i = 0; i < of->count; i++) {
        if ((of->lines[i].subject == BUDGET_SECTION) == section) {
            return true;
        }
    }
    return false;
}

bool budget_wants_sections(const budget *of) {
    return wants(of, true);
}

bool budget_wants_record(const budget *of) {
    return wants(of, false);
}
