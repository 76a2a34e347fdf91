/* journal.h: old values, in the order they were overwritten. An entry is its payload followed by
 * one header word, so that undo and commit read backwards:
 *
 *   | payload words ... | aux, 32 bits | number, 28 bits | kind, 4 bits |
 *
 * Whoever changes the state first asks for room, then writes the entry, then changes: an operation
 * that finds no room has changed nothing. */
#ifndef CHEVMI_JOURNAL_H
#define CHEVMI_JOURNAL_H

#include "world.h"

// clang-format off
/* X(name, payload words, what number and aux mean) */
#define CHEVMI_JOURNAL_ROWS(X)                                                          \
    X(ACCOUNT_NEW,     0, "account entry made")                                         \
    X(ACCOUNT_EXISTS,  0, "account: existence turned around")                           \
    X(ACCOUNT_MARKS,   0, "account; aux: marks set")                                    \
    X(BALANCE,         4, "account; old balance")                                       \
    X(NONCE,           1, "account; old nonce")                                         \
    X(CODE,            0, "account; aux: old code number")                              \
    X(CODE_NEW,        0, "last code entry made")                                       \
    X(SLOT_NEW,        0, "slot entry made")                                            \
    X(SLOT_WARM,       0, "slot warmed")                                                \
    X(SLOT_VALUE,      4, "slot; old value")                                            \
    X(TRANSIENT_NEW,   0, "last transient slot made")                                   \
    X(TRANSIENT_VALUE, 4, "transient slot; old value")
// clang-format on

typedef enum chevmi_journal_kind {
    CHEVMI_JOURNAL_NONE,
#define CHEVMI_JOURNAL_ENUM(name, words, text) CHEVMI_JOURNAL_##name,
    CHEVMI_JOURNAL_ROWS(CHEVMI_JOURNAL_ENUM)
#undef CHEVMI_JOURNAL_ENUM
} chevmi_journal_kind;

/* Undoes entry by entry until `words` remain. */
void chevmi_journal_undo(chevm_state *state, uint64_t words);

/* Makes the entries above `words` final: deletes entries left without content, gives up references
 * to old codes. The caller then cuts the journal. */
void chevmi_journal_commit(chevm_state *state);

/* Words of payload under the header of `kind`. */
unsigned chevmi_journal_payload(chevmi_journal_kind kind);

CH_INLINE uint32_t chevmi_journal_number(uint64_t header) {
    return (uint32_t)header >> 4;
}

CH_INLINE uint32_t chevmi_journal_aux(uint64_t header) {
    return (uint32_t)(header >> 32);
}

CH_INLINE chevmi_journal_kind chevmi_journal_kind_of(uint64_t header) {
    return (chevmi_journal_kind)(header & 15u);
}

/* True if `words` more words fit (the malloc twin may grow). */
CH_INLINE bool chevmi_journal_room(chevm_state *state, uint64_t words) {
    return CH_LIKELY(words <= state->journal_capacity - state->journal_used) ||
           chevmi_twin_grow_journal(state, words);
}

/* Writes an entry without payload; there is room. */
CH_INLINE void chevmi_journal_push(chevm_state *state, chevmi_journal_kind kind, uint32_t number,
                                   uint32_t aux) {
    CH_ASSERT(state->journal_used < state->journal_capacity);
    state->journal[state->journal_used++] =
        (uint64_t)aux << 32 | (uint64_t)number << 4 | (uint64_t)kind;
}

/* Writes an entry with a word of 256 bits; there is room. */
CH_INLINE void chevmi_journal_push_word(chevm_state *state, chevmi_journal_kind kind,
                                        uint32_t number, const chevm_u256 *word) {
    CH_ASSERT(state->journal_capacity - state->journal_used >= 5);
    uint64_t *const to = state->journal + state->journal_used;
    to[0] = word->limbs[0];
    to[1] = word->limbs[1];
    to[2] = word->limbs[2];
    to[3] = word->limbs[3];
    to[4] = (uint64_t)number << 4 | (uint64_t)kind;
    state->journal_used += 5;
}

#endif
