/** session_rig.h: the command's side of a session, for tests: a file of the right layout that
 *  programs can be pointed at, and what they wrote into it. */
#ifndef CH_GUARD_SESSION_RIG_H
#define CH_GUARD_SESSION_RIG_H

#ifndef _GNU_SOURCE
#error "session_rig.h needs _GNU_SOURCE before the first include"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coldheap/guard.h>

#include "session.h"

typedef struct session_rig {
    int fd;
    char path[64];
    char variable[96]; /* COLDHEAP=session=PATH */
    chi_session *session;
} session_rig;

/** session_rig_init makes an empty session: log mode, quiet. */
static inline bool session_rig_init(session_rig *rig) {
    rig->fd = memfd_create("session", MFD_CLOEXEC);
    if (rig->fd < 0 || ftruncate(rig->fd, (off_t)sizeof(chi_session)) != 0) {
        return false;
    }
    snprintf(rig->path, sizeof rig->path, "/proc/%d/fd/%d", (int)getpid(), rig->fd);
    snprintf(rig->variable, sizeof rig->variable, "session=%s", rig->path);
    void *memory = mmap(NULL, sizeof(chi_session), PROT_READ | PROT_WRITE, MAP_SHARED, rig->fd, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    rig->session = memory;
    rig->session->magic = CHI_SESSION_MAGIC;
    rig->session->version = CHI_SESSION_VERSION;
    rig->session->bytes = sizeof(chi_session);
    rig->session->command = (int32_t)getpid();
    rig->session->config.mode = CH_GUARD_LOG;
    rig->session->config.quiet = 1;
    return true;
}

static inline void session_rig_fini(session_rig *rig) {
    munmap(rig->session, sizeof(chi_session));
    close(rig->fd);
}

/** session_rig_section finds a section by name; NULL if it is not there. */
static inline chi_session_section *session_rig_section(session_rig *rig, const char *name) {
    for (size_t i = 0; i < CHI_SESSION_SECTIONS; i++) {
        chi_session_section *section = &rig->session->sections[i];
        if (section->state == CHI_ROW_READY && strcmp(section->name, name) == 0) {
            return section;
        }
    }
    return NULL;
}

/** session_rig_violations counts the rows in use, and writes the first one's address. */
static inline size_t session_rig_violations(session_rig *rig, chi_session_violation **first) {
    size_t count = 0;
    *first = NULL;
    for (size_t i = 0; i < CHI_SESSION_VIOLATIONS; i++) {
        chi_session_violation *row = &rig->session->violations_by_place[i];
        if (row->state == CHI_ROW_READY) {
            *first = count++ == 0 ? row : *first;
        }
    }
    return count;
}

/** session_rig_rule appends a rule of `kind`. */
static inline chi_session_rule *session_rig_rule(session_rig *rig, uint32_t kind) {
    chi_session_rule *rule = rig->session->rules;
    while (rule->kind != 0) {
        rule++;
    }
    rule->kind = kind;
    return rule;
}

static inline void session_rig_text(char *target, size_t size, const char *text) {
    snprintf(target, size, "%s", text);
}

#endif
