/* server.c: requests are answered one after the other: headers parsed into an arena that lives as
 * long as the request, the answer put together in a borrowed buffer. */
#include <coldheap/arena.h>
#include <coldheap/bufpool.h>

#include <stdio.h>
#include <string.h>

#include "plain.h"
#include "workload.h"

enum { REQUESTS = 16, REQUEST_BYTES = 640, ARENA_BYTES = 64 * 1024, BUFFERS = 16 };

typedef struct header {
    const char *name;
    const char *value;
    struct header *next;
} header;

static const ch_bufpool_class CLASSES[] = {{256, BUFFERS}, {1024, BUFFERS}, {4096, BUFFERS}};
static const ch_bufpool_options OPTIONS = {
    .classes = CLASSES, .class_count = 3, .keep_contents = true, .name = "answers"};

static ch_arena arena;
static ch_bufpool answers;
static char requests[REQUESTS][REQUEST_BYTES];

static void write_request(char *out, uint64_t seed) {
    size_t at = (size_t)snprintf(out, REQUEST_BYTES, "GET /item/%u HTTP/1.1\n", (unsigned)seed);
    size_t headers = 4 + workload_random(&seed) % 8;
    for (size_t i = 0; i < headers; i++) {
        uint64_t r = workload_random(&seed);
        at += (size_t)snprintf(out + at, REQUEST_BYTES - at, "Field-%zu: value %x%x\n", i,
                               (unsigned)(r & 0xffff), (unsigned)(r >> 40));
    }
}

/* The text up to `stop`, copied; *at moves behind it. */
static const char *piece(const char **at, char stop) {
    const char *end = strchr(*at, stop);
    char *text = end != NULL ? ch_arena_alloc(&arena, (size_t)(end - *at) + 1, 1) : NULL;
    if (text != NULL) {
        memcpy(text, *at, (size_t)(end - *at));
        text[end - *at] = 0;
        *at = end + 1;
    }
    return text;
}

static header *parse_headers(const char *at) {
    header *first = NULL;
    while (*at != 0) {
        header *one = CH_ARENA_NEW(&arena, header);
        if (one == NULL || (one->name = piece(&at, ':')) == NULL) {
            return NULL;
        }
        at++;
        if ((one->value = piece(&at, '\n')) == NULL) {
            return NULL;
        }
        one->next = first;
        first = one;
    }
    return first;
}

static uint64_t send(const ch_buffer *answer) {
    uint64_t hash = 1;
    for (size_t i = 0; i < answer->length; i += 7) {
        hash = workload_mix(hash, answer->data[i]);
    }
    return workload_mix(hash, answer->length);
}

static void say(ch_buffer *answer, const char *text) {
    (void)ch_buffer_write(answer, text, strlen(text));
}

static size_t tables(bool twin) {
    size_t bytes = twin ? ch_bufpool_twin_footprint(&OPTIONS) : ch_bufpool_footprint(&OPTIONS);
    return (bytes + 63) / 64 * 64;
}

static size_t footprint(bool twin) {
    return tables(twin) + (twin ? 0 : ARENA_BYTES);
}

static bool init(void *memory, size_t size_bytes, const ch_allocator *heap) {
    for (size_t i = 0; i < REQUESTS; i++) {
        write_request(requests[i], i);
    }
    uint8_t *bytes = memory;
    size_t table_bytes = tables(heap != NULL);
    if (heap != NULL) {
        return ch_bufpool_init_twin(&answers, bytes, table_bytes, &OPTIONS, heap) == CH_OK &&
               ch_arena_init_twin(&arena, heap, NULL) == CH_OK;
    }
    return ch_bufpool_init(&answers, bytes, table_bytes, &OPTIONS) == CH_OK &&
           ch_arena_init(&arena, bytes + table_bytes, size_bytes - table_bytes, NULL) == CH_OK;
}

static uint64_t one_round(uint64_t number) {
    const char *at = requests[number % REQUESTS];
    ch_arena_point start = ch_arena_mark(&arena);
    const char *line = piece(&at, '\n');
    header *headers = parse_headers(at);
    ch_buffer answer = {0};
    if (line == NULL || headers == NULL || ch_bufpool_acquire(&answers, &answer, 1024) != CH_OK) {
        return 0;
    }
    say(&answer, "HTTP/1.1 200 OK\nContent: ");
    say(&answer, line);
    for (const header *one = headers; one != NULL; one = one->next) {
        say(&answer, one->name);
        say(&answer, "=");
        say(&answer, one->value);
        say(&answer, "\n");
    }
    uint64_t hash = send(&answer);
    bool ended =
        ch_bufpool_release(&answers, &answer) == CH_OK && ch_arena_release(&arena, start) == CH_OK;
    return ended ? hash : 0;
}

static void fini(void) {
    (void)ch_bufpool_fini(&answers);
    (void)ch_arena_fini(&arena);
}

const workload WORKLOAD(server) = {
    "server", "arena, buffers", "a request parsed and answered", footprint, init, one_round, fini};
