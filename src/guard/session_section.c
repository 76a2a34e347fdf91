/* session_section.c: the sections that were entered, or that a violation names, in a table that
 * all processes of the session share. A row belongs to whoever puts its key there first; others add
 * to it at once, also while its texts are still being written. */
#define _GNU_SOURCE
#include <string.h>

#include "session_shared.h"
#include "state.h"
#include "unseen.h"

static uint64_t section_key(const char *name, const char *file, uint32_t line) {
    uint64_t key = chi_session_hash_text(0, name);
    key = chi_session_hash_text(key, file);
    return chi_session_hash(key, &line, sizeof line) | 1;
}

static void fill(chi_session_section *section, const char *name, const char *file, uint32_t line,
                 const char *func) {
    section->line = line;
    chi_session_copy(section->name, sizeof section->name, name);
    chi_session_copy(section->file, sizeof section->file, file);
    chi_session_copy(section->func, sizeof section->func, func);
    __atomic_store_n(&section->state, CHI_ROW_READY, __ATOMIC_RELEASE);
}

uint32_t chi_session_section_find(const char *name, const char *file, uint32_t line,
                                  const char *func) {
    if (chi_guard_session == NULL) {
        return 0;
    }
    CHI_UNSEEN;
    file = file != NULL ? file : "";
    const uint64_t key = section_key(name, file, line);
    for (uint32_t i = 0; i < CHI_SESSION_SECTIONS; i++) {
        const uint32_t index = (uint32_t)((key + i) % CHI_SESSION_SECTIONS);
        chi_session_section *section = &chi_guard_session->sections[index];
        uint64_t found = 0;
        if (__atomic_compare_exchange_n(&section->key, &found, key, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            fill(section, name, file, line, func);
            return index + 1;
        }
        if (found == key) {
            return index + 1;
        }
    }
    __atomic_fetch_add(&chi_guard_session->sections_dropped, 1, __ATOMIC_RELAXED);
    return 0;
}

uint32_t chi_session_section_of(const ch_hot_mark *mark) {
    return chi_session_section_find(mark->name, mark->file, mark->line, mark->func);
}

static chi_session_section *row_of(uint32_t index_plus_1) {
    return chi_guard_session != NULL && index_plus_1 != 0
               ? &chi_guard_session->sections[index_plus_1 - 1]
               : NULL;
}

void chi_session_section_denied(uint32_t index_plus_1, uint32_t op, size_t size_bytes) {
    chi_session_section *section = row_of(index_plus_1);
    if (section == NULL) {
        return;
    }
    __atomic_fetch_add(&section->violations, 1, __ATOMIC_RELAXED);
    if ((op & CH_OP_HEAP) != 0) {
        __atomic_fetch_add(&section->calls[chi_op_index(op)], 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&section->bytes, size_bytes, __ATOMIC_RELAXED);
    }
}

void chi_session_section_entered(uint32_t index_plus_1) {
    chi_session_section *section = row_of(index_plus_1);
    if (section != NULL) {
        __atomic_fetch_add(&section->entered, 1, __ATOMIC_RELAXED);
    }
}

/* ---- marks ---- */

#define KNOWN_MAX 1024u

/* Rows of marks by their address. A library that is closed leaves its marks here, and another may
 * come to lie in its place: so a row is used only if it still fits the mark. */
static struct {
    const ch_hot_mark *mark;
    uint32_t section; /* index + 1; 0: not known yet */
} known[KNOWN_MAX];

static bool fits(uint32_t section, const ch_hot_mark *mark) {
    const chi_session_section *row = &chi_guard_session->sections[section - 1];
    return __atomic_load_n(&row->state, __ATOMIC_ACQUIRE) == CHI_ROW_READY &&
           row->line == mark->line && strncmp(row->name, mark->name, sizeof row->name - 1) == 0 &&
           strncmp(row->file, mark->file, sizeof row->file - 1) == 0;
}

static uint32_t section_of_mark(const ch_hot_mark *mark) {
    const size_t home = (uintptr_t)mark / sizeof *mark;
    for (size_t i = 0; i < KNOWN_MAX / 64; i++) {
        const size_t slot = (home + i) % KNOWN_MAX;
        const ch_hot_mark *found = NULL;
        if (!__atomic_compare_exchange_n(&known[slot].mark, &found, mark, false, __ATOMIC_RELAXED,
                                         __ATOMIC_RELAXED) &&
            found != mark) {
            continue;
        }
        uint32_t section = __atomic_load_n(&known[slot].section, __ATOMIC_ACQUIRE);
        if (section == 0 || !fits(section, mark)) {
            section = chi_session_section_of(mark);
            __atomic_store_n(&known[slot].section, section, __ATOMIC_RELEASE);
        }
        return section;
    }
    return chi_session_section_of(mark);
}

void chi_session_mark_entered(const ch_hot_mark *mark) {
    if (chi_guard_session == NULL || (mark->deny & CH_MARK_PERMIT) != 0) {
        return;
    }
    CHI_UNSEEN;
    const uint32_t section = section_of_mark(mark);
    if (section == 0) {
        return;
    }
    uint64_t *word = &chi_guard_self.entered[(section - 1) / 64];
    const uint64_t bit = UINT64_C(1) << (section - 1) % 64;
    if ((*word & bit) != 0) {
        return;
    }
    *word |= bit;
    chi_session_section_entered(section);
    chi_session_image *image = chi_session_image_mine();
    if (image != NULL) {
        __atomic_fetch_add(&image->entries, 1, __ATOMIC_RELAXED);
    }
}

void chi_session_faults(const ch_hot_mark *mark, uint64_t minor, uint64_t major) {
    chi_session_section *section = row_of(mark != NULL ? chi_session_section_of(mark) : 0);
    chi_session_image *image = chi_session_image_mine();
    if (section != NULL) {
        __atomic_fetch_add(&section->faults_minor, minor, __ATOMIC_RELAXED);
        __atomic_fetch_add(&section->faults_major, major, __ATOMIC_RELAXED);
    }
    if (image != NULL) {
        __atomic_fetch_add(&image->faults_minor, minor, __ATOMIC_RELAXED);
        __atomic_fetch_add(&image->faults_major, major, __ATOMIC_RELAXED);
    }
}
