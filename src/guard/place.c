/* place.c: the workspace of place.h. One report at a time may use it; another one at the same
 * moment goes without names instead of waiting. A fork child does not wait for its parent's. */
#define _GNU_SOURCE
#include "place.h"

#include <string.h>
#include <unistd.h>

static chi_places workspace;
static int user; /* process id; 0: free */

chi_places *chi_places_find(const void *const *addresses, size_t count) {
    const int process = (int)getpid();
    int before = __atomic_load_n(&user, __ATOMIC_RELAXED);
    if (before == process || !__atomic_compare_exchange_n(&user, &before, process, false,
                                                          __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        return NULL;
    }
    chi_places *places = &workspace;
    memset(places, 0, sizeof *places);
    places->place_count = count < CHI_PLACE_MAX ? count : CHI_PLACE_MAX;
    for (size_t i = 0; i < places->place_count; i++) {
        places->places[i].address = (uint64_t)(uintptr_t)addresses[i] - 1;
        places->places[i].module = -1;
    }
    chi_places_from_maps(places);
    for (size_t i = 0; i < places->module_count; i++) {
        chi_places_from_elf(places, (int)i);
    }
    return places;
}

void chi_places_done(chi_places *places) {
    (void)places;
    __atomic_store_n(&user, 0, __ATOMIC_RELEASE);
}
