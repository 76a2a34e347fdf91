/* Call frame information made by hand: every operation, rules at every place of a function; and
 * bytes of any kind, which must never be read beyond their end. */
#define _GNU_SOURCE
#include "rules.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

#define FUNCTION   ((uintptr_t)0x10000)
#define SIZE       0x100u
#define SECTION    512u
#define CIE_LENGTH 20u

/* The end of the page is followed by one that cannot be read. */
typedef struct section {
    uint8_t *bytes;
    size_t used;
    chi_code code;
    int32_t pairs[4];
} section;

static uint8_t *guarded_end(void) {
    static uint8_t *end;
    if (end == NULL) {
        const size_t page = (size_t)sysconf(_SC_PAGESIZE);
        uint8_t *block =
            mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        (void)mprotect(block + page, page, PROT_NONE);
        end = block + page;
    }
    return end;
}

static void put(section *s, const void *bytes, size_t size) {
    memcpy(s->bytes + s->used, bytes, size);
    s->used += size;
}

static void put_word(section *s, uint32_t word) {
    put(s, &word, sizeof word);
}

/* A CIE "zR" (absolute addresses): CFA = rsp + 8, return address below; then an FDE with `program`.
 */
static void build(section *s, const uint8_t *program, size_t size, const char *augmentation) {
    s->bytes = guarded_end() - SECTION;
    memset(s->bytes, 0, SECTION);
    s->used = 0;
    static const uint8_t rest[] = {1, 0x78, 16, 1, 0x00, 0x0c, 7, 8, 0x90, 1};
    put_word(s, CIE_LENGTH);
    put_word(s, 0);
    put(s, "\1", 1);
    put(s, augmentation, strlen(augmentation) + 1);
    put(s, rest, sizeof rest);
    s->used = sizeof(uint32_t) + CIE_LENGTH;
    const size_t fde = s->used;
    put_word(s, (uint32_t)(4 + 16 + 1 + size));
    put_word(s, (uint32_t)(s->used - 0));
    const uint64_t range[] = {FUNCTION, SIZE};
    put(s, range, sizeof range);
    put(s, "", 1);
    put(s, program, size);
    s->code = (chi_code){.start = FUNCTION - 0x1000,
                         .end = FUNCTION + 0x1000,
                         .eh_low = (uintptr_t)s->bytes,
                         .eh_high = (uintptr_t)s->bytes + SECTION,
                         .index = (uintptr_t)s->bytes,
                         .pairs = (uintptr_t)s->pairs,
                         .pair_count = 1};
    s->pairs[1] = (int32_t)fde;
    s->pairs[0] = 0; /* set by find: the index is far from the function */
}

/* Pairs are 32 bits from the index; the function's address is not, so it is moved there. */
static bool find(chi_rules *rules, section *s, uintptr_t offset) {
    const uintptr_t start = s->code.index + 0x100000;
    memcpy(s->bytes + s->pairs[1] + 8, &start, sizeof start);
    s->pairs[0] = 0x100000;
    return chi_rules_find(rules, &s->code, start + offset);
}

#ifdef __x86_64__

static bool is(const chi_rules *rules, uint32_t number, chi_saved_kind kind, int32_t value) {
    return rules->registers[number].kind == (int32_t)kind &&
           rules->registers[number].value == value;
}

static bool cfa_is(const chi_rules *rules, uint32_t number, int32_t offset) {
    return rules->cfa.kind == CHI_SAVED_IS && rules->cfa_register == number &&
           rules->cfa.value == offset;
}

#define RULES_AT(offset, ...)                                                                      \
    static const uint8_t program[] = {__VA_ARGS__};                                                \
    section s;                                                                                     \
    chi_rules rules;                                                                               \
    build(&s, program, sizeof program, "zR");                                                      \
    const bool found = find(&rules, &s, offset)

TEST(g23_rules_follow_the_address) {
    static const uint8_t program[] = {0x41, 0x0e, 16,   0x86, 2, 0x43, 0x0d,
                                      6,    0x02, 0x40, 0x0c, 7, 8};
    section s;
    chi_rules rules;
    build(&s, program, sizeof program, "zR");
    CHECK(find(&rules, &s, 0) && cfa_is(&rules, 7, 8) && is(&rules, 6, CHI_SAVED_SAME, 0));
    CHECK(find(&rules, &s, 1) && cfa_is(&rules, 7, 16) && is(&rules, 6, CHI_SAVED_AT, -16));
    CHECK(find(&rules, &s, 3) && cfa_is(&rules, 7, 16));
    CHECK(find(&rules, &s, 4) && cfa_is(&rules, 6, 16));
    CHECK(find(&rules, &s, 0x44) && cfa_is(&rules, 7, 8));
    CHECK(is(&rules, CHI_REGISTER_PC, CHI_SAVED_AT, -8));
    CHECK(find(&rules, &s, SIZE - 1));
    CHECK(!find(&rules, &s, SIZE));
    CHECK(!find(&rules, &s, (uintptr_t)0 - 1));
}

