/* names.c: strings of forks, outcomes and opcodes, generated from their tables. */
#include "rules.h"

#include <coldevm/machine.h>

#include <string.h>

const char *chevm_status_name(chevm_status status) {
    switch (status) {
#define STATUS_CASE(name, value, text)                                                             \
    case CHEVM_##name:                                                                             \
        return #name;
        CHEVM_STATUS_ROWS(STATUS_CASE)
#undef STATUS_CASE
    }
    return "?";
}

const char *chevm_status_phrase(chevm_status status) {
    switch (status) {
#define STATUS_CASE(name, value, text)                                                             \
    case CHEVM_##name:                                                                             \
        return text;
        CHEVM_STATUS_ROWS(STATUS_CASE)
#undef STATUS_CASE
    }
    return "unknown status";
}

/* Every accepted spelling, the fixture name first. */
static const struct {
    const char *text;
    chevm_fork fork;
} FORK_NAMES[] = {
#define FORK_FIRST(name, text, alias) {text, CHEVM_##name},
    CHEVM_FORK_ROWS(FORK_FIRST)
#undef FORK_FIRST
#define FORK_SECOND(name, text, alias) {alias, CHEVM_##name},
        CHEVM_FORK_ROWS(FORK_SECOND)
#undef FORK_SECOND
            {"MuirGlacier", CHEVM_ISTANBUL},
    {"ArrowGlacier", CHEVM_LONDON},
    {"GrayGlacier", CHEVM_LONDON},
    {"BPO1", CHEVM_OSAKA},
    {"BPO2", CHEVM_OSAKA},
};

const char *chevm_fork_name(chevm_fork fork) {
    return (unsigned)fork < CHEVM_FORK_COUNT ? FORK_NAMES[fork].text : "?";
}

bool chevm_fork_parse(const char *name, chevm_fork *fork) {
    for (size_t i = 0; i < sizeof FORK_NAMES / sizeof FORK_NAMES[0]; i++) {
        if (strcmp(name, FORK_NAMES[i].text) == 0) {
            *fork = FORK_NAMES[i].fork;
            return true;
        }
    }
    return false;
}

static const struct {
    const char *name;
    uint8_t first;
    uint8_t immediate;
} OPS[256] = {
#define OP_NAME(code, name, in, out, imm, first, price) [code] = {#name, CHEVM_##first, (imm)},
    CHEVMI_OPS(OP_NAME, CHEVMI_OP_NONE)
#undef OP_NAME
};

const char *chevm_op_name(chevm_fork fork, uint8_t op) {
    if (OPS[op].name == NULL || (unsigned)fork < OPS[op].first) {
        return NULL;
    }
    if (op == CHEVMI_OP_PREVRANDAO && fork < CHEVM_PARIS) {
        return "DIFFICULTY";
    }
    return OPS[op].name;
}

unsigned chevm_op_immediate(uint8_t op) {
    return OPS[op].immediate;
}
