/* session_violation.c: violations by place, in a table that all processes of the session share.
 * Frames are kept as module and offset, so that images of the same program, loaded at different
 * addresses, meet in one row, and the command can name them when the process is long gone. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "session_shared.h"
#include "state.h"
#include "unseen.h"

typedef struct frames {
    chi_session_frame frame[CHI_SESSION_FRAMES];
    uint32_t count;
} frames;

static void fill_module(chi_session_module *row, const chi_module *module) {
    const uint32_t size = module->build_id_size;
    row->build_id_size = size < sizeof row->build_id ? size : (uint32_t)sizeof row->build_id;
    memcpy(row->build_id, module->build_id, row->build_id_size);
    chi_session_copy(row->path, sizeof row->path, module->path);
    __atomic_store_n(&row->state, CHI_ROW_READY, __ATOMIC_RELEASE);
}

/* Index + 1; 0 if the table is full. */
static uint32_t module_row(const chi_module *module) {
    const uint64_t hash = chi_session_hash_text(0, module->path);
    const uint64_t key = chi_session_hash(hash, module->build_id, module->build_id_size) | 1;
    for (uint32_t i = 0; i < CHI_SESSION_MODULES; i++) {
        const uint32_t index = (uint32_t)((key + i) % CHI_SESSION_MODULES);
        chi_session_module *row = &chi_guard_session->modules[index];
        uint64_t found = 0;
        if (__atomic_compare_exchange_n(&row->key, &found, key, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            fill_module(row, module);
            return index + 1;
        }
        if (found == key) {
            return index + 1;
        }
    }
    __atomic_fetch_add(&chi_guard_session->modules_dropped, 1, __ATOMIC_RELAXED);
    return 0;
}

/* Where `address` is, if it is among the places. */
static chi_session_frame frame_of(const chi_places *places, size_t index, const void *address) {
    chi_session_frame frame = {.offset = (uint64_t)(uintptr_t)address};
    if (places == NULL || index >= places->place_count || places->places[index].module < 0) {
        return frame;
    }
    const chi_place *place = &places->places[index];
    frame.module = module_row(&places->modules[place->module]);
    if (frame.module != 0) {
        frame.offset = place->module_offset + 1;
    }
    return frame;
}

static void locate(frames *f, const chi_places *places, const void *const *addresses,
                   size_t count) {
    memset(f, 0, sizeof *f);
    f->count = (uint32_t)(count < CHI_SESSION_FRAMES ? count : CHI_SESSION_FRAMES);
    for (uint32_t i = 0; i < f->count; i++) {
        f->frame[i] = frame_of(places, i, addresses[i]);
    }
}

static uint64_t violation_key(const chi_session_details *details, const frames *f) {
    const uint32_t head[] = {details->section, details->violation->op, details->found,
                             details->number};
    uint64_t key = chi_session_hash(0, head, sizeof head);
    key = chi_session_hash(key, f->frame, f->count * sizeof f->frame[0]);
    return key | 1;
}

static void fill_allocated(chi_session_violation *row, const chi_session_details *details) {
    if (details->allocated_count == 0) {
        return;
    }
    frames f;
    chi_places *places = chi_places_locate(details->allocated, details->allocated_count);
    locate(&f, places, details->allocated, details->allocated_count);
    if (places != NULL) {
        chi_places_done(places);
    }
    row->allocated_count = f.count;
    memcpy(row->allocated, f.frame, sizeof f.frame);
}

static void fill(chi_session_violation *row, const chi_session_details *details, const frames *f) {
    const ch_violation *violation = details->violation;
    row->found = details->found;
    row->section = details->section;
    row->op = violation->op;
    row->process = (int)getpid();
    row->thread = violation->thread;
    row->depth = violation->depth;
    row->frame_count = f->count;
    row->size_bytes = violation->size_bytes;
    row->align = violation->align;
    row->address = (uint64_t)(uintptr_t)violation->pointer;
    row->sealed_ns = violation->sealed_ns;
    row->number = details->number;
    row->rule = details->rule;
    chi_session_copy(row->call, sizeof row->call, violation->call);
    char name[sizeof row->thread_name + 1] = "";
    (void)prctl(PR_GET_NAME, name);
    chi_session_copy(row->thread_name, sizeof row->thread_name, name);
    memcpy(row->frames, f->frame, sizeof f->frame);
    fill_allocated(row, details);
    __atomic_store_n(&row->state, CHI_ROW_READY, __ATOMIC_RELEASE);
}

uint32_t chi_session_violation_row(const chi_session_details *details, const chi_places *places) {
    if (chi_guard_session == NULL) {
        return 0;
    }
    CHI_UNSEEN;
    frames f;
    locate(&f, places, details->violation->frames, details->violation->frame_count);
    const uint64_t key = violation_key(details, &f);
    for (uint32_t i = 0; i < CHI_SESSION_VIOLATIONS; i++) {
        const uint32_t index = (uint32_t)((key + i) % CHI_SESSION_VIOLATIONS);
        chi_session_violation *row = &chi_guard_session->violations_by_place[index];
        uint64_t found = 0;
        if (__atomic_compare_exchange_n(&row->key, &found, key, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            fill(row, details, &f);
            return index + 1;
        }
        if (found == key) {
            return index + 1;
        }
    }
    return 0;
}

void chi_session_violation_add(uint32_t index_plus_1) {
    chi_session *session = chi_guard_session;
    if (session == NULL) {
        return;
    }
    __atomic_fetch_add(&session->violations, 1, __ATOMIC_RELAXED);
    if (index_plus_1 == 0) {
        __atomic_fetch_add(&session->unplaced, 1, __ATOMIC_RELAXED);
    } else {
        __atomic_fetch_add(&session->violations_by_place[index_plus_1 - 1].count, 1,
                           __ATOMIC_RELAXED);
    }
    chi_session_image *image = chi_session_image_mine();
    if (image != NULL) {
        __atomic_fetch_add(&image->violations, 1, __ATOMIC_RELAXED);
    }
}
