/* sighting.c: see sighting.h. */
#include "sighting.h"

#include "store.h"
#include "wrappers.h"

#include <coldheap/hot.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const chi_session_violation *sighting_next(const chi_session *in, size_t *position) {
    while (*position < CHI_SESSION_VIOLATIONS) {
        const chi_session_violation *row = &in->violations_by_place[(*position)++];
        if (__atomic_load_n(&row->state, __ATOMIC_ACQUIRE) == CHI_ROW_READY) {
            return row;
        }
    }
    return NULL;
}

/* ---- frames ---- */

static const resolve_frame *nameless(uint64_t address) {
    resolve_frame *made = STORE_NEW(resolve_frame);
    made->function = store_format("0x%" PRIx64, address);
    made->symbol = made->function;
    made->file = "";
    return made;
}

static size_t add_frame(sighting_frame *frames, size_t count, const resolve_frame *place,
                        const char *module, uint64_t offset) {
    if (count < SIGHTING_FRAMES_MAX) {
        frames[count++] =
            (sighting_frame){place, module, offset, *place->symbol != 0 && wrappers_has(place)};
    }
    return count;
}

/* `exact`: the address itself is meant, as that of an instruction that faulted. */
static size_t read_frame(sighting_frame *frames, size_t count, const chi_session *in,
                         const chi_session_frame *from, bool exact) {
    if (from->module == 0 || from->module > CHI_SESSION_MODULES) {
        return add_frame(frames, count, nameless(from->offset), "?", from->offset);
    }
    const chi_session_module *module = &in->modules[from->module - 1];
    const size_t id_size = module->build_id_size <= sizeof module->build_id
                               ? module->build_id_size
                               : sizeof module->build_id;
    const char *path = store_text(module->path, strnlen(module->path, sizeof module->path));
    resolve_module *names = resolve_open(path, module->build_id, id_size);
    const resolve_answer *answer =
        exact ? resolve_at(names, from->offset) : resolve_return(names, from->offset);
    if (answer->frame_count == 0) {
        return add_frame(frames, count, nameless(from->offset), base_of(path), from->offset);
    }
    for (uint32_t i = 0; i < answer->frame_count; i++) {
        count = add_frame(frames, count, &answer->frames[i], base_of(path), from->offset);
    }
    return count;
}

static size_t read_frames(sighting_frame *frames, const chi_session *in,
                          const chi_session_frame *from, uint32_t from_count, bool exact) {
    size_t count = 0;
    from_count = from_count < CHI_SESSION_FRAMES ? from_count : CHI_SESSION_FRAMES;
    for (uint32_t i = 0; i < from_count; i++) {
        count = read_frame(frames, count, in, &from[i], exact && i == 0);
    }
    return count;
}

/* ---- the call ---- */

static bool has_size(const chi_session_violation *row) {
    return row->found != CHI_FOUND_SYSCALL && row->found != CHI_FOUND_FAULT &&
           (row->op & (CH_OP_ALLOC | CH_OP_REALLOC | CH_OP_MAP)) != 0;
}

static void name_call(sighting *out) {
    const chi_session_violation *row = out->row;
    const resolve_frame *places[SIGHTING_FRAMES_MAX];
    char name[SIGHTING_CALL_BYTES / 2];
    const char *call = store_text(row->call, strnlen(row->call, sizeof row->call));
    for (size_t i = 0; i < out->frame_count; i++) {
        places[i] = out->frames[i].place;
    }
    out->site = wrappers_call_site(places, out->frame_count);
    (void)wrappers_operation(name, sizeof name, call, places, out->frame_count);
    if (row->found == CHI_FOUND_SYSCALL) {
        (void)snprintf(out->call, sizeof out->call, "system call %s (%" PRIu32 ")", call,
                       row->number);
    } else if (row->found == CHI_FOUND_FAULT) {
        (void)snprintf(out->call, sizeof out->call, "%s at 0x%" PRIx64, call, row->address);
    } else if (!has_size(row)) {
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

void sighting_read(sighting *out, const chi_session *in, const chi_session_violation *row) {
    *out = (sighting){.row = row, .section = section_of(in, row)};
    if (row->rule > 0 && row->rule <= CHI_SESSION_RULES) {
        out->rule = &in->rules[row->rule - 1];
    }
    out->frame_count =
        read_frames(out->frames, in, row->frames, row->frame_count, row->found == CHI_FOUND_FAULT);
    out->allocated_count =
        read_frames(out->allocated, in, row->allocated, row->allocated_count, false);
    name_call(out);
}
