/* maps.c: which file an address belongs to, by reading /proc/self/maps with read(2). */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "maps.h"

#define CHUNK_BYTES 512u

typedef struct reader {
    int fd;
    size_t at;
    size_t size;
    char bytes[CHUNK_BYTES];
} reader;

/* -1 at the end. */
static int next_char(reader *r) {
    if (r->at == r->size) {
        const ssize_t got = read(r->fd, r->bytes, sizeof r->bytes);
        if (got <= 0) {
            return -1;
        }
        r->at = 0;
        r->size = (size_t)got;
    }
    return (unsigned char)r->bytes[r->at++];
}

/* Reads hexadecimal digits and the one character after them. */
static uint64_t next_hex(reader *r) {
    uint64_t value = 0;
    for (;;) {
        const int c = next_char(r);
        if (c >= '0' && c <= '9') {
            value = value << 4 | (uint64_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            value = value << 4 | (uint64_t)(c - 'a' + 10);
        } else {
            return value;
        }
    }
}

static void skip_word(reader *r) {
    int c;
    do {
        c = next_char(r);
    } while (c != ' ' && c != -1);
}

static uint64_t next_decimal(reader *r, int *stop) {
    uint64_t value = 0;
    while ((*stop = next_char(r)) >= '0' && *stop <= '9') {
        value = value * 10 + (uint64_t)(*stop - '0');
    }
    return value;
}

/* start-end perms offset device inode   path */
static bool next_line(reader *r, chi_map_line *line) {
    line->start = next_hex(r);
    line->end = next_hex(r);
    line->readable = next_char(r) == 'r';
    (void)next_char(r);
    line->executable = next_char(r) == 'x';
    skip_word(r);
    line->offset = next_hex(r);
    skip_word(r);
    int c;
    line->inode = next_decimal(r, &c);
    size_t used = 0;
    bool in_path = false;
    while (c != '\n' && (c = next_char(r)) != '\n' && c != -1) {
        in_path = in_path || c == '/' || c == '[';
        if (in_path && used < sizeof line->path - 1) {
            line->path[used++] = (char)c;
        }
    }
    line->path[used] = 0;
    return c == '\n';
}

bool chi_maps_each(bool (*visit)(void *context, const chi_map_line *line), void *context) {
    reader r = {.fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
    if (r.fd < 0) {
        return false;
    }
    chi_map_line line;
    while (next_line(&r, &line) && visit(context, &line)) {}
    close(r.fd);
    return true;
}

static int module_of(chi_places *places, const char *path) {
    for (size_t i = 0; i < places->module_count; i++) {
        if (strcmp(places->modules[i].path, path) == 0) {
            return (int)i;
        }
    }
    if (path[0] == 0 || places->module_count == CHI_MODULE_MAX) {
        return -1;
    }
    memcpy(places->modules[places->module_count].path, path, strlen(path) + 1);
    return (int)places->module_count++;
}

static bool place_in_line(void *context, const chi_map_line *line) {
    chi_places *places = (chi_places *)context;
    for (size_t i = 0; i < places->place_count; i++) {
        chi_place *place = &places->places[i];
        if (place->address >= line->start && place->address < line->end) {
            place->module = module_of(places, line->path);
            place->file_offset = place->address - line->start + line->offset;
            place->module_offset = place->file_offset;
        }
    }
    return true;
}

void chi_places_from_maps(chi_places *places) {
    (void)chi_maps_each(place_in_line, places);
}
