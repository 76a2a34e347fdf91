/* DWARF terms: each operation against what C makes of it, the term of procedure linkage tables,
 * and terms that are wrong. */
#include "term.h"

#include <string.h>

#include "harness.h"

static uintptr_t stack[8] = {10, 11, 12, 13, 14, 15, 16, 17};

static chi_registers registers_here(void) {
    chi_registers r;
    memset(&r, 0, sizeof r);
    r.low = (uintptr_t)stack;
    r.high = (uintptr_t)(stack + 8);
    r.values[CHI_REGISTER_RSP] = (uintptr_t)stack;
    r.values[CHI_REGISTER_RBP] = (uintptr_t)(stack + 4);
    r.values[CHI_REGISTER_PC] = 0x100b;
    r.known = 1u << CHI_REGISTER_RSP | 1u << CHI_REGISTER_RBP | 1u << CHI_REGISTER_PC;
    return r;
}

typedef struct result {
    bool good;
    uintptr_t value;
} result;

static result work_out(const uint8_t *code, size_t size, const uintptr_t *start) {
    uint8_t bytes[64];
    const chi_registers r = registers_here();
    bytes[0] = (uint8_t)size;
    memcpy(bytes + 1, code, size);
    result got = {.value = 0};
    got.good =
        chi_term(&got.value, &r,
                 (chi_encoded){.at = (uintptr_t)bytes, .end = (uintptr_t)bytes + size + 1}, start);
    return got;
}

#define TERM(...) work_out((const uint8_t[]){__VA_ARGS__}, sizeof(uint8_t[]){__VA_ARGS__}, NULL)
#define GIVES(wanted, ...)                                                                         \
    do {                                                                                           \
        const result got = TERM(__VA_ARGS__);                                                      \
        CHECK(got.good);                                                                           \
        CHECK_EQUAL(got.value, (uintptr_t)(wanted));                                               \
    } while (0)
#define IS_WRONG(...) CHECK(!TERM(__VA_ARGS__).good)

TEST(g23_term_constants) {
    GIVES(31, 0x4f);
    GIVES(200, 0x08, 200);
    GIVES(-56, 0x09, 200);
    GIVES(0x1234, 0x0a, 0x34, 0x12);
    GIVES(-2, 0x0b, 0xfe, 0xff);
    GIVES(0x12345678, 0x0c, 0x78, 0x56, 0x34, 0x12);
    GIVES(0x0102030405060708, 0x0e, 8, 7, 6, 5, 4, 3, 2, 1);
    GIVES(624485, 0x10, 0xe5, 0x8e, 0x26);
    GIVES(-1, 0x11, 0x7f);
}

TEST(g23_term_registers_and_memory) {
    GIVES((uintptr_t)(stack + 1), 0x77, 8); /* rsp + 8 */
    GIVES(14, 0x76, 0, 0x06);               /* *(rbp) */
    GIVES(13, 0x76, 0x78, 0x06);            /* *(rbp - 8) */
    GIVES(12 & 0xff, 0x77, 16, 0x94, 1);    /* one byte */
    GIVES((uintptr_t)stack, 0x57);          /* the register itself */
}

TEST(g23_term_operations) {
    GIVES(7 & 3, 0x37, 0x33, 0x1a);
    GIVES(7 - 3, 0x37, 0x33, 0x1c);
    GIVES(7 * 3, 0x37, 0x33, 0x1e);
    GIVES(8 | 3, 0x38, 0x33, 0x21);
    GIVES(7 + 3, 0x37, 0x33, 0x22);
    GIVES(7 + 200, 0x37, 0x23, 0xc8, 1);
    GIVES(7 << 3, 0x37, 0x33, 0x24);
    GIVES(31 >> 3, 0x4f, 0x33, 0x25);
    GIVES(-1, 0x11, 0x78, 0x35, 0x26); /* -8 >> 5 with its sign */
    GIVES(7 ^ 3, 0x37, 0x33, 0x27);
    GIVES(1, 0x37, 0x33, 0x2a);
    GIVES(0, 0x37, 0x33, 0x2d);
    GIVES(1, 0x37, 0x33, 0x2e);
    GIVES(0, 0x37, 0x33, 0x29);
    GIVES(-7, 0x37, 0x1f);
    GIVES(~(uintptr_t)7, 0x37, 0x20);
}