TEST(g23_rules_of_registers) {
    RULES_AT(0, 0x83, 3, 0x05, 12, 4, 0x11, 13, 0x7b, 0x14, 14, 2, 0x15, 15, 0x7e, 0x07, 1, 0x09, 2,
             5, 0x08, 8, 0x2f, 9, 1);
    CHECK(found);
    CHECK(is(&rules, 3, CHI_SAVED_AT, -24));
    CHECK(is(&rules, 12, CHI_SAVED_AT, -32));
    CHECK(is(&rules, 13, CHI_SAVED_AT, 40));
    CHECK(is(&rules, 14, CHI_SAVED_IS, -16));
    CHECK(is(&rules, 15, CHI_SAVED_IS, 16));
    CHECK(is(&rules, 1, CHI_SAVED_UNDEFINED, 0));
    CHECK(is(&rules, 2, CHI_SAVED_REGISTER, 5));
    CHECK(is(&rules, 8, CHI_SAVED_SAME, 0));
    CHECK(is(&rules, 9, CHI_SAVED_AT, 8));
}

TEST(g23_rules_are_restored) {
    RULES_AT(0, 0x86, 2, 0x83, 3, 0x0a, 0x0e, 64, 0x86, 5, 0x0b, 0xc3, 0x06, 16);
    CHECK(found);
    CHECK(cfa_is(&rules, 7, 8));
    CHECK(is(&rules, 6, CHI_SAVED_AT, -16));
    CHECK(is(&rules, 3, CHI_SAVED_SAME, 0));
    CHECK(is(&rules, CHI_REGISTER_PC, CHI_SAVED_AT, -8));
}

TEST(g23_rules_of_the_cfa) {
    RULES_AT(0, 0x12, 6, 0x7e, 0x13, 0x7d, 0x2e, 16);
    CHECK(found);
    CHECK(cfa_is(&rules, 6, 24));
}

TEST(g23_rules_with_terms) {
    RULES_AT(0, 0x0f, 3, 0x76, 0x78, 0x06, 0x10, 6, 2, 0x76, 0, 0x16, 3, 1, 0x30);
    CHECK(found);
    CHECK_EQUAL(rules.cfa.kind, CHI_SAVED_IS_TERM);
    const uint8_t *term = (const uint8_t *)rules.terms + rules.cfa.value;
    CHECK(term[0] == 3 && term[1] == 0x76);
    CHECK_EQUAL(rules.registers[6].kind, CHI_SAVED_AT_TERM);
    CHECK_EQUAL(rules.registers[3].kind, CHI_SAVED_IS_TERM);
}

TEST(g23_rules_of_signal_frames) {
    static const uint8_t program[] = {0};
    section s;
    chi_rules rules;
    build(&s, program, sizeof program, "zRS");
    CHECK(find(&rules, &s, 0));
    CHECK(rules.signal_frame);
}

TEST(g23_rules_that_are_wrong) {
    static const uint8_t programs[][4] = {
        {0x3f}, {0x0b}, {0x0a, 0x0a, 0x0a, 0x0a}, {0x0c, 0x80, 0x80, 0x80}};
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        section s;
        chi_rules rules;
        build(&s, programs[i], sizeof programs[i], "zR");
        const bool found = find(&rules, &s, 0);
        CHECK(i == 2 ? found : !found);
    }
}

/* Whatever the bytes are: an answer, and nothing read behind the section. */
TEST(g23_rules_of_any_bytes) {
    static const uint8_t program[] = {0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x0a, 0x0b};
    section s;
    chi_rules rules;
    size_t found = 0;
    for (uint64_t i = 0; i < ch_test_cases(2000000, 100000); i++) {
        build(&s, program, sizeof program, "zR");
        if (i % 2 == 0) { /* at the very end of what can be read */
            const size_t size = s.used;
            memmove(guarded_end() - size, s.bytes, size);
            s.bytes = guarded_end() - size;
            s.code.eh_low = s.code.index = (uintptr_t)s.bytes;
            s.code.eh_high = (uintptr_t)guarded_end();
        }
        const uintptr_t start = s.code.index + 0x100000;
        memcpy(s.bytes + s.pairs[1] + 8, &start, sizeof start);
        s.pairs[0] = 0x100000;
        const uint64_t changes = ch_test_random_below(6);
        for (uint64_t j = 0; j < changes; j++) {
            s.bytes[ch_test_random_below(s.used)] = (uint8_t)ch_test_random();
        }
        found += chi_rules_find(&rules, &s.code, start + ch_test_random_below(SIZE));
    }
    CHECK(found > 100);
}

#endif

TEST(g23_rules_none_without_tables) {
    const chi_code code = {.start = FUNCTION, .end = FUNCTION + SIZE};
    chi_rules rules;
    section s;
    build(&s, (const uint8_t[]){0}, 1, "zR");
    s.code.pair_count = 0;
    CHECK(!chi_rules_find(&rules, &code, FUNCTION));
    CHECK(!find(&rules, &s, 0));
}
