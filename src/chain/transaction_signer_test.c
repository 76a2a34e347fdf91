/* Signers: known transactions and tuples, what forks ask of v and s, the cache. */
#include "harness.h"
#include "state_rig.h"
#include "transaction_rig.h"

/* EIP-155's example: key 0x46 32 times. */
static const char EIP155[] = "f86c 09 85 04a817c800 82 5208 94 35*20 88 0de0b6b3a7640000 80 25 "
                             "a0 28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
                             "a0 67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";
static const char EIP155_SENDER[] = "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f";

typedef struct sample {
    uint8_t bytes[300];
    uint64_t scratch[300];
    chevm_transaction t;
} sample;

static chevm_transaction *decode(sample *s, const char *text) {
    chevm_rejection_facts facts;
    const size_t size = bytes_of(s->bytes, sizeof s->bytes, text);
    CHECK_EQUAL(chevm_transaction_decode(&s->t, s->bytes, size, s->scratch, &facts),
                CHEVM_ACCEPTED);
    return &s->t;
}

static bool sender_is(const chevm_transaction *t, const char *text) {
    uint8_t want[32];
    CHECK_EQUAL(bytes_of(want, sizeof want, text), 20);
    return memcmp(t->sender.bytes, want, 20) == 0;
}

TEST(signer_of_a_known_transaction) {
    sample s;
    chevm_transaction *const t = decode(&s, EIP155);
    CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_OSAKA), CHEVM_ACCEPTED);
    CHECK(sender_is(t, EIP155_SENDER));
    CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_SPURIOUS), CHEVM_ACCEPTED);
    CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_TANGERINE),
                CHEVM_REJECTED_INVALID_SIGNATURE_VRS);
}

/* s in the upper half is the same signature with the other parity: only Frontier takes it. */
TEST(signer_high_s_is_refused_from_homestead_on) {
    static const chevm_u256 order = {
        {0xbfd25e8cd0364141u, 0xbaaedce6af48a03bu, 0xfffffffffffffffeu, 0xffffffffffffffffu}};
    sample s;
    chevm_transaction *const t = decode(&s, EIP155);
    t->has_chain_id = false; /* signs another hash, so another signer, but one */
    t->v = word(27);
    CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_FRONTIER), CHEVM_ACCEPTED);
    const chevm_address low = t->sender;
    chevm_u256_sub(&t->s, &order, &t->s);
    t->v = word(28);
    CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_FRONTIER), CHEVM_ACCEPTED);
    CHECK_BYTES(&t->sender, &low, sizeof low);
    for (chevm_fork fork = CHEVM_HOMESTEAD; fork < CHEVM_FORK_COUNT; fork++) {
        CHECK_EQUAL(chevm_transaction_recover(t, fork), CHEVM_REJECTED_INVALID_SIGNATURE_VRS);
    }
}

TEST(signer_forms_of_v) {
    static const struct {
        uint64_t v;
        chevm_rejection before, after; /* EIP-155 */
    } rows[] = {
        {0, CHEVM_REJECTED_INVALID_SIGNATURE_VRS, CHEVM_REJECTED_INVALID_SIGNATURE_VRS},
        {1, CHEVM_REJECTED_INVALID_SIGNATURE_VRS, CHEVM_REJECTED_INVALID_SIGNATURE_VRS},
        {26, CHEVM_REJECTED_INVALID_SIGNATURE_VRS, CHEVM_REJECTED_INVALID_CHAINID},
        {27, CHEVM_ACCEPTED, CHEVM_ACCEPTED},
        {28, CHEVM_ACCEPTED, CHEVM_ACCEPTED},
        {29, CHEVM_REJECTED_INVALID_SIGNATURE_VRS, CHEVM_REJECTED_INVALID_CHAINID},
        {34, CHEVM_REJECTED_INVALID_SIGNATURE_VRS, CHEVM_REJECTED_INVALID_CHAINID},
        {35, CHEVM_REJECTED_INVALID_SIGNATURE_VRS, CHEVM_ACCEPTED},
        {1000, CHEVM_REJECTED_INVALID_SIGNATURE_VRS, CHEVM_ACCEPTED},
    };
    sample s;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        chevm_transaction *const t = decode(&s, EIP155);
        t->v = word(rows[i].v);
        CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_HOMESTEAD), rows[i].before);
        CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_SPURIOUS), rows[i].after);
    }
    chevm_transaction *const t = decode(&s, EIP155);
    t->v = (chevm_u256){{27, 1, 0, 0}}; /* a v beyond 64 bits names a chain */
    CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_HOMESTEAD),
                CHEVM_REJECTED_INVALID_SIGNATURE_VRS);
    CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_SPURIOUS), CHEVM_ACCEPTED);
}

TEST(signer_words_outside_the_group) {
    static const chevm_u256 order = {
        {0xbfd25e8cd0364141u, 0xbaaedce6af48a03bu, 0xfffffffffffffffeu, 0xffffffffffffffffu}};
    const chevm_u256 words[] = {word(0), order, {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}}};
    sample s;
    for (size_t i = 0; i < 3; i++) {
        chevm_transaction *t = decode(&s, EIP155);
        t->r = words[i];
        CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_SPURIOUS),
                    CHEVM_REJECTED_INVALID_SIGNATURE_VRS);
        t = decode(&s, EIP155);
        t->s = words[i];
        CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_SPURIOUS),
                    CHEVM_REJECTED_INVALID_SIGNATURE_VRS);
    }
    chevm_transaction *const t = decode(&s, EIP155);
    t->r = word(5); /* no point of the curve has this x */
    CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_SPURIOUS), CHEVM_REJECTED_EC_RECOVERY_FAIL);
}

