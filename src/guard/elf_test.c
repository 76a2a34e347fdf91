/* Symbols and build ids of files as they are, cut, and broken at random: never a crash, never a
 * name longer than its place. */
#define _GNU_SOURCE
#include "place.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

#define BROKEN_NAME "elf_test.broken"

static chi_places places;
static char *image;
static size_t image_size;

/* The running program's own file. */
static bool read_image(void) {
    if (image != NULL) {
        return true;
    }
    FILE *file = fopen("/proc/self/exe", "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        return false;
    }
    image_size = (size_t)ftell(file);
    image = malloc(image_size);
    rewind(file);
    const bool whole = image != NULL && fread(image, 1, image_size, file) == image_size;
    fclose(file);
    return whole;
}

static void write_file(const char *bytes, size_t size) {
    const int fd = open(BROKEN_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
}

/* Looks `count` file offsets up in the written file. */
static void look_up(uint64_t offset, size_t count) {
    memset(&places, 0, sizeof places);
    char *folder = getcwd(NULL, 0);
    snprintf(places.modules[0].path, CHI_PATH_BYTES, "%s/" BROKEN_NAME, folder);
    free(folder);
    places.module_count = 1;
    places.place_count = count;
    for (size_t i = 0; i < count; i++) {
        places.places[i].file_offset = offset + i * 64;
        places.places[i].module_offset = places.places[i].file_offset;
    }
    chi_places_from_elf(&places, 0, true);
    CHECK(places.modules[0].build_id_size <= CHI_BUILD_BYTES);
    for (size_t i = 0; i < count; i++) {
        CHECK(memchr(places.places[i].symbol, 0, CHI_SYMBOL_BYTES) != NULL);
        CHECK(!places.places[i].has_symbol || places.places[i].symbol[0] != 0);
    }
}

static size_t named(void) {
    size_t count = 0;
    for (size_t i = 0; i < places.place_count; i++) {
        count += places.places[i].has_symbol;
    }
    return count;
}

TEST(g16_whole_file_has_names_and_build_id) {
    if (!CHECK(read_image())) {
        return;
    }
    write_file(image, image_size);
    size_t found = 0;
    for (uint64_t offset = 0; offset < image_size; offset += 64 * CHI_PLACE_MAX) {
        look_up(offset, CHI_PLACE_MAX);
        found += named();
    }
    CHECK(found > 10);
    CHECK(places.modules[0].build_id_size == 20 || places.modules[0].build_id_size == 0);
    unlink(BROKEN_NAME);
}

TEST(g16_cut_files) {
    if (!CHECK(read_image())) {
        return;
    }
    for (size_t size = 0; size < image_size; size = size * 5 / 4 + 7) {
        write_file(image, size);
        look_up(0x1000, CHI_PLACE_MAX);
    }
    unlink(BROKEN_NAME);
}

/* Headers and section tables are where the harm is. */
TEST(g16_broken_files) {
    if (!CHECK(read_image())) {
        return;
    }
    uint64_t section_table;
    memcpy(&section_table, image + 40, sizeof section_table);
    for (int round = 0; round < 300; round++) {
        char *copy = malloc(image_size);
        memcpy(copy, image, image_size);
        for (uint64_t i = 0; i <= ch_test_random_below(8); i++) {
            const bool in_header = ch_test_random_below(2) == 0;
            const size_t at =
                (size_t)(in_header
                             ? ch_test_random_below(1024)
                             : section_table + ch_test_random_below(image_size - section_table));
            const uint64_t value = ch_test_random() >> ch_test_random_below(64);
            memcpy(copy + at, &value, at + sizeof value <= image_size ? sizeof value : 1);
        }
        write_file(copy, image_size);
        look_up(ch_test_random_below(image_size), CHI_PLACE_MAX);
        free(copy);
    }
    unlink(BROKEN_NAME);
}

TEST(g16_not_a_file) {
    memset(&places, 0, sizeof places);
    places.module_count = 1;
    places.place_count = 1;
    static const char *const paths[] = {"[vdso]", "", "/no/such/file", "/proc"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        snprintf(places.modules[0].path, CHI_PATH_BYTES, "%s", paths[i]);
        chi_places_from_elf(&places, 0, true);
        CHECK(!places.places[0].has_symbol);
    }
}
