/* transaction_rules.h: what a transaction costs and may be, from fork to fork. One row per price,
 * limit or switch with its history; whoever judges a transaction asks the rows, never the fork. */
#ifndef CHEVMI_TRANSACTION_RULES_H
#define CHEVMI_TRANSACTION_RULES_H

#include <coldevm/transaction.h>

#include <string.h>

// clang-format off
/* X(name, (value, fork,value ...)): gas, bytes, counts, or 0/1. */
#define CHEVMI_TRANSACTION_RULE_ROWS(X)                                                           \
    X(newest_type,        (0, CHEVM_BERLIN,1, CHEVM_LONDON,2, CHEVM_CANCUN,3, CHEVM_PRAGUE,4))     \
    X(creation,           (0, CHEVM_HOMESTEAD,32000))    /* EIP-2 */                               \
    X(low_s,              (0, CHEVM_HOMESTEAD,1))        /* EIP-2 */                               \
    X(replay_protection,  (0, CHEVM_SPURIOUS,1))         /* EIP-155 */                             \
    X(data_byte,          (68, CHEVM_ISTANBUL,16))       /* not zero; EIP-2028 */                  \
    X(initcode_word,      (0, CHEVM_SHANGHAI,2))         /* EIP-3860 */                            \
    X(initcode_max,       (0, CHEVM_SHANGHAI,49152))     /* 0: no limit; EIP-3860 */               \
    X(floor_token,        (0, CHEVM_PRAGUE,10))          /* 0: no floor; EIP-7623 */               \
    X(gas_max,            (0, CHEVM_OSAKA,16777216))     /* 0: the block's only; EIP-7825 */       \
    X(blobs_max,          (0, CHEVM_OSAKA,6))            /* 0: the block's only; EIP-7594 */       \
    X(has_base_fee,       (0, CHEVM_LONDON,1))           /* EIP-1559 */                            \
    X(refund_divisor,     (2, CHEVM_LONDON,5))           /* EIP-3529 */                            \
    X(follows_delegation, (0, CHEVM_PRAGUE,1))           /* EIP-7702 */

/* X(name, units): the same in every fork that has the thing. */
#define CHEVMI_TRANSACTION_PRICE_ROWS(X)                                                          \
    X(BASE,              21000)                                                                    \
    X(ZERO_BYTE,         4)                                                                        \
    X(ACCESS_ADDRESS,    2400)    /* EIP-2930 */                                                   \
    X(ACCESS_KEY,        1900)    /* EIP-2930 */                                                   \
    X(AUTHORIZATION,     25000)   /* EIP-7702: as if the authority were new, */                    \
    X(AUTHORIZATION_OLD, 12500)   /* and this back if it is not */                                 \
    X(TOKENS_OF_BYTE,    4)       /* of one that is not zero; EIP-7623 */                          \
    X(BLOB,              131072)  /* blob gas; EIP-4844 */                                         \
    X(BLOB_VERSION,      1)       /* first byte of a versioned hash; EIP-4844 */

/* X(name, target, max, base fee update fraction). EIP-4844, 7691, 7892. */
#define CHEVMI_BLOB_SCHEDULE_ROWS(X)                                                              \
    X(Cancun, 3,  6,  3338477)                                                                     \
    X(Prague, 6,  9,  5007716)                                                                     \
    X(Osaka,  6,  9,  5007716)                                                                     \
    X(BPO1,   10, 15, 8346193)                                                                     \
    X(BPO2,   14, 21, 11684671)
// clang-format on

enum {
#define CHEVMI_TRANSACTION_PRICE_ENUM(name, units) CHEVMI_TX_##name = (units),
    CHEVMI_TRANSACTION_PRICE_ROWS(CHEVMI_TRANSACTION_PRICE_ENUM)
#undef CHEVMI_TRANSACTION_PRICE_ENUM
};

typedef struct chevmi_transaction_rules {
#define CHEVMI_TRANSACTION_RULE_FIELD(name, history) uint32_t name;
    CHEVMI_TRANSACTION_RULE_ROWS(CHEVMI_TRANSACTION_RULE_FIELD)
#undef CHEVMI_TRANSACTION_RULE_FIELD
} chevmi_transaction_rules;

void chevmi_transaction_rules_build(chevmi_transaction_rules *rules, chevm_fork fork);

/* What a unit of gas costs its buyer: base fee (0 where there is none) and tip, together at most
 * the maximum. Requires: the maximum is not below the base fee. */
void chevmi_effective_price(chevm_u256 *price, const chevm_transaction *transaction,
                            const chevm_u256 *base_fee);

/* gas limit * price + blob gas * blob price + value; false if that is 2^256 or more. */
bool chevmi_transaction_cost(chevm_u256 *cost, const chevm_transaction *transaction,
                             const chevm_u256 *price, const chevm_u256 *blob_price,
                             const chevm_u256 *value);

/* EIP-7702: what an account that lends itself to `target` has as code. */
#define CHEVMI_DELEGATION_SIZE 23u

static inline void chevmi_delegation_write(uint8_t code[CHEVMI_DELEGATION_SIZE],
                                           const chevm_address *target) {
    static const uint8_t prefix[3] = {0xef, 0x01, 0x00};
    memcpy(code, prefix, sizeof prefix);
    memcpy(code + sizeof prefix, target->bytes, sizeof target->bytes);
}

/* True, and the target, if the account's code is such a designation. */
static inline bool chevmi_delegation_read(const chevm_account *account, chevm_address *target) {
    if (account->code_size != CHEVMI_DELEGATION_SIZE || account->code[0] != 0xef ||
        account->code[1] != 0x01 || account->code[2] != 0x00) {
        return false;
    }
    memcpy(target->bytes, account->code + 3, sizeof target->bytes);
    return true;
}

#endif
