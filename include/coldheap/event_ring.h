/** event_ring.h: what the event rings between threads share (tmpl/spsc.h, tmpl/mpsc.h,
 *  tmpl/mpmc.h): the answer to a second producer or consumer. Users include the templates. */
#ifndef CH_EVENT_RING_H
#define CH_EVENT_RING_H

#include <coldheap/arith.h>
#include <coldheap/atomic.h>
#include <coldheap/status.h>

/** One side of a ring that belongs to a single thread: the first that uses it after init or reset.
 *  Watched in verify builds only. */
typedef struct ch_ring_side {
    const void *thread; /* NULL: nobody's yet */
} ch_ring_side;

/* Items of at least so many bytes are copied with later lines asked for, so many items ahead. */
#define CHI_RING_WIDE        32
#define CHI_RING_WRITE_AHEAD 16
#define CHI_RING_READ_AHEAD  24

CH_API_BEGIN

/** ch_ring_side_enter makes the calling thread the owner of a side that has none.
 *  Returns: CH_OK if the side is the caller's; CH_ETHREAD, reported as misuse of `ring` by `call`,
 *           if it is another thread's.
 *  Threads: any. In builds of the library without verification always CH_OK. */
ch_status ch_ring_side_enter(ch_ring_side *side, const void *ring, const char *call);

CH_API_END

/** CH_RING_ENTER is ch_ring_side_enter in verify builds and CH_OK in others. */
#ifdef CH_VERIFY
#define CH_RING_ENTER(side, ring, call) ch_ring_side_enter((side), (ring), (call))
#else
#define CH_RING_ENTER(side, ring, call) ((void)(side), (void)(ring), CH_OK)
#endif

#endif
