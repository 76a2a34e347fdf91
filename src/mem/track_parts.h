/* track_parts.h: how the patterns of this library note what they do (track.h). A tracked object has
 * no inline path; its out-of-line path calls chi_track, so tracking that is off costs nothing. */
#ifndef CHI_TRACK_PARTS_H
#define CHI_TRACK_PARTS_H

#include <coldheap/track.h>

/* chi_track_is_wanted tells whether an object must be tracked: it has a tracker, or a run time for
 * the whole process wants notes. Asked at init (NULL) and by ch_X_track. */
bool chi_track_is_wanted(const ch_tracker *tracker);

/* chi_track notes one event to the tracker (may be NULL) and to the run time of the process, if it
 * is there and wants notes. */
void chi_track(ch_tracker *tracker, unsigned kind, unsigned op, size_t size_bytes, const void *site,
               const void *object);

bool chi_tracker_is_live(const ch_tracker *tracker);
uint64_t chi_tracker_seal_of(const ch_tracker *tracker);

/* chi_track_place_of, chi_track_home_of: where the search for a site or a live object starts. */
size_t chi_track_place_of(const ch_tracker *tracker, const void *address, unsigned kind);
size_t chi_track_home_of(const ch_tracker *tracker, uintptr_t object, unsigned kind);

#endif
