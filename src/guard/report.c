/* report.c: a violation in words.
 *
 *   coldheap: VIOLATION malloc 64 B in hot section "tick" (engine.c:21, step), depth 1, thread 294
 * "w" #0 0x55d0c3a1f2b4 normalize_key+0x14 (engine+0x12b4) engine: build id 3c0f...
 *
 * Symbols are those of the ELF files; with build id and offset, anything finer can be found later,
 * outside of the process. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "place.h"
#include "state.h"
#include "text.h"

#define THREAD_NAME_BYTES 16

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void add_op(chi_text *text, const ch_violation *violation) {
    if (violation->op == CH_OP_SYSCALL) {
        chi_text_add(text, "system call ");
        chi_text_add(text, violation->call);
        return;
    }
    chi_text_add(text, violation->call);
    if (violation->op == CH_OP_FAULT) {
        chi_text_add(text, " at ");
        chi_text_add_hex(text, (uint64_t)(uintptr_t)violation->pointer);
        return;
    }
    if (violation->op == CH_OP_FREE) {
        chi_text_add(text, " of ");
        chi_text_add_hex(text, (uint64_t)(uintptr_t)violation->pointer);
        return;
    }
    chi_text_add(text, " ");
    if (violation->size_bytes == SIZE_MAX) {
        chi_text_add(text, "(more than there are addresses)");
    } else {
        chi_text_add_number(text, violation->size_bytes);
        chi_text_add(text, " B");
    }
    if (violation->align != 0) {
        chi_text_add(text, " aligned ");
        chi_text_add_number(text, violation->align);
    }
    if (violation->op == CH_OP_REALLOC) {
        chi_text_add(text, " from ");
        chi_text_add_hex(text, (uint64_t)(uintptr_t)violation->pointer);
    }
}

static void add_mark(chi_text *text, const char *name, const char *file, uint32_t line,
                     const char *func) {
    chi_text_add(text, " in hot section \"");
    chi_text_add(text, name);
    chi_text_add(text, "\"");
    if (file != NULL) {
        chi_text_add(text, " (");
        chi_text_add(text, file);
        chi_text_add(text, ":");
        chi_text_add_number(text, line);
        chi_text_add(text, ", ");
        chi_text_add(text, func);
        chi_text_add(text, ")");
    }
}

static void add_section(chi_text *text, const ch_violation *violation) {
    if (violation->sealed_ns != 0) {
        chi_text_add(text, " in section \"");
        chi_text_add(text, violation->section);
        chi_text_add(text, "\", ");
        chi_text_add_seconds(text, violation->sealed_ns);
        chi_text_add(text, " after sealing");
    } else {
        add_mark(text, violation->section, violation->file, violation->line, violation->func);
        chi_text_add(text, ", depth ");
        chi_text_add_number(text, violation->depth);
        if (violation->depth > CHI_RECORD_MAX) {
            chi_text_add(text, " (names are kept for 64)");
        }
    }
}

static void add_thread(chi_text *text, int thread) {
    char name[THREAD_NAME_BYTES + 1] = "";
    (void)prctl(PR_GET_NAME, name);
    chi_text_add(text, ", thread ");
    chi_text_add_number(text, (uint64_t)(unsigned)thread);
    chi_text_add(text, " \"");
    chi_text_add(text, name);
    chi_text_add(text, "\"");
}

static void add_place(chi_text *text, const chi_places *places, size_t index) {
    const chi_place *place = &places->places[index];
    if (place->has_symbol) {
        chi_text_add(text, " ");
        chi_text_add(text, place->symbol);
        chi_text_add(text, "+");
        chi_text_add_hex(text, place->symbol_offset + 1);
    }
    if (place->module >= 0) {
        chi_text_add(text, " (");
        chi_text_add(text, base_name(places->modules[place->module].path));
        chi_text_add(text, "+");
        chi_text_add_hex(text, place->module_offset + 1);
        chi_text_add(text, ")");
    }
}

static void print_modules(chi_text *text, const chi_places *places) {
    for (size_t i = 0; i < places->module_count; i++) {
        const chi_module *module = &places->modules[i];
        if (module->build_id_size == 0) {
            continue;
        }
        chi_text_add(text, "    ");
        chi_text_add(text, module->path);
        chi_text_add(text, ": build id ");
        for (uint32_t b = 0; b < module->build_id_size; b++) {
            static const char digits[] = "0123456789abcdef";
            const char pair[3] = {digits[module->build_id[b] >> 4],
                                  digits[module->build_id[b] & 15], 0};
            chi_text_add(text, pair);
        }
        chi_text_end_line(text);
    }
}

static void print_frames(chi_text *text, const void *const *frames, size_t count) {
    chi_places *places = chi_places_find(frames, count);
    for (size_t i = 0; i < count; i++) {
        chi_text_add(text, "    #");
        chi_text_add_number(text, i);
        chi_text_add(text, " ");
        chi_text_add_hex(text, (uint64_t)(uintptr_t)frames[i]);
        if (places != NULL) {
            add_place(text, places, i);
        }
        chi_text_end_line(text);
    }
    if (places != NULL) {
        print_modules(text, places);
        chi_places_done(places);
    }
}

void chi_guard_report(const ch_violation *violation) {
    chi_text text = {.fd = chi_guard_settings.report_fd};
    chi_text_add(&text, "coldheap: VIOLATION ");
    add_op(&text, violation);
    add_section(&text, violation);
    add_thread(&text, violation->thread);
    chi_text_end_line(&text);
    const size_t depth = chi_guard_settings.config.depth;
    print_frames(&text, violation->frames,
                 violation->frame_count < depth ? violation->frame_count : depth);
}

static bool is_mapped(const void *address) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char resident;
    return mincore((void *)((uintptr_t)address / page * page), 1, &resident) == 0;
}

/* The mark of a place, if the library that it was in is still loaded. */
static const ch_hot_mark *mark_of(const chi_guard_site *site) {
    const ch_hot_mark *mark = (const ch_hot_mark *)site->section;
    const bool whole = !site->sealed && mark != NULL && is_mapped(mark) && is_mapped(mark->name) &&
                       is_mapped(mark->file) && is_mapped(mark->func);
    return whole ? mark : NULL;
}

