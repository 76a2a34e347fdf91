/* fork_rules.h: what the state does differently from fork to fork: one row per switch with the fork
 * that turned it on. Code asks a switch, never a fork. */
#ifndef CHEVMI_FORK_RULES_H
#define CHEVMI_FORK_RULES_H

#include <coldevm/types.h>

// clang-format off
/* X(name, first fork) */
#define CHEVMI_FORK_RULE_ROWS(X)                                                                  \
    X(unpaid_code_fails,    HOMESTEAD) /* EIP-2: no gas for the deposit fails the creation */      \
    X(clears_empty,         SPURIOUS)  /* EIP-161: touched empty accounts vanish */                \
    X(new_nonce_is_one,     SPURIOUS)  /* EIP-161: nonce of a new contract */                      \
    X(limits_code_size,     SPURIOUS)  /* EIP-170 */                                               \
    X(has_access_lists,     BERLIN)    /* EIP-2929 */                                              \
    X(refuses_ef_code,      LONDON)    /* EIP-3541 */                                              \
    X(warms_coinbase,       SHANGHAI)  /* EIP-3651 */                                              \
    X(destroys_only_new,    CANCUN)    /* EIP-6780 */
// clang-format on

#define CHEVMI_CODE_BYTE_GAS 200    /* deposit of a created code, per byte */
#define CHEVMI_CODE_SIZE_MAX 24576u /* EIP-170 */

typedef struct chevmi_fork_rules {
    chevm_fork fork;
#define CHEVMI_FORK_RULE_FIELD(name, first) bool name;
    CHEVMI_FORK_RULE_ROWS(CHEVMI_FORK_RULE_FIELD)
#undef CHEVMI_FORK_RULE_FIELD
} chevmi_fork_rules;

static inline void chevmi_fork_rules_build(chevmi_fork_rules *rules, chevm_fork fork) {
    rules->fork = fork;
#define CHEVMI_FORK_RULE_SET(name, first) rules->name = fork >= CHEVM_##first;
    CHEVMI_FORK_RULE_ROWS(CHEVMI_FORK_RULE_SET)
#undef CHEVMI_FORK_RULE_SET
}

#endif
