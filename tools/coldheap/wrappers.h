/* wrappers.h: functions that only hand a request for memory on, as operator new, strdup, xmalloc.
 * They stay in a backtrace, but the place to blame is the first frame that is none. */
#ifndef COLDHEAP_TOOL_WRAPPERS_H
#define COLDHEAP_TOOL_WRAPPERS_H

#include "resolve.h"

/* wrappers_add makes functions of that name or glob wrappers too (`wrapper NAME` in a file of
 * rules). The text must stay. Returns: false if there is no more room. */
#define WRAPPERS_ADDED_MAX 256u
bool wrappers_add(const char *glob);

/* wrappers_has tells whether the function of a frame is one. */
bool wrappers_has(const resolve_frame *frame);

/* wrappers_call_site is the index of the first frame that is no wrapper; that of the last frame if
 * all are, 0 if there are none. Frames are innermost first. */
size_t wrappers_call_site(const resolve_frame *const *frames, size_t count);

/* wrappers_operation gives the name a call goes by: the outermost wrapper that was asked for bytes
 * (operator new, g_malloc), or that gives back (operator delete), without its arguments; `call`
 * itself if there is none. "operator new" of (40) is then for the caller to print.
 * `text` has room for `size` bytes. */
const char *wrappers_operation(char *text, size_t size, const char *call,
                               const resolve_frame *const *frames, size_t count);

#endif
