/* place.c: the workspaces of place.h. Each serves one report at a time; when all are in use, one
 * more goes without names instead of waiting. A fork child does not wait for its parent's. */
#define _GNU_SOURCE
#include "place.h"

#include <string.h>
#include <unistd.h>

#include "unseen.h"

static chi_places workspaces[CHI_PLACES_MAX];
static int users[CHI_PLACES_MAX]; /* process ids; 0: free */

static chi_places *take_workspace(void) {
    const int process = (int)getpid();
    for (size_t i = 0; i < CHI_PLACES_MAX; i++) {
        int before = __atomic_load_n(&users[i], __ATOMIC_RELAXED);
        if (before != process && __atomic_compare_exchange_n(&users[i], &before, process, false,
                                                             __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            return &workspaces[i];
        }
    }
    return NULL;
}

chi_places *chi_places_locate(const void *const *addresses, size_t count) {
    CHI_UNSEEN;
    chi_places *places = take_workspace();
    if (places == NULL) {
        return NULL;
    }
    memset(places, 0, sizeof *places);
    places->place_count = count < CHI_PLACE_MAX ? count : CHI_PLACE_MAX;
    for (size_t i = 0; i < places->place_count; i++) {
        places->places[i].address = (uint64_t)(uintptr_t)addresses[i] - 1;
        places->places[i].module = -1;
    }
    chi_places_from_maps(places);
    for (size_t i = 0; i < places->module_count; i++) {
        chi_places_from_elf(places, (int)i, false);
    }
    return places;
}

chi_places *chi_places_find(const void *const *addresses, size_t count) {
    chi_places *places = chi_places_locate(addresses, count);
    if (places != NULL) {
        chi_places_name(places);
    }
    return places;
}

void chi_places_name(chi_places *places) {
    CHI_UNSEEN;
    for (size_t i = 0; i < places->module_count && !places->named; i++) {
        chi_places_from_elf(places, (int)i, true);
    }
    places->named = true;
}

void chi_places_done(chi_places *places) {
    __atomic_store_n(&users[places - workspaces], 0, __ATOMIC_RELEASE);
}
