/* From an address to a name, in this program and in libc; and one report at a time. */
#define _GNU_SOURCE
#include "place.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

__attribute__((noinline, used)) static int function_with_a_name(int x) {
    return x * 3 + 1;
}

static const void *inside(int (*function)(int)) {
    return (const char *)(uintptr_t)function + 1; /* the byte before is meant */
}

TEST(g16_static_function_is_named) {
    const void *addresses[] = {inside(function_with_a_name)};
    chi_places *places = chi_places_find(addresses, 1);
    if (!CHECK(places != NULL)) {
        return;
    }
    CHECK_EQUAL(places->place_count, 1);
    CHECK(places->places[0].has_symbol);
    CHECK_TEXT(places->places[0].symbol, "function_with_a_name");
    CHECK_EQUAL(places->places[0].symbol_offset, 0);
    CHECK_EQUAL(places->places[0].module, 0);
    CHECK(strstr(places->modules[0].path, "place_test") != NULL);
    chi_places_done(places);
}

TEST(g16_function_of_another_module) {
    const void *addresses[] = {inside(abs), inside(function_with_a_name), inside(abs)};
    chi_places *places = chi_places_find(addresses, 3);
    if (!CHECK(places != NULL)) {
        return;
    }
    CHECK(places->places[0].has_symbol);
    CHECK_TEXT(places->places[0].symbol, "abs");
    CHECK_TEXT(places->places[2].symbol, "abs");
    CHECK_TEXT(places->places[1].symbol, "function_with_a_name");
    CHECK_EQUAL(places->places[0].module, places->places[2].module);
    CHECK(places->places[0].module != places->places[1].module);
    chi_places_done(places);
}

TEST(g16_address_without_code) {
    int local;
    const void *addresses[] = {&local, NULL, (const void *)UINTPTR_MAX};
    chi_places *places = chi_places_find(addresses, 3);
    if (!CHECK(places != NULL)) {
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        CHECK(!places->places[i].has_symbol);
    }
    CHECK_EQUAL(places->places[1].module, (uint64_t)-1);
    chi_places_done(places);
}

static void find_in_child(void *nothing) {
    (void)nothing;
    const void *addresses[] = {inside(function_with_a_name)};
    if (chi_places_find(addresses, 1) == NULL) {
        _exit(1);
    }
}

TEST(g16_as_many_reports_at_a_time_as_there_are_workspaces) {
    const void *addresses[] = {inside(function_with_a_name)};
    chi_places *places[CHI_PLACES_MAX];
    for (size_t i = 0; i < CHI_PLACES_MAX; i++) {
        places[i] = chi_places_locate(addresses, 1);
        CHECK(places[i] != NULL && !places[i]->places[0].has_symbol);
    }
    CHECK(chi_places_find(addresses, 1) == NULL);
    CHECK(!ch_test_child_dies(find_in_child, NULL, NULL, 0)); /* its parent's use is not its own */
    chi_places_name(places[0]);
    CHECK_TEXT(places[0]->places[0].symbol, "function_with_a_name");
    for (size_t i = 0; i < CHI_PLACES_MAX; i++) {
        chi_places_done(places[i]);
    }
    places[0] = chi_places_find(addresses, 1);
    CHECK(places[0] != NULL);
    chi_places_done(places[0]);
}

TEST(g16_more_addresses_than_room) {
    const void *addresses[CHI_PLACE_MAX + 8];
    for (size_t i = 0; i < CHI_PLACE_MAX + 8; i++) {
        addresses[i] = inside(function_with_a_name);
    }
    chi_places *places = chi_places_find(addresses, CHI_PLACE_MAX + 8);
    CHECK_EQUAL(places->place_count, CHI_PLACE_MAX);
    CHECK_TEXT(places->places[CHI_PLACE_MAX - 1].symbol, "function_with_a_name");
    chi_places_done(places);
}
