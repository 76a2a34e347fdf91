/* The process map gives module and file offset; checked against mappings made here. */
#define _GNU_SOURCE
#include "place.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

#define PAGES 4

/* A file of some pages, mapped from its second page on. */
static char *map_file(const char *name, size_t page) {
    const int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)(page * PAGES)) != 0) {
        return MAP_FAILED;
    }
    char *block = mmap(NULL, page * (PAGES - 1), PROT_READ, MAP_PRIVATE, fd, (off_t)page);
    close(fd);
    return block;
}

static void check_file(const char *name) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *block = map_file(name, page);
    if (!CHECK(block != MAP_FAILED)) {
        return;
    }
    static chi_places places;
    memset(&places, 0, sizeof places);
    places.place_count = 3;
    places.places[0].address = (uint64_t)(uintptr_t)block;
    places.places[1].address = (uint64_t)(uintptr_t)(block + page * (PAGES - 1) - 1);
    places.places[2].address = 0;
    for (size_t i = 0; i < 3; i++) {
        places.places[i].module = -1;
    }
    chi_places_from_maps(&places);
    CHECK_EQUAL(places.module_count, 1);
    CHECK(strstr(places.modules[0].path, name) != NULL);
    CHECK_EQUAL(places.places[0].module, 0);
    CHECK_EQUAL(places.places[0].file_offset, page);
    CHECK_EQUAL(places.places[1].file_offset, page * PAGES - 1);
    CHECK_EQUAL(places.places[2].module, (uint64_t)-1);
    munmap(block, page * (PAGES - 1));
    unlink(name);
}

TEST(g16_offsets_in_a_mapped_file) {
    check_file("maps_test.file");
}

TEST(g16_names_with_blanks) {
    check_file("maps_test with [blanks].file");
}

/* A path longer than there is room for is cut, and the lines after it are still understood. */
TEST(g16_long_path_is_cut) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char folder[201];
    char path[402];
    memset(folder, 'm', sizeof folder - 1);
    folder[sizeof folder - 1] = 0;
    CHECK(mkdir(folder, 0700) == 0 || access(folder, W_OK) == 0);
    snprintf(path, sizeof path, "%s/%s", folder, folder);
    char *block = map_file(path, page);
    if (!CHECK(block != MAP_FAILED)) {
        return;
    }
    static chi_places places;
    memset(&places, 0, sizeof places);
    places.place_count = 2;
    places.places[0].address = (uint64_t)(uintptr_t)block;
    places.places[1].address = (uint64_t)(uintptr_t)abs;
    places.places[0].module = places.places[1].module = -1;
    chi_places_from_maps(&places);
    CHECK_EQUAL(places.module_count, 2);
    CHECK_EQUAL(strlen(places.modules[places.places[0].module].path), CHI_PATH_BYTES - 1);
    CHECK(strstr(places.modules[places.places[1].module].path, "libc") != NULL);
    munmap(block, page * (PAGES - 1));
    unlink(path);
    rmdir(folder);
}
