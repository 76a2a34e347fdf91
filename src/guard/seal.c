/* seal.c: the phases of the process: init, sealed, teardown. Sealing sets the denied bits in the
 * flags that every heap call reads; name and time are written before them. */
#define _GNU_SOURCE
#include <string.h>
#include <time.h>

#include "sealon.h"
#include "session_shared.h"
#include "state.h"
#include "track.h"

typedef enum seal_phase { PHASE_INIT, PHASE_SEALED, PHASE_TEARDOWN } seal_phase;

static int phase = PHASE_INIT;
static const char *seal_name = "";
static uint64_t seal_time_ns;

static uint64_t now_ns(void) {
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) {
        return 0;
    }
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void deny_everywhere(uint32_t ops) {
    __atomic_and_fetch(&chi_guard_flags, ~CHI_STATE_OPS, __ATOMIC_RELEASE);
    __atomic_or_fetch(&chi_guard_flags, ops & CHI_STATE_OPS, __ATOMIC_RELEASE);
}

void chi_guard_seal_label(char label[CHI_SEAL_LABEL_BYTES], const char *name) {
    static const char prefix[] = "seal:";
    memcpy(label, prefix, sizeof prefix);
    chi_session_copy(label + sizeof prefix - 1, CHI_SEAL_LABEL_BYTES - (sizeof prefix - 1), name);
}

/* A seal is a section, entered by whoever begins it. */
static void tell_session(const char *name) {
    if (chi_guard_session == NULL) {
        return;
    }
    char label[CHI_SEAL_LABEL_BYTES];
    chi_guard_seal_label(label, name);
    chi_session_section_entered(chi_session_section_find(label, NULL, 0, NULL));
    chi_session_image_sealed(name, seal_time_ns);
}

CHI_EXPORT bool chi_guard_seal(const char *name, uint32_t ops) {
    if (__atomic_load_n(&phase, __ATOMIC_ACQUIRE) != PHASE_INIT) {
        return false;
    }
    chi_guard_seal_began();
    int expected = PHASE_INIT;
    seal_name = name != NULL ? name : "";
    seal_time_ns = now_ns();
    if (!__atomic_compare_exchange_n(&phase, &expected, PHASE_SEALED, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        return false;
    }
    tell_session(seal_name);
    chi_track_sealed(seal_name);
    chi_sealon_sealed(seal_name);
    deny_everywhere(ops);
    return true;
}

CHI_EXPORT bool chi_guard_unseal(void) {
    int expected = PHASE_SEALED;
    if (!__atomic_compare_exchange_n(&phase, &expected, PHASE_INIT, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        return false;
    }
    deny_everywhere(0);
    return true;
}

CHI_EXPORT bool chi_guard_seal_end(void) {
    const int before = __atomic_exchange_n(&phase, PHASE_TEARDOWN, __ATOMIC_ACQ_REL);
    deny_everywhere(0);
    return before != PHASE_TEARDOWN;
}

bool chi_guard_seal_state(const char **name, uint64_t *age_ns) {
    if (__atomic_load_n(&phase, __ATOMIC_ACQUIRE) != PHASE_SEALED) {
        return false;
    }
    *name = seal_name;
    const uint64_t now = now_ns();
    *age_ns = now > seal_time_ns ? now - seal_time_ns : 1; /* never 0: 0 stands for "no seal" */
    return true;
}
