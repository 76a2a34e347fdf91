/** mpsc.h: a ring of events from any number of threads to one, as an include-template: mpmc.h
 *  whose single consumer is watched.
 *
 *      #define CH_MPSC_NAME mail                // type and prefix of the functions
 *      #define CH_MPSC_TYPE letter
 *      #define CH_MPSC_CAP  1024                // power of two, all usable; leave out: capacity at
 *      #include <coldheap/tmpl/mpsc.h>          // init, caller's memory
 *
 *  The parameters are undefined at the end. The instance offers what mpmc.h lists, with
 *
 *    mail_pop(r, &item)       CH_OK, CH_EEMPTY. One thread: the first that pops after init or
 * reset; another is misuse, CH_ETHREAD in verify builds, elsewhere undefined
 *
 *  What one producer pushes is popped in that order. A thread that stops inside push hides the
 * items that others push after it until it goes on: pop says CH_EEMPTY meanwhile. Cost: mpmc bench.
 */
#ifndef CH_MPSC_NAME
#error "mpsc.h: CH_MPSC_NAME must name the instance"
#endif
#ifndef CH_MPSC_TYPE
#error "mpsc.h: CH_MPSC_TYPE must be the type of the events"
#endif

#define CH_MPMC_NAME CH_MPSC_NAME
#define CH_MPMC_TYPE CH_MPSC_TYPE
#ifdef CH_MPSC_CAP
#define CH_MPMC_CAP CH_MPSC_CAP
#endif
#define CH_MPMC_SINGLE 1
#include <coldheap/tmpl/mpmc.h>

#undef CH_MPSC_NAME
#undef CH_MPSC_TYPE
#ifdef CH_MPSC_CAP
#undef CH_MPSC_CAP
#endif
