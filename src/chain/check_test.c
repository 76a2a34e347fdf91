/* The self-test finds damage: every kind of it is done by hand, one at a time. */
#include "world.h"

#include "harness.h"
#include "state_rig.h"

static chevm_state *made(void) {
    chevm_state *const state = make_state(&small_options);
    for (uint16_t i = 1; i <= 5; i++) {
        set_balance(state, account(i), i);
        set_storage(state, account(i), i, i);
        set_storage(state, account(i), i + 10u, i);
    }
    set_code(state, account(1), "first code");
    set_code(state, account(2), "second code");
    set_balance(state, account(60), 1);
    set_storage(state, account(3), 13, 0); /* a free slot */
    (void)begin(state, CHEVM_CANCUN);
    CHECK_EQUAL(tstore(state, account(1), 1, 1), 0);
    return state;
}

static void flip(void *bytes) {
    *(uint8_t *)bytes ^= 1;
}

TEST(check_numbers_what_is_broken) {
    for (unsigned damage = 0; damage < 16; damage++) {
        chevm_state *const state = made();
        unsigned broken = 0;
        CHECK_EQUAL(chevm_state_check(state, &broken), CH_OK);
        unsigned expected = 0;
        void *place = NULL;
        switch (damage) {
        case 0:
            place = &state->accounts[2].address.bytes[7], expected = 1;
            break;
        case 1:
            place = &state->account_free, expected = 2;
            break;
        case 2:
            place = &state->slots[2].key.limbs[1], expected = 3;
            break;
        case 3:
            place = &state->slot_free, expected = 4;
            break;
        case 4:
            place = &state->slots[1].previous, expected = 5;
            break;
        case 5:
            place = &state->accounts[4].slot_count, expected = 6;
            break;
        case 6:
            place = &state->codes[1].hash.limbs[2], expected = 7;
            break;
        case 7:
            place = &state->codes[2].offset, expected = 8;
            break;
        case 8:
            place = &state->code_bytes[state->codes[1].size + 5], expected = 8;
            break;
        case 9:
            place = &state->codes[1].references, expected = 9;
            break;
        case 10:
            place = &state->code_garbage, expected = 10;
            break;
        case 11:
            place = &state->transients[1].hash, expected = 12;
            break;
        case 12:
            place = &state->frame_journal, expected = 13;
            break;
        case 13:
            place = &state->accounts[5].exists, expected = 14;
            break;
        case 14:
            place = &state->transient_count, expected = 11;
            break;
        default:
            place = &state->frames[0].journal_words, expected = 13;
            break;
        }
        flip(place);
        CHECK_EQUAL(chevm_state_check(state, &broken), CH_ECORRUPT);
        CHECK_EQUAL(broken, expected);
        CHECK_EQUAL(chevm_state_check(state, NULL), CH_ECORRUPT);
        flip(place);
        chevm_state_rollback_transaction(state);
        free_state(state);
    }
}

TEST(check_sees_a_flipped_byte_in_any_index_cell) {
    chevm_state *const state = made();
    chevmi_index *const indexes[] = {&state->account_index, &state->slot_index, &state->code_index,
                                     &state->transient_index};
    for (unsigned i = 0; i < 4; i++) {
        for (uint64_t at = 0; at <= indexes[i]->mask; at++) {
            for (unsigned byte = 0; byte < 8; byte++) {
                flip((uint8_t *)&indexes[i]->cells[at] + byte);
                /* an occupied cell is another hash or number now, an empty one is occupied */
                CHECK_EQUAL(chevm_state_check(state, NULL), CH_ECORRUPT);
                flip((uint8_t *)&indexes[i]->cells[at] + byte);
            }
        }
    }
    CHECK_EQUAL(chevm_state_check(state, NULL), CH_OK);
    chevm_state_rollback_transaction(state);
    free_state(state);
}
