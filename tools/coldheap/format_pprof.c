/* format_pprof.c: the text form of heap profiles that google-pprof and jeprof read, as gperftools'
 * documentation has it: counts and bytes live, then [given out in all], addresses, and what was
 * mapped where. Names are found by the reader, which looks into the files. */
#include "formats.h"

#include <string.h>

static void write_row(sink *out, const record_numbers *of) {
    sink_print(out, "%6llu: %8llu [%6llu: %8llu] @", (unsigned long long)of->live_blocks,
               (unsigned long long)of->live_bytes, (unsigned long long)of->count,
               (unsigned long long)of->bytes);
}

static void write_sum(sink *out, const named_record *in, uint32_t kind) {
    sink_text(out, "heap profile: ");
    write_row(out, &in->of->kinds[kind]);
    sink_text(out, " heapprofile\n");
}

/* A file is taken as mapped in one piece from its first byte, which holds for code: linkers give it
 * the same distance in memory as in the file. */
static void write_modules(sink *out, const record *in) {
    sink_text(out, "\nMAPPED_LIBRARIES:\n");
    for (size_t i = 0; i < in->module_count; i++) {
        const record_module *of = &in->modules[i];
        if (strchr(of->path, '\n') == NULL) {
            sink_print(out, "%08llx-%08llx r-xp 00000000 00:00 0          %.600s\n",
                       (unsigned long long)of->start, (unsigned long long)of->end, of->path);
        }
    }
}

void format_pprof(sink *out, const named_record *in, const format_settings *how) {
    write_sum(out, in, how->kind);
    for (size_t i = 0; i < in->count; i++) {
        const record_site *site = in->sites[i].site;
        if (site->kind != how->kind || site->of.count == 0) {
            continue;
        }
        write_row(out, &site->of);
        for (uint32_t j = 0; j < site->frame_count; j++) {
            sink_print(out, " 0x%llx", (unsigned long long)site->frames[j]);
        }
        sink_text(out, site->frame_count == 0 ? " 0x1\n" : "\n");
    }
    write_modules(out, in->of);
}
