/** misuse.h: what happens when a caller breaks the contract of an object: releases twice, releases
 *  what another object gave, releases out of order, uses a stale mark.
 *
 *  The one idea: misuse is detected in every build and shown to one process-wide hook. The default
 *  hook prints a line and aborts. A hook that returns lets the call return its status, with the
 *  object unchanged; that is how tests record misuse, and how a server may choose to live on.
 *  Exhaustion and hostile input are not misuse: they are plain statuses. */
#ifndef CH_MISUSE_H
#define CH_MISUSE_H

#include <coldheap/base.h>
#include <coldheap/status.h>

/** One detected misuse, valid during the hook's call only. */
typedef struct ch_misuse {
    const void *object;  /* the object that was misused */
    const char *name;    /* its name, "" if it has none */
    const char *call;    /* the function, for instance "ch_pool_release" */
    const void *culprit; /* the offending pointer, NULL if the call takes none */
    const void *site;    /* a code address in the caller */
    ch_status status;    /* what the call returns if the hook returns */
} ch_misuse;

/** A hook and its context. Owner: the caller; it must outlive its installation. */
typedef struct ch_misuse_hook {
    void (*seen)(void *context, const ch_misuse *misuse);
    void *context;
} ch_misuse_hook;

CH_API_BEGIN

/** ch_on_misuse installs `hook` for the whole process, NULL for the default (print and abort).
 *  Returns: the hook installed before, NULL for the default.
 *  Threads: may be called from any; hooks run on the thread that misuses. */
const ch_misuse_hook *ch_on_misuse(const ch_misuse_hook *hook);

/** ch_misuse_report shows one misuse to the hook and returns `misuse->status` if the hook returns.
 */
ch_status ch_misuse_report(const ch_misuse *misuse);

CH_API_END

#endif
