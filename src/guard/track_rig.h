/* track_rig.h: the tracker in the test's own process: armed with a file of its own, asked for the
 * sums of its sites, and for the file as a reader sees it. */
#ifndef CHI_TRACK_RIG_H
#define CHI_TRACK_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "track.h"

/* One file per program: several test programs run at the same time in one folder. */
static inline const char *rig_path(void) {
    static char path[64];
    snprintf(path, sizeof path, "track_test.%d.record", (int)getpid());
    return path;
}

static inline bool rig_arm(chi_session_config config) {
    config.track = 1;
    snprintf(config.track_path, sizeof config.track_path, "%s", "track_test.%p.record");
    return chi_track_arm(&config) == NULL && chi_track_on();
}

static inline void rig_stop(void) {
    chi_track_stop();
    unlink(rig_path());
}

/* The largest of the largest blocks tells a site apart: each test asks for sizes of its own. */
static inline uint32_t rig_find(uint64_t largest_bytes) {
    for (uint32_t site = CHI_TRACK_SITE_FIRST; site < CHI_PLAN->record->site_count; site++) {
        chi_track_counters sum;
        chi_track_sum(&sum, site);
        if (sum.largest_bytes == largest_bytes) {
            return site;
        }
    }
    return 0;
}

static inline chi_track_counters rig_sum(uint64_t largest_bytes) {
    chi_track_counters sum = {0};
    const uint32_t site = rig_find(largest_bytes);
    if (site != 0) {
        chi_track_sum(&sum, site);
    }
    return sum;
}

static inline uint64_t rig_live(const chi_track_counters *sum) {
    return sum->bytes - sum->freed_bytes;
}

/* What the compiler must not see through. */
static inline void *rig_hide(void *pointer) {
    __asm__ volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

#endif
