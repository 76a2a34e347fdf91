/* record.h: one tracker's record (src/guard/track_record.h) as the commands use it: the tables of
 * all threads added up per site, per kind and for the process.
 *
 *    file --checked, copied--> header, modules, sites --tables added--> numbers
 *
 * The file is read, not mapped: what was checked cannot change afterwards, and a file that shrinks
 * is a short read, not a signal. It may belong to a running process: a copy is then a moment's, and
 * numbers that passed each other on the way are held at 0. Bytes are untrusted: what does not fit
 * ends the reading with a message and EXIT_NOT_ARMED. Everything lives in the store. */
#ifndef COLDHEAP_TOOL_RECORD_H
#define COLDHEAP_TOOL_RECORD_H

#include "guard/track_record.h"

#include <coldheap/base.h>

/* Where the bytes come from: a file, or memory if fd is -1. */
typedef struct record_source {
    const char *name;
    const uint8_t *bytes;
    uint64_t size;
    int fd;
} record_source;

typedef struct record_module {
    uint64_t start; /* mapped addresses */
    uint64_t end;
    uint64_t bias; /* address - bias = ELF address */
    const char *path;
    const uint8_t *build_id;
    size_t build_id_size; /* 0: none */
} record_module;

/* Numbers of one site, one kind or all; bytes are as requested. */
typedef struct record_numbers {
    uint64_t count; /* blocks given out */
    uint64_t frees;
    uint64_t bytes;
    uint64_t live_bytes;
    uint64_t live_blocks;
    uint64_t peak_bytes;
    uint64_t largest_bytes;
    uint64_t exhausted;
    uint64_t growth_bytes; /* of sites that grew since the last mark */
    uint64_t growth_blocks;
    bool peak_is_bound; /* the true peak is at most that */
} record_numbers;

/* What lifetimes add; DHAT's fields. */
typedef struct record_life {
    uint64_t life_ns;
    uint64_t most_bytes;
    uint64_t most_blocks;
    uint64_t global_bytes;
    uint64_t global_blocks;
} record_life;

typedef struct record_site {
    const uint64_t *frames; /* return addresses, the innermost first */
    uint32_t frame_count;
    uint32_t index; /* in the file; CHI_TRACK_SITE_OVERFLOW, CHI_TRACK_SITE_UNATTRIBUTED */
    uint32_t kind;
    uint32_t call; /* chi_guard_call_name */
    record_numbers of;
    record_life life;
} record_site;

typedef struct record {
    const char *name; /* of the file */
    chi_track_record header;
    const char *command;
    record_module *modules;
    size_t module_count;
    record_site *sites; /* in the order of the file */
    size_t site_count;
    size_t table_count; /* that were used */
    record_numbers kinds[CHI_TRACK_KIND_COUNT];
    record_numbers process; /* the heap alone: kinds are never mixed */
} record;

/* record_read reads a record, record_open the one in the file `path`. Both return an exit code,
 * having said what is wrong if it is not EXIT_DONE. */
int record_read(record *out, const record_source *from);
int record_open(record *out, const char *path);

/* record_module_at finds the module that `address` lay in; NULL if none is known. */
const record_module *record_module_at(const record *in, uint64_t address);

const char *record_kind_name(uint32_t kind);

/* record_is_real: a place in the program, not one of the two rows that stand for others. */
bool record_is_real(const record_site *site);

/* record_is_marked: growth is known, because the program or the seal set a mark. */
bool record_is_marked(const record *in);

/* Shared by the files of this room. */

/* record_copy copies `size` bytes; false if the source ends before, or cannot be read. */
bool record_copy(const record_source *from, uint64_t offset, void *target, size_t size);

/* A reader of rows: called with each row's number and bytes. */
typedef bool (*record_row_function)(void *context, uint64_t row, const uint8_t *bytes);

/* record_rows hands on `count` rows of `row_bytes` each from `offset`, without those that lie
 * wholly in a hole of the file. False if a read failed or `take` said so. */
bool record_rows(const record_source *from, uint64_t offset, uint64_t row_bytes, uint64_t count,
                 record_row_function take, void *context);

/* record_sum fills the numbers of sites, kinds and process from the tables. */
int record_sum(record *out, const record_source *from);

#endif
