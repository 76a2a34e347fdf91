/* session.c: mapping the file that the command shares with us, and what the tables have in common.
 * The file is refused unless it is exactly what this run time was built for. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session_shared.h"
#include "state.h"

chi_session *chi_guard_session;

static bool ends(const char *text, size_t size) {
    return memchr(text, 0, size) != NULL;
}

static bool rule_is_sound(const chi_session_rule *rule) {
    return rule->kind <= CHI_RULE_WATCH && ends(rule->section, sizeof rule->section) &&
           ends(rule->stack, sizeof rule->stack) && ends(rule->module, sizeof rule->module) &&
           ends(rule->function, sizeof rule->function) && ends(rule->why, sizeof rule->why);
}

static const char *check_session(const chi_session *session) {
    if (session->magic != CHI_SESSION_MAGIC) {
        return "the session is no file of coldheap";
    }
    if (session->version != CHI_SESSION_VERSION || session->bytes != sizeof *session) {
        return "the session is of another version of coldheap than the run time";
    }
    const chi_session_config *config = &session->config;
    if (config->mode > CH_GUARD_DENY || config->depth > CHI_SESSION_FRAMES ||
        config->check_faults > CHI_FAULTS_LOCATE ||
        !ends(config->track_path, sizeof config->track_path)) {
        return "the session asks for something that does not exist";
    }
    for (size_t i = 0; i < CHI_SESSION_RULES && session->rules[i].kind != 0; i++) {
        if (!rule_is_sound(&session->rules[i])) {
            return "the session has a rule that means nothing";
        }
    }
    return NULL;
}

const char *chi_session_attach(const char *path) {
    CHI_HOOK_SCOPE;
    const int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return "the session's file cannot be opened";
    }
    struct stat status;
    const bool whole = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                       status.st_size == (off_t)sizeof(chi_session);
    void *memory = MAP_FAILED;
    if (whole) {
        memory = mmap(NULL, sizeof(chi_session), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    }
    close(fd);
    if (!whole) {
        return "the session's file has not the size of a session of this version";
    }
    if (memory == MAP_FAILED) {
        return "the session's file cannot be mapped";
    }
    const char *why = check_session(memory);
    if (why != NULL) {
        munmap(memory, sizeof(chi_session));
        return why;
    }
    (void)madvise(memory, sizeof(chi_session), MADV_DONTDUMP);
    chi_guard_session = memory;
    return NULL;
}

void chi_session_detach(void) {
    CHI_HOOK_SCOPE;
    if (chi_guard_session != NULL) {
        munmap(chi_guard_session, sizeof(chi_session));
        chi_guard_session = NULL;
    }
}

uint64_t chi_session_hash(uint64_t hash, const void *bytes, size_t size) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    }
    hash ^= hash >> 29;
    return hash * UINT64_C(0xbf58476d1ce4e5b9) + size;
}

uint64_t chi_session_hash_text(uint64_t hash, const char *text) {
    return chi_session_hash(hash, text, strlen(text));
}

void chi_session_copy(char *target, size_t size, const char *text) {
    text = text != NULL ? text : "";
    const size_t length = strnlen(text, size - 1);
    memcpy(target, text, length);
    target[length] = 0;
}
