/* sighting.c: see sighting.h. */
#include "sighting.h"

#include "store.h"

#include <coldheap/hot.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const chi_session_violation *sighting_next(const chi_session *in, size_t *position) {
    while (*position < CHI_SESSION_VIOLATIONS) {
        const chi_session_violation *row = &in->violations_by_place[(*position)++];
        if (__atomic_load_n(&row->state, __ATOMIC_ACQUIRE) == CHI_ROW_READY && row->count > 0) {
            return row;
        }
    }
    return NULL;
}

/* ---- frames ---- */

static backtrace_address address_of(const chi_session *in, const chi_session_frame *from) {
    if (from->module == 0 || from->module > CHI_SESSION_MODULES) {
        return (backtrace_address){.offset = from->offset};
    }
    const chi_session_module *module = &in->modules[from->module - 1];
    const size_t id_size = module->build_id_size <= sizeof module->build_id
                               ? module->build_id_size
                               : sizeof module->build_id;
    const char *path = store_text(module->path, strnlen(module->path, sizeof module->path));
    return (backtrace_address){.module = resolve_open(path, module->build_id, id_size),
                               .offset = from->offset};
}

static backtrace read_frames(const chi_session *in, const chi_session_frame *from, uint32_t count) {
    backtrace_address addresses[CHI_SESSION_FRAMES];
    count = count < CHI_SESSION_FRAMES ? count : CHI_SESSION_FRAMES;
    for (uint32_t i = 0; i < count; i++) {
        addresses[i] = address_of(in, &from[i]);
    }
    return backtrace_make(addresses, count);
}

/* ---- the call ---- */

static bool has_size(const chi_session_violation *row) {
    return (row->op & (CH_OP_ALLOC | CH_OP_REALLOC | CH_OP_MAP)) != 0;
}

static void name_call(sighting *out) {
    const chi_session_violation *row = out->row;
    char name[SIGHTING_CALL_BYTES / 2];
    const char *call = store_text(row->call, strnlen(row->call, sizeof row->call));
    if (row->found == CHI_FOUND_SYSCALL) {
        (void)snprintf(out->call, sizeof out->call, "system call %s (%" PRIu32 ")", call,
                       row->number);
        return;
    }
    if (row->found == CHI_FOUND_FAULT) {
        (void)snprintf(out->call, sizeof out->call, "%s at 0x%" PRIx64, call, row->address);
        return;
    }
    (void)backtrace_operation(name, sizeof name, call, &out->trace);
    if (!has_size(row)) {
        (void)snprintf(out->call, sizeof out->call, "%s", name);
    } else if (strncmp(name, "operator ", 9) == 0) {
        (void)snprintf(out->call, sizeof out->call, "%s(%" PRIu64 ")", name, row->size_bytes);
    } else {
        (void)snprintf(out->call, sizeof out->call, "%s %" PRIu64 " B", name, row->size_bytes);
    }
}

static const chi_session_section *section_of(const chi_session *in,
                                             const chi_session_violation *row) {
    if (row->section == 0 || row->section > CHI_SESSION_SECTIONS) {
        return NULL;
    }
    const chi_session_section *section = &in->sections[row->section - 1];
    return __atomic_load_n(&section->state, __ATOMIC_ACQUIRE) == CHI_ROW_READY ? section : NULL;
}

/* What is outside main is the same in every program. */
static void cut_behind_main(backtrace *of) {
    for (size_t i = 0; i < of->count; i++) {
        if (strcmp(of->lines[i].frame->symbol, "main") == 0) {
            of->count = i + 1;
        }
    }
}

void sighting_read(sighting *out, const chi_session *in, const chi_session_violation *row) {
    *out = (sighting){.row = row, .section = section_of(in, row)};
    if (row->rule > 0 && row->rule <= CHI_SESSION_RULES) {
        out->rule = &in->rules[row->rule - 1];
    }
    out->trace = read_frames(in, row->frames, row->frame_count);
    out->allocated = read_frames(in, row->allocated, row->allocated_count);
    name_call(out);
    cut_behind_main(&out->trace);
    cut_behind_main(&out->allocated);
}
