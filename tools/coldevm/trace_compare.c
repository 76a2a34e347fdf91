/* trace_compare.c: hashes of trace lines, run against run; see trace_compare.h. */
#include "trace_compare.h"

#include <string.h>

#define CHUNKS_MAX (UINT64_C(1) << 27)

int trace_compare_open(trace_compare *compare) {
    memset(compare, 0, sizeof *compare);
    return pad_open(&compare->hashes, CHUNKS_MAX * sizeof(uint64_t), "trace hashes");
}

void trace_compare_close(trace_compare *compare) {
    pad_close(&compare->hashes);
}

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t hash_line(const char *line, size_t size) {
    uint64_t hash = size;
    uint64_t word = 0;
    for (; size >= sizeof word; size -= sizeof word, line += sizeof word) {
        memcpy(&word, line, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    memcpy(&word, line, size);
    return mix(mix(hash, word), size);
}

static uint64_t *chunk_hashes(trace_compare *compare) {
    return (uint64_t *)(void *)compare->hashes.bytes;
}

void trace_compare_start(trace_compare *compare, compare_phase phase) {
    compare->phase = phase;
    compare->line = 0;
    compare->chunk_hash = 0;
    if (phase == COMPARE_RECORD) {
        compare->chunk_count = 0;
        compare->full = false;
    }
    if (phase == COMPARE_VERIFY || phase == COMPARE_RECORD) {
        compare->different = false;
    } else if (phase == COMPARE_NARROW) {
        memset(compare->line_hashes, 0, sizeof compare->line_hashes);
        memset(compare->found, 0, sizeof compare->found);
    }
}

static void note_difference(trace_compare *compare, uint64_t where) {
    if (!compare->different) {
        compare->different = true;
        compare->differs = where;
    }
}

/* Called with the hash of a whole chunk, or of the lines behind the last whole one. */
static void end_chunk(trace_compare *compare, uint64_t chunk) {
    if (compare->phase == COMPARE_RECORD) {
        compare->full =
            compare->full || !pad_need(&compare->hashes, (size_t)(chunk + 1) * sizeof(uint64_t));
        if (!compare->full) {
            chunk_hashes(compare)[chunk] = compare->chunk_hash;
            compare->chunk_count = chunk + 1;
        }
    } else if (chunk >= compare->chunk_count ||
               chunk_hashes(compare)[chunk] != compare->chunk_hash) {
        note_difference(compare, chunk);
    }
    compare->chunk_hash = 0;
}

static void keep(char kept[COMPARE_LINE_BYTES], const char *line, size_t size) {
    size -= size > 0 && line[size - 1] == '\n';
    size = size < COMPARE_LINE_BYTES - 1 ? size : COMPARE_LINE_BYTES - 1;
    memcpy(kept, line, size);
    kept[size] = 0;
}

static void narrow_line(trace_compare *compare, const char *line, size_t size) {
    uint64_t first = compare->differs * COMPARE_CHUNK_LINES;
    if (compare->line >= first && compare->line < first + COMPARE_CHUNK_LINES) {
        compare->line_hashes[compare->line - first] = hash_line(line, size);
    }
}

/* `differs` is still the chunk until the line is found; then it is the line. */
static void find_line(trace_compare *compare, const char *line, size_t size) {
    uint64_t first = compare->differs * COMPARE_CHUNK_LINES;
    if (!compare->different && compare->line >= first &&
        compare->line < first + COMPARE_CHUNK_LINES &&
        compare->line_hashes[compare->line - first] != hash_line(line, size)) {
        compare->different = true;
        compare->differs = compare->line;
        keep(compare->found[1], line, size);
    }
}

void trace_compare_line(void *context, const char *line, size_t size) {
    trace_compare *compare = context;
    switch (compare->phase) {
    case COMPARE_RECORD:
    case COMPARE_VERIFY:
        compare->chunk_hash = mix(compare->chunk_hash, hash_line(line, size));
        if ((compare->line + 1) % COMPARE_CHUNK_LINES == 0) {
            end_chunk(compare, compare->line / COMPARE_CHUNK_LINES);
        }
        break;
    case COMPARE_NARROW:
        narrow_line(compare, line, size);
        break;
    case COMPARE_FIND:
        find_line(compare, line, size);
        break;
    case COMPARE_FETCH:
        if (compare->line == compare->differs) {
            keep(compare->found[0], line, size);
        }
        break;
    }
    compare->line++;
}

void trace_compare_finish(trace_compare *compare) {
    uint64_t rest = compare->line % COMPARE_CHUNK_LINES;
    uint64_t chunk = compare->line / COMPARE_CHUNK_LINES;
    if (compare->phase == COMPARE_RECORD || compare->phase == COMPARE_VERIFY) {
        if (rest > 0) {
            end_chunk(compare, chunk);
            chunk++;
        }
        if (compare->phase == COMPARE_VERIFY && chunk != compare->chunk_count) {
            note_difference(compare, chunk < compare->chunk_count ? chunk : compare->chunk_count);
        }
    } else if (compare->phase == COMPARE_NARROW) {
        compare->different = false;
    } else if (compare->phase == COMPARE_FIND && !compare->different) {
        /* The second trace ended before a line that the first has. */
        compare->different = true;
        compare->differs = compare->line;
        keep(compare->found[1], "", 0);
    }
}
