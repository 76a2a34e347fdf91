/* place.c: the workspace of place.h. One report at a time may use it; another one at the same
 * moment goes without names instead of waiting. */
#include "place.h"

#include <string.h>

static chi_places workspace;
static int in_use;

chi_places *chi_places_find(const void *const *addresses, size_t count) {
    if (__atomic_exchange_n(&in_use, 1, __ATOMIC_ACQUIRE) != 0) {
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
    __atomic_store_n(&in_use, 0, __ATOMIC_RELEASE);
}