static void print_site(chi_text *text, const chi_guard_site *site) {
    const chi_guard_call_name name = (chi_guard_call_name)(site->call - 1);
    const ch_hot_mark *mark = mark_of(site);
    chi_text_add(text, "coldheap: x");
    chi_text_add_number(text, site->count);
    chi_text_add(text, " ");
    chi_text_add(text, chi_guard_call_text(name));
    if (site->sealed) {
        chi_text_add(text, site->sealed == CHI_SITE_FUNCTION ? " in section \"fn:"
                                                             : " in section \"seal:");
        chi_text_add(text, (const char *)site->section);
        chi_text_add(text, "\"");
    } else {
        add_mark(text, mark != NULL ? mark->name : NULL, mark != NULL ? mark->file : NULL,
                 mark != NULL ? mark->line : 0, mark != NULL ? mark->func : NULL);
    }
    chi_text_add(text, " from ");
    chi_text_add_hex(text, (uint64_t)(uintptr_t)site->caller);
    const void *const caller = site->caller;
    chi_places *places = chi_places_find(&caller, 1);
    if (places != NULL) {
        add_place(text, places, 0);
        chi_places_done(places);
    }
    chi_text_end_line(text);
}

CHI_EXPORT void chi_guard_print_summary(int fd) {
    if (chi_guard_violations() == 0) {
        return;
    }
    CHI_HOOK_SCOPE;
    chi_text text = {.fd = fd};
    uint64_t site_count = 0;
    for (size_t i = 0; i < CHI_SITE_MAX; i++) {
        const chi_guard_site *site = chi_guard_ledger_site(i);
        if (site != NULL) {
            print_site(&text, site);
            site_count++;
        }
    }
    chi_text_add(&text, "coldheap: FAIL violations=");
    chi_text_add_number(&text, chi_guard_violations());
    chi_text_add(&text, " sites=");
    chi_text_add_number(&text, site_count);
    chi_text_add(&text, " unplaced=");
    chi_text_add_number(&text, chi_guard_ledger_unplaced());
    chi_text_end_line(&text);
}

void chi_guard_say(const char *first, const char *second, const char *third) {
    chi_text text = {.fd = chi_guard_settings.report_fd};
    chi_text_add(&text, "coldheap: ");
    chi_text_add(&text, first);
    chi_text_add(&text, second);
    chi_text_add(&text, third);
    chi_text_end_line(&text);
}
