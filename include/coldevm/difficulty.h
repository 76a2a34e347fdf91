/** difficulty.h: the difficulty that a block must state under proof of work (until Paris), bomb
 *  included.
 *
 *    parent + parent / 2048 * (how fast the block came) + 2^(number without delay / 100,000 - 2)
 *
 *  Pure functions. Source: Yellow Paper, 4.3.4; EIP-2, 100, 649, 1234, 2384, 3554, 4345, 5133. */
#ifndef CHEVM_DIFFICULTY_H
#define CHEVM_DIFFICULTY_H

#include <coldevm/types.h>
#include <coldheap/status.h>

CH_API_BEGIN

// clang-format off
/** Rules in order of activation: X(NAME, fixture name, first block on mainnet, blocks by which the
 *  bomb is delayed). The speed of a block is judged by Frontier's rule, Homestead's, and from
 *  Byzantium on by EIP-100. */
#define CHEVM_DIFFICULTY_ROWS(X)                          \
    X(FRONTIER,       "Frontier",       0,        0)         \
    X(HOMESTEAD,      "Homestead",      1150000,  0)         \
    X(BYZANTIUM,      "Byzantium",      4370000,  3000000)   \
    X(CONSTANTINOPLE, "Constantinople", 7280000,  5000000)   \
    X(MUIR_GLACIER,   "MuirGlacier",    9200000,  9000000)   \
    X(LONDON,         "London",         12965000, 9700000)   \
    X(ARROW_GLACIER,  "ArrowGlacier",   13773000, 10700000)  \
    X(GRAY_GLACIER,   "GrayGlacier",    15050000, 11400000)
// clang-format on

typedef enum chevm_difficulty_rules {
#define CHEVM_DIFFICULTY_ENUM(name, text, first, delay) CHEVM_DIFFICULTY_##name,
    CHEVM_DIFFICULTY_ROWS(CHEVM_DIFFICULTY_ENUM)
#undef CHEVM_DIFFICULTY_ENUM
        CHEVM_DIFFICULTY_COUNT
} chevm_difficulty_rules;

/** No block has less, its bomb included. */
#define CHEVM_DIFFICULTY_MIN 131072u

/** What the difficulty follows from. */
typedef struct chevm_difficulty_input {
    chevm_u256 parent_difficulty;
    uint64_t parent_timestamp; /* seconds */
    uint64_t timestamp;        /* of the block itself */
    uint64_t number;           /* of the block itself */
    bool parent_has_uncles;    /* counts from Byzantium on */
} chevm_difficulty_input;

/** chevm_difficulty computes a block's difficulty.
 *  Returns: CH_OK; CH_EINVAL if the block is older than its parent; CH_ERANGE if the result does
 * not fit 256 bits; *difficulty unchanged on error. Requires: rules below CHEVM_DIFFICULTY_COUNT.
 */
ch_status chevm_difficulty(chevm_u256 *difficulty, chevm_difficulty_rules rules,
                           const chevm_difficulty_input *input);

/** chevm_difficulty_rules_of gives the rules of a fork where all of the fork holds from block 0, as
 *  in the test suites: Berlin has the delay of Muir Glacier, which came between Istanbul and it.
 *  Returns: false, *rules unchanged, from Paris on. */
bool chevm_difficulty_rules_of(chevm_fork fork, chevm_difficulty_rules *rules);

/** chevm_difficulty_rules_at gives mainnet's rules for block `number` (before Paris). */
chevm_difficulty_rules chevm_difficulty_rules_at(uint64_t number);

/** chevm_difficulty_parse finds rules by the row's name, exact case; for those of a fork see
 *  chevm_fork_parse and chevm_difficulty_rules_of. Returns: false, *rules unchanged, if unknown. */
bool chevm_difficulty_parse(const char *name, chevm_difficulty_rules *rules);

CH_API_END

#endif
