/** sealon.h: sealing a program that does not seal itself: when it first does what it does when it
 *  is ready (waits for a connection, for events, for a signal), or after a time. Until then its
 *  heap calls are counted: that is what its init costs. */
#ifndef CH_GUARD_SEALON_H
#define CH_GUARD_SEALON_H

#include <stdbool.h>
#include <stdint.h>

#include <coldheap/base.h>

#pragma GCC visibility push(hidden)

/** Bits CHI_SEAL_ON_ of what may still begin the seal. */
extern uint32_t chi_sealon_awaited;

/** chi_sealon_begin starts to wait for what the settings ask for, at load. */
void chi_sealon_begin(void);

/** chi_sealon_supported tells which bits this run time can wait for. */
uint32_t chi_sealon_supported(void);

/** chi_sealon_reached begins the seal with the name of the call; the first one only. */
CH_COLD void chi_sealon_reached(const char *name);

/** chi_sealon_clock begins the seal if its time has come. */
void chi_sealon_clock(void);

/** chi_sealon_sealed ends the waiting: the process is sealed now, by whatever. Tells what init
 * took.
 */
void chi_sealon_sealed(const char *name);

/** chi_sealon_at is called at each place that may begin a seal. Cost: one test if none is awaited.
 */
CH_INLINE void chi_sealon_at(uint32_t bit, const char *name) {
    if (CH_UNLIKELY((__atomic_load_n(&chi_sealon_awaited, __ATOMIC_RELAXED) & bit) != 0)) {
        chi_sealon_reached(name);
    }
}

#pragma GCC visibility pop

#endif
