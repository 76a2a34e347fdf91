/** track_record.h: what the tracker of one process image writes, and everything that reads it
 * (`track`, `convert`, `diff`, `top`, budgets) reads: a file mapped shared, so that it survives
 * _exit and SIGKILL and can be read while the program runs.
 *
 *    header | modules | sites (row + frames) | counters: table 0 (shared, atomic), 1, 2, ... per
 * thread
 *
 *  The one idea: a site is a row that is written once; its numbers lie in the tables of the
 * threads, at the same index, each written by one thread alone. A reader adds the tables up. A free
 * is booked by the thread that frees, on the site that allocated: so single tables may go below 0,
 * sums never do. The file is sparse: a table costs only the pages that its thread touched. Offsets
 * are from the start of the file; fixed widths; same machine's byte order. */
#ifndef CH_GUARD_TRACK_RECORD_H
#define CH_GUARD_TRACK_RECORD_H

#include <stdint.h>

#define CHI_TRACK_MAGIC   UINT64_C(0x316b636172746863) /* "chtrack1" */
#define CHI_TRACK_VERSION 1u

#define CHI_TRACK_SITES_DEFAULT 16384u
#define CHI_TRACK_SITES_MAX     (1u << 20)
#define CHI_TRACK_TABLES        1024u /* table 0 is shared by threads that found no other */
#define CHI_TRACK_MODULES       1024u
#define CHI_TRACK_FRAMES_MAX    32u
#define CHI_TRACK_COMMAND_BYTES 4096u
#define CHI_TRACK_PATH_BYTES    512u
#define CHI_TRACK_KIND_COUNT    5u /* CH_TRACK_HEAP ... CH_TRACK_ARENA */
#define CHI_TRACK_MARKS         64u

/** Site 0 is the overflow row: what found no row of its own; site 1 is for blocks from before
 * arming. */
#define CHI_TRACK_SITE_OVERFLOW     0u
#define CHI_TRACK_SITE_UNATTRIBUTED 1u
#define CHI_TRACK_SITE_FIRST        2u

/** What kinds of memory gave back in bulk (an arena's or pool's reset names no object) is booked on
 * a row of the kind with no frames: its frees exceed its blocks, and the sums of the kind are
 * right, while the blocks stay with their sites until their addresses are given out again. */

typedef struct chi_track_module {
    uint32_t state; /* 2: ready */
    uint32_t build_id_size;
    uint64_t start; /* mapped addresses */
    uint64_t end;
    uint64_t bias; /* address - bias = ELF address */
    uint8_t build_id[32];
    char path[CHI_TRACK_PATH_BYTES];
} chi_track_module;

/** One site: kind and return addresses, the call site first (with wrappers such as operator new
 * before it, as the program stacked them: so there may be more than `depth`); followed by
 * `frames_max` addresses of 8 bytes. */
typedef struct chi_track_site_row {
    uint64_t key;   /* hash of kind and frames; 0: free */
    uint32_t state; /* 2: ready */
    uint32_t kind;  /* CH_TRACK_HEAP ... */
    uint32_t frame_count;
    uint32_t call; /* how it was first asked for: chi_guard_call_name; notes: 0 */
} chi_track_site_row;

/** Numbers of one site in one thread. Bytes are as requested. */
typedef struct chi_track_counters {
    uint64_t count; /* blocks given out */
    uint64_t frees; /* of those, by this thread, whoever took them */
    uint64_t bytes;
    uint64_t freed_bytes;
    uint64_t peak_bytes; /* most of bytes - freed_bytes that this thread saw; an exact peak of the
                            site lies in table 0 if the header says so */
    uint64_t largest_bytes;
    uint64_t exhausted;  /* requests that found no room */
    uint64_t mark_bytes; /* live bytes at the last mark (ch_track_mark, seal) */
    uint64_t mark_blocks;
} chi_track_counters;

/** What one table's thread did, by no site: lies behind the rows of each table. */
typedef struct chi_track_tail {
    uint64_t live_bytes;      /* given out less taken back, by this thread: may wrap below 0 */
    uint64_t published_bytes; /* of these, the part that the header's live_bytes has */
    uint64_t high_bytes;      /* most of live_bytes since the last time it published */
    uint64_t reallocs;
    uint64_t frees_unattributed; /* one block and one free of site 1 each */
    uint64_t sites_dropped;      /* calls booked on site 0 */
    uint64_t blocks_dropped;     /* address table full: booked as given back at once */
    uint64_t unused;
} chi_track_tail;

/** With lifetimes, follows the counters of each row: what DHAT calls tl, mb, mbk, gb, gbk. */
typedef struct chi_track_lifetimes {
    uint64_t life_ns;    /* sum over freed blocks */
    uint64_t most_bytes; /* at the site's own peak */
    uint64_t most_blocks;
    uint64_t global_bytes; /* at the peak of the process */
    uint64_t global_blocks;
    uint64_t global_stamp; /* number of the peak that the two belong to */
} chi_track_lifetimes;

typedef struct chi_track_mark_row {
    uint64_t at_ns;
    char name[56];
} chi_track_mark_row;

typedef struct chi_track_record {
    uint64_t magic;
    uint32_t version;
    uint32_t bytes; /* of this struct */
    int32_t process;
    uint32_t ended;      /* the process came to its end in good order */
    uint32_t depth;      /* frames that make a site */
    uint32_t frames_max; /* room per site */
    uint32_t sites_max;
    uint32_t site_count;    /* rows taken, with 0 and 1 */
    uint32_t tables;        /* taken, with table 0 */
    uint32_t counter_bytes; /* of one row in a table: counters, with lifetimes if asked */
    uint32_t exact_peak;
    uint32_t lifetimes;
    uint32_t module_count;
    uint32_t mark_count;
    uint64_t sample_bytes;  /* 0: every call */
    uint64_t sites_dropped; /* calls booked on the overflow row; this and the two below are sums of
                               the tails, brought up to date at marks and at the end */
    uint64_t modules_offset;
    uint64_t sites_offset;
    uint64_t site_bytes; /* row and frames */
    uint64_t tables_offset;
    uint64_t table_bytes; /* counter_bytes for each site, then the tail */
    uint64_t file_bytes;
    uint64_t start_ns;   /* CLOCK_MONOTONIC */
    uint64_t end_ns;     /* of the process, or the last time somebody looked; 0: not known */
    uint64_t live_bytes; /* of the process's heap, published every 64 KiB by each thread */
    uint64_t peak_bytes; /* of the process, exact to 64 KiB per thread */
    uint64_t peak_ns;
    uint64_t reallocs;           /* each booked as one free and one allocation */
    uint64_t frees_unattributed; /* of blocks from before arming */
    chi_track_mark_row marks[CHI_TRACK_MARKS];
    char command[CHI_TRACK_COMMAND_BYTES]; /* arguments, each ended by 0 */
    uint64_t peak_stamp; /* lifetimes: number of the last peak of the process, counted from 1; a row
                            whose global_stamp is older has not changed since then */
    uint64_t tail_offset; /* in each table */
    uint64_t blocks_dropped;
    uint32_t tables_max; /* room in the file */
    uint32_t unused;
} chi_track_record;

#endif
