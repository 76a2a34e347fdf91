/* transaction_signer.c: who signed a transaction or a tuple. Recovery is the most expensive thing
 * about a simple transaction, so what was recovered may be kept in the caller's cache. */
#include "transaction_rules.h"

#include "crypto/ecrecover.h"

#include <string.h>

/* Order of the group of secp256k1. */
static const chevm_u256 group_order = {
    {0xbfd25e8cd0364141u, 0xbaaedce6af48a03bu, 0xfffffffffffffffeu, 0xffffffffffffffffu}};

typedef struct signature {
    chevm_u256 hash, r, s;
    unsigned parity;
} signature;

/* ---- Cache ---------------------------------------------------------------------------------- */

/* Results of recovery; an entry's place follows from the hash that was signed. */
struct chevm_sender_cache_entry {
    chevm_u256 hash, r, s;
    chevm_address signer;
    uint8_t parity;
    uint8_t is_used, is_signed;
};

size_t chevm_sender_cache_footprint(size_t count) {
    return count > SIZE_MAX / sizeof(chevm_sender_cache_entry)
               ? SIZE_MAX
               : count * sizeof(chevm_sender_cache_entry);
}

void chevm_sender_cache_init(chevm_sender_cache *cache, void *memory, size_t count) {
    *cache = (chevm_sender_cache){.entries = memory, .count = count};
    if (count != 0) {
        memset(memory, 0, chevm_sender_cache_footprint(count));
    }
}

static chevm_sender_cache_entry *place_of(chevm_sender_cache *cache, const signature *g) {
    return cache == NULL || cache->count == 0
               ? NULL
               : &cache->entries[(size_t)(g->hash.limbs[0] % cache->count)];
}

static bool holds(const chevm_sender_cache_entry *entry, const signature *g) {
    return entry->is_used && entry->parity == g->parity &&
           chevm_u256_equal(&entry->hash, &g->hash) && chevm_u256_equal(&entry->r, &g->r) &&
           chevm_u256_equal(&entry->s, &g->s);
}

/* ---- Recovery ------------------------------------------------------------------------------- */

static bool recover(const signature *g, chevm_address *signer) {
    uint8_t hash[32], r[32], s[32];
    chevm_u256_to_be32(hash, &g->hash);
    chevm_u256_to_be32(r, &g->r);
    chevm_u256_to_be32(s, &g->s);
    return chevmi_ecrecover(signer->bytes, hash, g->parity, r, s);
}

static bool recover_cached(chevm_sender_cache *cache, const signature *g, chevm_address *signer) {
    chevm_sender_cache_entry *const entry = place_of(cache, g);
    if (entry == NULL) {
        return recover(g, signer);
    }
    if (holds(entry, g)) {
        cache->hits++;
    } else {
        cache->misses++;
        *entry = (chevm_sender_cache_entry){
            .hash = g->hash, .r = g->r, .s = g->s, .parity = (uint8_t)g->parity, .is_used = 1};
        entry->is_signed = recover(g, &entry->signer);
    }
    if (entry->is_signed) {
        *signer = entry->signer;
    }
    return entry->is_signed;
}

static bool is_in_group(const chevm_u256 *x) {
    return !chevm_u256_is_zero(x) && chevm_u256_less(x, &group_order);
}

static bool is_low(const chevm_u256 *s) {
    uint8_t bytes[32];
    chevm_u256_to_be32(bytes, s);
    return chevmi_secp256k1_is_low_s(bytes);
}

/* The parity that v stands for. What a legacy v that stands for none is called depends on whether v
 * could name a chain (EIP-155); 0 and 1 are the parities of later types and never could. */
static chevm_rejection parity_of(const chevm_transaction *t, const chevmi_transaction_rules *rules,
                                 unsigned *parity) {
    const uint64_t v = t->v.limbs[0];
    const bool is_small = chevm_u256_fits_u64(&t->v);
    if (t->type != CHEVM_TRANSACTION_LEGACY) {
        *parity = (unsigned)(v & 1);
        return is_small && v <= 1 ? CHEVM_ACCEPTED : CHEVM_REJECTED_INVALID_SIGNATURE_VRS;
    }
    if (is_small && (v == 27 || v == 28)) {
        *parity = (unsigned)(v - 27);
        return CHEVM_ACCEPTED;
    }
    if (!rules->replay_protection || (is_small && v <= 1)) {
        return CHEVM_REJECTED_INVALID_SIGNATURE_VRS;
    }
    *parity = (unsigned)((v - 35) & 1);
    return is_small && v < 35 ? CHEVM_REJECTED_INVALID_CHAINID : CHEVM_ACCEPTED;
}

chevm_rejection chevm_transaction_recover_cached(chevm_transaction *transaction, chevm_fork fork,
                                                 chevm_sender_cache *cache) {
    chevmi_transaction_rules rules;
    signature g = {.r = transaction->r, .s = transaction->s};
    chevmi_transaction_rules_build(&rules, fork);
    const chevm_rejection why = parity_of(transaction, &rules, &g.parity);
    if (why != CHEVM_ACCEPTED) {
        return why;
    }
    if (!is_in_group(&g.r) || !is_in_group(&g.s) || (rules.low_s && !is_low(&g.s))) {
        return CHEVM_REJECTED_INVALID_SIGNATURE_VRS;
    }
    chevm_transaction_signing_hash(transaction, &g.hash);
    if (!recover_cached(cache, &g, &transaction->sender)) {
        return CHEVM_REJECTED_EC_RECOVERY_FAIL;
    }
    for (size_t i = 0; i < transaction->authorization_count; i++) {
        chevm_authorization_recover_cached(&transaction->authorizations[i], cache);
    }
    return CHEVM_ACCEPTED;
}

chevm_rejection chevm_transaction_recover(chevm_transaction *transaction, chevm_fork fork) {
    return chevm_transaction_recover_cached(transaction, fork, NULL);
}

void chevm_authorization_recover_cached(chevm_authorization *authorization,
                                        chevm_sender_cache *cache) {
    signature g = {.r = authorization->r, .s = authorization->s, .parity = authorization->y_parity};
    authorization->is_signed = false;
    if (g.parity <= 1 && is_in_group(&g.r) && is_in_group(&g.s) && is_low(&g.s)) {
        chevm_authorization_signing_hash(authorization, &g.hash);
        authorization->is_signed = recover_cached(cache, &g, &authorization->authority);
    }
}

void chevm_authorization_recover(chevm_authorization *authorization) {
    chevm_authorization_recover_cached(authorization, NULL);
}

bool chevm_secret_address(chevm_address *address, const chevm_u256 *secret) {
    uint8_t bytes[32];
    chevm_u256_to_be32(bytes, secret);
    return chevmi_secp256k1_address(address->bytes, bytes);
}
