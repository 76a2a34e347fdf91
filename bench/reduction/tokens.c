/* tokens.c: documents in the manner of JSON are read into a tree, looked through, and thrown away:
 * an arena for each document's nodes and texts. */
#include <coldheap/arena.h>

#include <stdio.h>
#include <string.h>

#include "workload.h"

enum { DOCUMENTS = 8, DOCUMENT_BYTES = 2048, ARENA_BYTES = 128 * 1024, DEPTH_MAX = 16 };

typedef struct node {
    struct node *first; /* of an array or object */
    struct node *next;
    const char *key;
    const char *text;
    int64_t number;
    char kind; /* { [ " 0 */
} node;

static ch_arena arena;
static char documents[DOCUMENTS][DOCUMENT_BYTES];

/* ---- Documents: nested lists of people with numbers and names ----------------------------------
 */

static void write_document(char *out, uint64_t seed) {
    size_t at = 0;
    out[at++] = '[';
    while (at < DOCUMENT_BYTES - 200) {
        uint64_t r = workload_random(&seed);
        int wrote = snprintf(out + at, DOCUMENT_BYTES - at,
                             "{\"name\":\"n%x\",\"id\":%u,\"tags\":[\"%x\",\"%x\",%u],"
                             "\"place\":{\"x\":%d,\"y\":%d}},",
                             (unsigned)(r & 0xfffff), (unsigned)(r >> 44),
                             (unsigned)(r >> 20) & 0xff, (unsigned)(r >> 28), (unsigned)(r % 1000),
                             (int)(r % 77) - 38, (int)(r % 91) - 45);
        at += (size_t)wrote;
    }
    out[at - 1] = ']';
    out[at] = 0;
}

/* ---- Reader: each function moves *at behind what it read; NULL: no memory or no document -------
 */

static node *read_value(const char **at, unsigned depth);

static const char *read_text(const char **at) {
    const char *begin = *at + 1;
    const char *end = strchr(begin, '"');
    if (**at != '"' || end == NULL) {
        return NULL;
    }
    size_t length = (size_t)(end - begin);
    char *text = ch_arena_alloc(&arena, length + 1, 1);
    if (text != NULL) {
        memcpy(text, begin, length);
        text[length] = 0;
        *at = end + 1;
    }
    return text;
}

static int64_t read_number(const char **at) {
    bool negative = **at == '-';
    int64_t value = 0;
    for (*at += negative; **at >= '0' && **at <= '9'; (*at)++) {
        value = value * 10 + (**at - '0');
    }
    return negative ? -value : value;
}

/* The members of a list up to its closing bracket; objects have keys. */
static bool read_members(node *list, const char **at, unsigned depth) {
    const char close = list->kind == '{' ? '}' : ']';
    node **link = &list->first;
    for ((*at)++; **at != close;) {
        const char *key = NULL;
        if (list->kind == '{') {
            key = read_text(at);
            if (key == NULL || *(*at)++ != ':') {
                return false;
            }
        }
        *link = read_value(at, depth + 1);
        if (*link == NULL) {
            return false;
        }
        (*link)->key = key;
        link = &(*link)->next;
        *at += **at == ',';
    }
    (*at)++;
    return true;
}

static node *read_value(const char **at, unsigned depth) {
    node *value = depth < DEPTH_MAX ? CH_ARENA_NEW(&arena, node) : NULL;
    if (value == NULL) {
        return NULL;
    }
    memset(value, 0, sizeof *value);
    value->kind = **at;
    bool read = true;
    if (value->kind == '{' || value->kind == '[') {
        read = read_members(value, at, depth);
    } else if (value->kind == '"') {
        value->text = read_text(at);
        read = value->text != NULL;
    } else {
        value->kind = '0';
        value->number = read_number(at);
    }
    return read ? value : NULL;
}

static uint64_t look_through(const node *value, uint64_t hash) {
    for (; value != NULL; value = value->next) {
        hash = workload_mix(hash, (uint64_t)value->number + (uint64_t)value->kind);
        for (const char *c = value->text != NULL ? value->text : ""; *c != 0; c++) {
            hash = workload_mix(hash, (uint64_t)*c);
        }
        hash = workload_mix(hash, value->key != NULL ? (uint64_t)value->key[0] : 0);
        hash = look_through(value->first, hash);
    }
    return hash;
}

/* ---- The workload ------------------------------------------------------------------------------
 */

static size_t footprint(bool twin) {
    return twin ? 64 : ARENA_BYTES;
}

static bool init(void *memory, size_t size_bytes, const ch_allocator *heap) {
    for (size_t i = 0; i < DOCUMENTS; i++) {
        write_document(documents[i], i);
    }
    return (heap == NULL ? ch_arena_init(&arena, memory, size_bytes, NULL)
                         : ch_arena_init_twin(&arena, heap, NULL)) == CH_OK;
}

static uint64_t one_round(uint64_t number) {
    const char *at = documents[number % DOCUMENTS];
    uint64_t hash = look_through(read_value(&at, 0), 1);
    return ch_arena_reset(&arena) == CH_OK && *at == 0 ? hash : 0;
}

static void fini(void) {
    (void)ch_arena_fini(&arena);
}

const workload WORKLOAD(tokens) = {
    "tokens",  "arena", "a document of 2 KB read into a tree, looked through, thrown away",
    footprint, init,    one_round,
    fini};