TEST(g23_term_stack) {
    GIVES(14, 0x37, 0x12, 0x22);            /* dup, plus */
    GIVES(5, 0x35, 0x37, 0x13);             /* drop */
    GIVES(5, 0x35, 0x37, 0x14);             /* over */
    GIVES(5, 0x35, 0x36, 0x37, 0x15, 2);    /* pick */
    GIVES(7 - 5, 0x35, 0x37, 0x16, 0x1c);   /* swap, minus */
    GIVES(6, 0x31, 0x28, 1, 0, 0x35, 0x36); /* branch over 5 */
    GIVES(6, 0x2f, 1, 0, 0x35, 0x36);       /* skip over 5 */
    const result got = work_out((const uint8_t[]){0x23, 8}, 2, &(uintptr_t){100});
    CHECK(got.good);
    CHECK_EQUAL(got.value, 108);
}

/* rsp + 8 + ((pc & 15) >= 11) * 8: where a lazy entry of the linkage table has pushed. */
TEST(g23_term_of_linkage_tables) {
    GIVES((uintptr_t)(stack + 2), 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22);
}

TEST(g23_term_wrong_ones) {
    IS_WRONG(0x22);                         /* nothing to add */
    IS_WRONG(0x06);                         /* nothing to load */
    IS_WRONG(0x73, 0);                      /* rbx is not known */
    IS_WRONG(0x77, 0xc0, 0, 0x06);          /* behind the stack */
    IS_WRONG(0x77, 0x78, 0x06);             /* before it */
    IS_WRONG(0x31, 0x94, 9);                /* nine bytes */
    IS_WRONG(0x2f, 0x00, 0x01);             /* out of the term */
    IS_WRONG(0x2f, 0xfd, 0xff);             /* for ever */
    IS_WRONG(0x0c, 1);                      /* cut */
    IS_WRONG(0xf3, 0);                      /* unknown */
    IS_WRONG(0x37, 0x12, 0x2f, 0xfc, 0xff); /* fills the stack */
}

TEST(g23_term_step_restores_registers) {
    chi_registers r = registers_here();
    chi_rules rules;
    bool outermost = true;
    memset(&rules, 0, sizeof rules);
    rules.cfa = (chi_saved){CHI_SAVED_IS, 32};
    rules.cfa_register = CHI_REGISTER_RSP;
    rules.registers[CHI_REGISTER_PC] = (chi_saved){CHI_SAVED_AT, -8};
    rules.registers[CHI_REGISTER_RBP] = (chi_saved){CHI_SAVED_AT, -16};
    rules.registers[CHI_REGISTER_RBX] = (chi_saved){CHI_SAVED_REGISTER, 6};
    rules.registers[CHI_REGISTER_R12] = (chi_saved){CHI_SAVED_IS, 8};
    CHECK(chi_registers_step(&r, &rules, &outermost));
    CHECK(!outermost);
    CHECK_EQUAL(r.values[CHI_REGISTER_PC], 13);
    CHECK_EQUAL(r.values[CHI_REGISTER_RBP], 12);
    CHECK_EQUAL(r.values[CHI_REGISTER_RBX], (uintptr_t)(stack + 4));
    CHECK_EQUAL(r.values[CHI_REGISTER_R12], (uintptr_t)(stack + 5));
    CHECK_EQUAL(r.values[CHI_REGISTER_RSP], (uintptr_t)(stack + 4));
}

TEST(g23_term_step_ends) {
    chi_registers r = registers_here();
    chi_rules rules;
    bool outermost = false;
    memset(&rules, 0, sizeof rules);
    rules.cfa = (chi_saved){CHI_SAVED_IS, 32};
    rules.cfa_register = CHI_REGISTER_RBX; /* not known */
    rules.registers[CHI_REGISTER_PC] = (chi_saved){CHI_SAVED_AT, -8};
    CHECK(!chi_registers_step(&r, &rules, &outermost));
    CHECK(!outermost);
    rules.cfa_register = CHI_REGISTER_RSP;
    rules.cfa.value = 4096; /* behind the stack */
    CHECK(!chi_registers_step(&r, &rules, &outermost));
    rules.registers[CHI_REGISTER_PC].kind = CHI_SAVED_UNDEFINED;
    CHECK(!chi_registers_step(&r, &rules, &outermost));
    CHECK(outermost);
}
