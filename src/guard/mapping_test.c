/* Mappings are libc's, and violations where a mark or ops=map denies them. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "state.h"

#ifdef CHI_GUARD_INTERPOSES

#define PAGE 4096u

static void *map_pages(size_t count) {
    return mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void begin(uint32_t ops) {
    ch_guard_set_mode(CH_GUARD_COUNT);
    chi_guard_settings.config.ops = ops;
}

static uint64_t end(void) {
    const uint64_t violations = ch_guard_violations();
    chi_guard_settings.config.ops = 0;
    ch_guard_set_mode(CH_GUARD_ABORT);
    ch_guard_reset();
    return violations;
}

/* Each kind of call once, and that it does what libc's does. Five of them are operations. */
static void map_in_all_ways(void) {
    char *pages = map_pages(2);
    bool right = pages != MAP_FAILED;
    pages[PAGE] = 7;
    pages = mremap(pages, (size_t)2 * PAGE, (size_t)64 * PAGE, MREMAP_MAYMOVE);
    right = right && pages != MAP_FAILED && pages[PAGE] == 7;
    right = right && munmap(pages, (size_t)64 * PAGE) == 0;
    void *file = mmap64(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0);
    right = right && file == MAP_FAILED && errno == EBADF;
    char *top = sbrk(0);
    right = right && brk(top) == 0 && sbrk(0) == top;
    CH_PERMIT_SCOPE_OPS("checks", CH_OP_HEAP | CH_OP_MAP);
    CHECK(right);
}

TEST(g12_mappings_are_libcs) {
    begin(0);
    map_in_all_ways();
    CHECK_EQUAL(munmap((void *)1, PAGE), -1);
    CHECK_EQUAL(errno, EINVAL);
    char *low = map_pages(4);
    char *moved = mremap(low, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, low + (size_t)2 * PAGE);
    CHECK(moved == low + (size_t)2 * PAGE);
    CHECK_EQUAL(munmap(low, (size_t)4 * PAGE), 0);
    CHECK(sbrk(INTPTR_MAX) == (void *)-1);
    CHECK_EQUAL(errno, ENOMEM);
    CHECK_EQUAL(end(), 0);
}

TEST(g03_mappings_are_an_operation_of_their_own) {
    begin(0);
    {
        CH_HOT_SCOPE("heap only");
        map_in_all_ways();
    }
    CHECK_EQUAL(ch_guard_violations(), 0);
    {
        CH_HOT_SCOPE_OPS("mappings only", CH_OP_MAP);
        void *volatile block = malloc(10);
        free(block);
        map_in_all_ways();
    }
    CHECK_EQUAL(end(), 5);
}

TEST(g12_asked_for_mappings_are_denied_with_the_heap) {
    begin(CH_OP_MAP);
    map_in_all_ways();
    CHECK_EQUAL(ch_guard_violations(), 0);
    {
        CH_HOT_SCOPE("hot");
        map_in_all_ways();
        CHECK_EQUAL(ch_guard_violations(), 5);
        CH_PERMIT_SCOPE("permitted");
        map_in_all_ways();
    }
    CHECK_EQUAL(ch_guard_violations(), 5);
    CHECK(ch_seal("sealed"));
    map_in_all_ways();
    CHECK(ch_unseal());
    CHECK_EQUAL(end(), 10);
}

static ch_violation last;
static char last_section[64];

static ch_guard_mode remember(const ch_violation *violation, void *nothing) {
    (void)nothing;
    last = *violation;
    snprintf(last_section, sizeof last_section, "%s", violation->section);
    return CH_GUARD_COUNT;
}

TEST(g16_mapping_is_told_with_its_section) {
    begin(CH_OP_MAP);
    ch_guard_on_violation(remember, NULL);
    void *pages;
    {
        CH_HOT_SCOPE("tick");
        pages = map_pages(3);
    }
    CHECK_TEXT(last.call, "mmap");
    CHECK_EQUAL(last.op, CH_OP_MAP);
    CHECK_EQUAL(last.size_bytes, 3 * PAGE);
    CHECK_TEXT(last_section, "tick");
    munmap(pages, (size_t)3 * PAGE);
    CHECK_EQUAL(end(), 1);
}

TEST(g15_denied_mappings_fail_as_if_there_were_no_memory) {
    void *pages = map_pages(1);
    begin(0);
    ch_guard_set_mode(CH_GUARD_DENY);
    void *mapped, *moved, *grown;
    int errors[3];
    int gone;
    {
        CH_HOT_SCOPE_OPS("deny", CH_OP_MAP);
        mapped = map_pages(1);
        errors[0] = errno;
        moved = mremap(pages, PAGE, (size_t)2 * PAGE, MREMAP_MAYMOVE);
        errors[1] = errno;
        grown = sbrk(16);
        errors[2] = errno;
        gone = munmap(pages, PAGE);
    }
    CHECK(mapped == MAP_FAILED && moved == MAP_FAILED && grown == (void *)-1);
    CHECK(errors[0] == ENOMEM && errors[1] == ENOMEM && errors[2] == ENOMEM);
    CHECK_EQUAL(gone, 0);
    CHECK_EQUAL(end(), 4);
}

/* What the allocator maps for a large block is the allocator's business: one operation. */
TEST(g12_mappings_of_libc_are_not_seen) {
    begin(CH_OP_MAP);
    {
        CH_HOT_SCOPE("tick");
        void *volatile block = malloc((size_t)8 << 20);
        free(block);
    }
    CHECK_EQUAL(end(), 2);
}

TEST(g12_mappings_are_among_the_operations) {
    CHECK_EQUAL(ch_guard_ops() & (CH_OP_HEAP | CH_OP_MAP), CH_OP_HEAP | CH_OP_MAP);
}

#else

TEST(g12_mappings_cannot_be_checked_here) {
    CHECK_EQUAL(ch_guard_ops() & (CH_OP_HEAP | CH_OP_MAP), CH_OP_HEAP);
}

#endif
