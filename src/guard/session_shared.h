/** session_shared.h: the run time's side of session.h: one function for each thing that a process
 *  has to tell the command. Without a session (chi_guard_session is NULL) all of them do nothing.
 *
 *  Usable from signal handlers, from a vfork child, and by any number of threads: rows are taken by
 *  a compare-and-exchange on their key or by a counter, nobody waits. */
#ifndef CH_GUARD_SESSION_SHARED_H
#define CH_GUARD_SESSION_SHARED_H

#include <coldheap/guard.h>

#include "place.h"
#include "session.h"

#pragma GCC visibility push(hidden)

extern chi_session *chi_guard_session;

/* ---- session.c ---- */

/** chi_session_attach maps the file at `path`. Returns: NULL, or what is wrong with it. */
const char *chi_session_attach(const char *path);

/** chi_session_detach unmaps it again: for tests. */
void chi_session_detach(void);

/** chi_session_hash continues a hash with `size` bytes; begin with 0. */
uint64_t chi_session_hash(uint64_t hash, const void *bytes, size_t size);
uint64_t chi_session_hash_text(uint64_t hash, const char *text);

/** chi_session_copy copies `text` (NULL: "") into `target` of `size` bytes, cut to fit. */
void chi_session_copy(char *target, size_t size, const char *text);

/* ---- session_image.c ---- */

/** chi_session_image_begin takes a row for this process image, not armed yet. A fork child stays
 *  part of its parent's image. */
void chi_session_image_begin(void);
void chi_session_image_armed(void);
void chi_session_image_refused(const char *why);

/** chi_session_image_hooks notes that the image is armed by a sanitizer's hooks, and what these do
 *  not tell (NULL: nothing). */
void chi_session_image_hooks(const char *unseen);

/** chi_session_image is the row of this image, shared with its fork children; NULL if it has none.
 */
chi_session_image *chi_session_image_mine(void);

/** chi_session_image_ended notes the status that the program wanted to end with. Later calls of
 *  the same process correct earlier ones; fork children are not heard. */
void chi_session_image_ended(int status);

/** chi_session_image_sealed notes that the seal began, by name. */
void chi_session_image_sealed(const char *name, uint64_t seal_ns);

/** chi_session_image_will_seal notes when the seal will begin by itself. */
void chi_session_image_will_seal(const char *name, uint64_t seal_ns);

/** chi_session_image_init notes what the process took from the heap before the seal. */
void chi_session_image_init(uint64_t allocs, uint64_t bytes);

/** chi_session_expect announces an image at `path` in process `process` (0: not known yet).
 *  Returns: its row; NULL without a session or when the table is full. */
chi_session_image *chi_session_expect(const char *path, int process);
void chi_session_expect_path(chi_session_image *image, const char *path);
void chi_session_expect_process(chi_session_image *image, int process);
void chi_session_expect_gone(chi_session_image *image);

/* ---- session_section.c ---- */

/** chi_session_section_find finds or makes the row of a section; file and func may be NULL.
 *  Returns: its index + 1; 0 if the table is full or there is no session. */
uint32_t chi_session_section_find(const char *name, const char *file, uint32_t line,
                                  const char *func);
uint32_t chi_session_section_of(const ch_hot_mark *mark);

/** chi_session_section_denied counts one denied heap call in section `index_plus_1`. */
void chi_session_section_denied(uint32_t index_plus_1, uint32_t op, size_t size_bytes);

/** chi_session_section_entered notes that one more thread has entered it. */
void chi_session_section_entered(uint32_t index_plus_1);

/** chi_session_mark_entered notes that the calling thread has entered a hot mark's scope; a second
 *  call for the same mark changes nothing. */
void chi_session_mark_entered(const ch_hot_mark *mark);

/** chi_session_faults counts page faults inside a scope, for its section (mark may be NULL) and the
 *  image. */
void chi_session_faults(const ch_hot_mark *mark, uint64_t minor, uint64_t major);

/* ---- session_violation.c ---- */

/** One violation as the session keeps it; see chi_session_violation. */
typedef struct chi_session_details {
    const ch_violation *violation;
    uint32_t found; /* CHI_FOUND_ */
    uint32_t number;
    uint32_t rule;
    uint32_t section; /* chi_session_section_find */
    const void *const *allocated;
    size_t allocated_count;
} chi_session_details;

/** chi_session_violation_row finds or makes the row of a violation; `places` are those of its
 *  frames, NULL if they could not be looked up: then the frames are bare addresses.
 *  Returns: its index + 1; 0 if the table is full or there is no session. */
uint32_t chi_session_violation_row(const chi_session_details *details, const chi_places *places);

/** chi_session_violation_add counts one violation, in row `index_plus_1` (0: in no row). */
void chi_session_violation_add(uint32_t index_plus_1);

#pragma GCC visibility pop

#endif
