/* sites.h: the sites of a record as people know them: functions, files, lines. The call site is the
 * first frame that is no wrapper (operator new, strdup, xmalloc). */
#ifndef COLDHEAP_TOOL_SITES_H
#define COLDHEAP_TOOL_SITES_H

#include "backtrace.h"
#include "record.h"

typedef struct named_site {
    const record_site *site;
    backtrace trace;      /* no lines: one of the rows that stand for others */
    const char *function; /* of the call site, never NULL: "?" if it has no name */
    const char *symbol;   /* as the linker knows it */
    const char *file;     /* below the working folder: relative; empty if not known */
    const char *key_file; /* last part of file, or of the module: what builds agree on */
    uint32_t line;
    const char *operation; /* "malloc", "operator new"; empty if not known */
} named_site;

/* Sites with a number, in the order of the file. */
typedef struct named_record {
    const record *of;
    named_site *sites;
    size_t count;
} named_record;

/* sites_name resolves all sites, sites_name_one one of them; everything lives in the store. */
void sites_name(named_record *out, const record *in);
void sites_name_one(named_site *out, const record *in, const record_site *site);

/* sites_place writes "parse_config (config.c:88)", or "tick (engine+0x12b4)". */
void sites_place(char *text, size_t size, const named_site *of);

/* The figures that sites are compared and sorted by. */
typedef enum site_figure {
    FIGURE_ALLOCS,
    FIGURE_FREES,
    FIGURE_BYTES,
    FIGURE_LIVE,
    FIGURE_BLOCKS, /* live ones */
    FIGURE_PEAK,
    FIGURE_LARGEST,
    FIGURE_EXHAUSTED,
    FIGURE_GROWTH,
    FIGURE_COUNT
} site_figure;

/* sites_figure_find knows a figure by its word ("allocs"); FIGURE_COUNT: there is none. */
site_figure sites_figure_find(const char *word, size_t length);
const char *sites_figure_name(site_figure of);
bool sites_figure_is_bytes(site_figure of);
uint64_t sites_figure(const record_numbers *in, site_figure of);

/* sites_sort gives the sites by a figure, the largest first, then by name; only
 * those that have any of it. *count is how many. */
const named_site **sites_sort(const named_record *in, site_figure by, size_t *count);

#endif
