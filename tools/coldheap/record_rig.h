/* record_rig.h: records built by hand, as the tracker lays them out, for the tests and the fuzz
 * target of everything that reads them. */
#ifndef COLDHEAP_TOOL_RECORD_RIG_H
#define COLDHEAP_TOOL_RECORD_RIG_H

#include "guard/track_record.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define RIG_SITES   16u
#define RIG_TABLES  4u
#define RIG_FRAMES  8u
#define RIG_MODULES 4u

typedef struct rig_site {
    chi_track_site_row row;
    uint64_t frames[RIG_FRAMES];
} rig_site;

/* Counters are followed by lifetimes in each row if the record has them; the rig keeps room for
 * both and says so in the header. */
typedef struct rig_row {
    chi_track_counters of;
    chi_track_lifetimes life;
} rig_row;

typedef struct rig_table {
    rig_row rows[RIG_SITES];
    chi_track_tail tail;
} rig_table;

typedef struct rig {
    chi_track_record header;
    chi_track_module modules[RIG_MODULES];
    rig_site sites[RIG_SITES];
    rig_table tables[RIG_TABLES];
} rig;

static inline void rig_begin(rig *out) {
    memset(out, 0, sizeof *out);
    out->header = (chi_track_record){
        .magic = CHI_TRACK_MAGIC,
        .version = CHI_TRACK_VERSION,
        .bytes = sizeof(chi_track_record),
        .process = 4711,
        .ended = 1,
        .depth = RIG_FRAMES,
        .frames_max = RIG_FRAMES,
        .sites_max = RIG_SITES,
        .site_count = CHI_TRACK_SITE_FIRST,
        .tables = 2,
        .counter_bytes = sizeof(rig_row),
        .lifetimes = 1,
        .modules_offset = offsetof(rig, modules),
        .sites_offset = offsetof(rig, sites),
        .site_bytes = sizeof(rig_site),
        .tables_offset = offsetof(rig, tables),
        .table_bytes = sizeof(rig_table),
        .tail_offset = offsetof(rig_table, tail),
        .file_bytes = sizeof(rig),
        .start_ns = 1000,
        .end_ns = 2001000,
        .peak_stamp = 1,
    };
    memcpy(out->header.command, "./engine\0--replay\0day1.bin",
           sizeof "./engine --replay day1.bin");
}

static inline void rig_module(rig *out, const char *path, uint64_t start, uint64_t end) {
    chi_track_module *module = &out->modules[out->header.module_count++];
    *module = (chi_track_module){.state = 2, .start = start, .end = end, .bias = start};
    (void)snprintf(module->path, sizeof module->path, "%s", path);
}

/* A site with `count` frames; returns its row. */
static inline uint32_t rig_site_add(rig *out, uint32_t kind, const uint64_t *frames,
                                    uint32_t count) {
    uint32_t index = out->header.site_count++;
    out->sites[index].row =
        (chi_track_site_row){.key = index, .state = 2, .kind = kind, .frame_count = count};
    memcpy(out->sites[index].frames, frames, sizeof *frames * count);
    return index;
}

/* `count` blocks of `size` bytes from a site, of which `frees` are given back, in one table. */
static inline void rig_blocks(rig *out, uint32_t table, uint32_t site, uint64_t count,
                              uint64_t frees, uint64_t size) {
    chi_track_counters *of = &out->tables[table].rows[site].of;
    of->count += count;
    of->frees += frees;
    of->bytes += count * size;
    of->freed_bytes += frees * size;
    if (of->bytes > of->freed_bytes && of->bytes - of->freed_bytes > of->peak_bytes) {
        of->peak_bytes = of->bytes - of->freed_bytes;
    }
    if (count > 0 && size > of->largest_bytes) {
        of->largest_bytes = size;
    }
}

#endif
