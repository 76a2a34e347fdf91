/* rules.h: what a fork is. One row per gas constant or EIP switch with its history; the active
 * chevmi_rules is built from the rows for one fork, and no handler ever asks which fork it is. */
#ifndef CHEVMI_RULES_H
#define CHEVMI_RULES_H

#include "ops.h"

#include <coldevm/host.h>

// clang-format off
/* X(name, (value, fork,value ...)): gas units, bytes, or 0/1. */
#define CHEVMI_RULE_ROWS(X)                                                                       \
    X(exp_byte,                 (10, CHEVM_SPURIOUS,50))      /* EIP-160 */                       \
    X(has_access_lists,         (0, CHEVM_BERLIN,1))          /* EIP-2929 */                      \
    X(cold_account,             (0, CHEVM_BERLIN,2500))       /* over the warm price; EIP-2929 */ \
    X(cold_beneficiary,         (0, CHEVM_BERLIN,2600))       /* SELFDESTRUCT, whole; EIP-2929 */ \
    X(cold_load,                (0, CHEVM_BERLIN,2000))       /* SLOAD over warm; EIP-2929 */     \
    X(cold_store,               (0, CHEVM_BERLIN,2100))       /* SSTORE, whole; EIP-2929 */       \
    X(keeps_64th,               (0, CHEVM_TANGERINE,1))       /* 63/64 rule; EIP-150 */           \
    X(new_account_needs_value,  (0, CHEVM_SPURIOUS,1))        /* EIP-161 */                       \
    X(selfdestruct_new_account, (0, CHEVM_TANGERINE,25000))   /* EIP-150 */                       \
    X(selfdestruct_refund,      (24000, CHEVM_LONDON,0))      /* EIP-3529 */                      \
    X(sstore_sentry,            (0, CHEVM_ISTANBUL,2300))     /* gas must exceed it; EIP-2200 */  \
    X(initcode_word,            (0, CHEVM_SHANGHAI,2))        /* EIP-3860 */                      \
    X(initcode_max,             (0, CHEVM_SHANGHAI,49152))    /* 0: no limit; EIP-3860 */         \
    X(follows_delegation,       (0, CHEVM_PRAGUE,1))          /* EIP-7702 */                      \
    X(randao,                   (0, CHEVM_PARIS,1))           /* name of 0x44 only; EIP-4399 */   \
    X(storage_regime,           (CHEVMI_REGIME_LEGACY,                                            \
                                 CHEVM_CONSTANTINOPLE,CHEVMI_REGIME_EIP1283,                      \
                                 CHEVM_PETERSBURG,CHEVMI_REGIME_LEGACY,                           \
                                 CHEVM_ISTANBUL,CHEVMI_REGIME_EIP2200,                            \
                                 CHEVM_BERLIN,CHEVMI_REGIME_EIP2929,                              \
                                 CHEVM_LONDON,CHEVMI_REGIME_EIP3529))

/* Gas and refund per storage status: X(status, legacy, EIP-1283, EIP-2200, EIP-2929, EIP-3529),
 * each a pair gas,refund. Cold access is charged apart. */
#define CHEVMI_STORAGE_ROWS(X)                                                                    \
    X(ASSIGNED,          5000,0,      200,0,       800,0,       100,0,       100,0)               \
    X(ADDED,             20000,0,     20000,0,     20000,0,     20000,0,     20000,0)             \
    X(DELETED,           5000,15000,  5000,15000,  5000,15000,  2900,15000,  2900,4800)           \
    X(MODIFIED,          5000,0,      5000,0,      5000,0,      2900,0,      2900,0)              \
    X(DELETED_ADDED,     20000,0,     200,-15000,  800,-15000,  100,-15000,  100,-4800)           \
    X(MODIFIED_DELETED,  5000,15000,  200,15000,   800,15000,   100,15000,   100,4800)            \
    X(DELETED_RESTORED,  20000,0,     200,-10200,  800,-10800,  100,-12200,  100,-2000)           \
    X(ADDED_DELETED,     5000,15000,  200,19800,   800,19200,   100,19900,   100,19900)           \
    X(MODIFIED_RESTORED, 5000,0,      200,4800,    800,4200,    100,2800,    100,2800)
// clang-format on

enum {
    CHEVMI_REGIME_LEGACY,
    CHEVMI_REGIME_EIP1283,
    CHEVMI_REGIME_EIP2200,
    CHEVMI_REGIME_EIP2929,
    CHEVMI_REGIME_EIP3529,
    CHEVMI_REGIME_COUNT
};

/* The same in every fork. */
enum {
    CHEVMI_GAS_COPY_WORD = 3,
    CHEVMI_GAS_KECCAK_WORD = 6,
    CHEVMI_GAS_LOG_BYTE = 8,
    CHEVMI_GAS_CALL_VALUE = 9000,
    CHEVMI_GAS_CALL_STIPEND = 2300,
    CHEVMI_GAS_NEW_ACCOUNT = 25000
};

typedef struct chevmi_storage_price {
    int32_t gas;
    int32_t refund;
} chevmi_storage_price;

/* The active schedule. */
typedef struct chevmi_rules {
    chevm_fork fork;                     /* for names and messages, never for semantics */
    const chevmi_storage_price *storage; /* by chevm_storage_status */
#define CHEVMI_RULE_FIELD(name, history) int32_t name;
    CHEVMI_RULE_ROWS(CHEVMI_RULE_FIELD)
#undef CHEVMI_RULE_FIELD
    uint16_t price[256]; /* static price; 0 for undefined codes */
    bool defined[256];   /* INVALID (0xfe) counts as defined */
} chevmi_rules;

/* Fills *rules for `fork` (valid). */
void chevmi_rules_build(chevmi_rules *rules, chevm_fork fork);

#endif
