/* outcome_marks.c: the scopes that a program has and a run never entered; see outcome.h. */
#include "codes.h"
#include "marks.h"
#include "outcome.h"
#include "store.h"

#include <string.h>

static bool is_row_of(const chi_session_section *row, const mark *of) {
    return row->line == of->line && strncmp(row->name, of->name, sizeof row->name - 1) == 0 &&
           strncmp(row->file, of->file, sizeof row->file - 1) == 0;
}

static bool is_known(const chi_session *in, const mark *of) {
    for (size_t i = 0; i < CHI_SESSION_SECTIONS; i++) {
        const chi_session_section *row = &in->sections[i];
        if (__atomic_load_n(&row->state, __ATOMIC_ACQUIRE) == CHI_ROW_READY && is_row_of(row, of)) {
            return true;
        }
    }
    return false;
}

/* Programs that live on may still take rows. */
static void add_row(chi_session *in, const mark *of) {
    for (size_t i = 0; i < CHI_SESSION_SECTIONS; i++) {
        chi_session_section *row = &in->sections[i];
        uint32_t state = CHI_ROW_FREE;
        if (__atomic_compare_exchange_n(&row->state, &state, CHI_ROW_WRITING, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            row->line = of->line;
            launch_cut(row->name, sizeof row->name, of->name);
            launch_cut(row->file, sizeof row->file, of->file);
            launch_cut(row->func, sizeof row->func, of->func);
            __atomic_store_n(&row->state, CHI_ROW_READY, __ATOMIC_RELEASE);
            return;
        }
    }
    __atomic_fetch_add(&in->sections_dropped, 1, __ATOMIC_RELAXED);
}

static void add_marks(chi_session *in, const char *path) {
    image_set images = {.first = NULL};
    program file;
    marks found;
    if (program_read(&file, path) != EXIT_DONE || !file.marks ||
        image_read(&images, path) != EXIT_DONE) {
        return;
    }
    marks_read(&found, &images);
    for (size_t i = 0; i < found.count; i++) {
        if (found.items[i].kind == MARK_SCOPE && !is_known(in, &found.items[i])) {
            add_row(in, &found.items[i]);
        }
    }
    image_close(&images);
}

/* Each file once. */
static bool was_seen(const chi_session *in, size_t end, const chi_session_image *image) {
    size_t position = 0;
    const chi_session_image *before;
    while ((before = launch_next_image(in, &position)) != NULL && position < end) {
        if (before->state == CHI_IMAGE_ARMED && strcmp(before->path, image->path) == 0) {
            return true;
        }
    }
    return false;
}

void outcome_marks(chi_session *in) {
    size_t position = 0;
    for (const chi_session_image *image; (image = launch_next_image(in, &position)) != NULL;) {
        if (image->state == CHI_IMAGE_ARMED && !was_seen(in, position, image)) {
            add_marks(in, store_text(image->path, strnlen(image->path, sizeof image->path)));
        }
    }
}