/* ---- Tuples --------------------------------------------------------------------------------- */

TEST(signer_of_tuples) {
    static const chevm_u256 order = {
        {0xbfd25e8cd0364141u, 0xbaaedce6af48a03bu, 0xfffffffffffffffeu, 0xffffffffffffffffu}};
    chevm_authorization a = {.chain_id = word(1), .nonce = 3, .address = account(9)};
    a.r = word(1);
    a.s = word(1);
    chevm_authorization_recover(&a);
    CHECK(a.is_signed); /* any r that is an x, and any small s, are somebody's */
    chevm_authorization other = a;
    other.nonce = 4;
    chevm_authorization_recover(&other);
    CHECK(other.is_signed);
    CHECK(memcmp(&a.authority, &other.authority, sizeof a.authority) != 0);
    for (unsigned i = 0; i < 5; i++) {
        other = a;
        other.is_signed = true;
        switch (i) {
        case 0:
            other.y_parity = 2;
            break;
        case 1:
            other.r = word(0);
            break;
        case 2:
            other.s = word(0);
            break;
        case 3:
            chevm_u256_sub(&other.s, &order, &a.s);
            break;
        default:
            other.r = word(5);
            break;
        }
        chevm_authorization_recover(&other);
        CHECK(!other.is_signed);
    }
}

TEST(signer_recovers_the_tuples_of_a_transaction) {
    sample s;
    chevm_transaction *const t = decode(&s, EIP155);
    chevm_authorization tuples[2] = {{.nonce = 1}, {.nonce = 2}};
    tuples[0].r = tuples[0].s = word(1);
    t->type = CHEVM_TRANSACTION_SET_CODE;
    t->v = word(1);
    t->authorizations = tuples;
    t->authorization_count = 2;
    CHECK_EQUAL(chevm_transaction_recover(t, CHEVM_PRAGUE), CHEVM_ACCEPTED);
    CHECK(tuples[0].is_signed && !tuples[1].is_signed);
}

/* ---- Cache ---------------------------------------------------------------------------------- */

TEST(signer_cache_answers_only_for_the_same_signature) {
    sample s;
    uint64_t memory[64];
    chevm_sender_cache cache;
    CHECK(chevm_sender_cache_footprint(4) <= sizeof memory);
    CHECK_EQUAL(chevm_sender_cache_footprint(SIZE_MAX), SIZE_MAX);
    chevm_sender_cache_init(&cache, memory, 4);
    for (unsigned i = 0; i < 3; i++) {
        chevm_transaction *const t = decode(&s, EIP155);
        CHECK_EQUAL(chevm_transaction_recover_cached(t, CHEVM_OSAKA, &cache), CHEVM_ACCEPTED);
        CHECK(sender_is(t, EIP155_SENDER));
        CHECK_EQUAL(cache.misses, 1);
        CHECK_EQUAL(cache.hits, i);
    }
    chevm_transaction *const t = decode(&s, EIP155);
    t->v = word(38); /* the same hash and words, the other parity */
    CHECK_EQUAL(chevm_transaction_recover_cached(t, CHEVM_OSAKA, &cache), CHEVM_ACCEPTED);
    CHECK(!sender_is(t, EIP155_SENDER));
    CHECK_EQUAL(cache.misses, 2);
    t->r = word(5);
    for (unsigned i = 0; i < 2; i++) { /* failures are kept, too */
        CHECK_EQUAL(chevm_transaction_recover_cached(t, CHEVM_OSAKA, &cache),
                    CHEVM_REJECTED_EC_RECOVERY_FAIL);
        CHECK_EQUAL(cache.misses, 3);
        CHECK_EQUAL(cache.hits, 2 + i);
    }
    CHECK_EQUAL(chevm_transaction_recover_cached(t, CHEVM_TANGERINE, &cache),
                CHEVM_REJECTED_INVALID_SIGNATURE_VRS); /* rules are asked before the cache */
}

TEST(signer_cache_agrees_with_no_cache) {
    uint64_t memory[3 * 16];
    chevm_sender_cache cache;
    chevm_sender_cache_init(&cache, memory, 3);
    for (unsigned i = 0; i < 300; i++) {
        chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_DYNAMIC_FEE, NULL);
        t.nonce = ch_test_random_below(8);
        t.v = word(ch_test_random_below(2));
        t.r = word(1 + ch_test_random_below(3));
        chevm_transaction copy = t;
        const chevm_rejection why = chevm_transaction_recover(&t, CHEVM_OSAKA);
        CHECK_EQUAL(chevm_transaction_recover_cached(&copy, CHEVM_OSAKA, &cache), why);
        if (why == CHEVM_ACCEPTED) {
            CHECK_BYTES(&copy.sender, &t.sender, sizeof t.sender);
        }
    }
    CHECK(cache.hits > 0);
    chevm_sender_cache_init(&cache, NULL, 0);
    chevm_transaction t = sample_transaction(CHEVM_TRANSACTION_DYNAMIC_FEE, NULL);
    CHECK_EQUAL(chevm_transaction_recover_cached(&t, CHEVM_OSAKA, &cache), CHEVM_ACCEPTED);
}
