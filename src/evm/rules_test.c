/* The schedules against the histories in the EIPs, fork by fork. */
#include "rules.h"

#include "harness.h"

/* Static prices that changed, over all forks: Frontier .. Osaka. */
static const struct {
    uint8_t op;
    uint16_t price[CHEVM_FORK_COUNT];
} HISTORIES[] = {
    {CHEVMI_OP_SLOAD, {50, 50, 200, 200, 200, 200, 200, 800, 100, 100, 100, 100, 100, 100, 100}},
    {CHEVMI_OP_BALANCE, {20, 20, 400, 400, 400, 400, 400, 700, 100, 100, 100, 100, 100, 100, 100}},
    {CHEVMI_OP_EXTCODESIZE,
     {20, 20, 700, 700, 700, 700, 700, 700, 100, 100, 100, 100, 100, 100, 100}},
    {CHEVMI_OP_EXTCODEHASH, {0, 0, 0, 0, 0, 400, 400, 700, 100, 100, 100, 100, 100, 100, 100}},
    {CHEVMI_OP_CALL, {40, 40, 700, 700, 700, 700, 700, 700, 100, 100, 100, 100, 100, 100, 100}},
    {CHEVMI_OP_SELFDESTRUCT,
     {0, 0, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000}},
    {CHEVMI_OP_ADD, {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}},
};

TEST(rules_static_prices_follow_their_history) {
    for (size_t i = 0; i < sizeof HISTORIES / sizeof HISTORIES[0]; i++) {
        for (unsigned fork = 0; fork < CHEVM_FORK_COUNT; fork++) {
            chevmi_rules rules;
            chevmi_rules_build(&rules, (chevm_fork)fork);
            CHECK_EQUAL(rules.price[HISTORIES[i].op], HISTORIES[i].price[fork]);
        }
    }
}

TEST(rules_number_of_opcodes_grows_with_the_forks) {
    /* Counted from the EIPs: base set, 7, 140/211/214, 145/1014/1052, 1344/1884, 3198, 3855, five
     * of Cancun, 7939. INVALID is one of them. */
    static const unsigned COUNTS[CHEVM_FORK_COUNT] = {130, 131, 131, 131, 135, 140, 140, 142,
                                                      142, 143, 143, 144, 149, 149, 150};
    for (unsigned fork = 0; fork < CHEVM_FORK_COUNT; fork++) {
        chevmi_rules rules;
        unsigned count = 0;
        chevmi_rules_build(&rules, (chevm_fork)fork);
        for (unsigned op = 0; op < 256; op++) {
            count += rules.defined[op];
        }
        CHECK_EQUAL(count, COUNTS[fork]);
    }
}

/* EIP-2200, 2929, 3529 in closed form, to hold the table against: gas and refund by case. */
static chevmi_storage_price eip2200(chevm_storage_status status, int32_t load, int32_t reset,
                                    int32_t clear) {
    switch (status) {
    case CHEVM_STORAGE_ADDED:
        return (chevmi_storage_price){20000, 0};
    case CHEVM_STORAGE_MODIFIED:
        return (chevmi_storage_price){reset, 0};
    case CHEVM_STORAGE_DELETED:
        return (chevmi_storage_price){reset, clear};
    case CHEVM_STORAGE_DELETED_ADDED:
        return (chevmi_storage_price){load, -clear};
    case CHEVM_STORAGE_MODIFIED_DELETED:
        return (chevmi_storage_price){load, clear};
    case CHEVM_STORAGE_DELETED_RESTORED:
        return (chevmi_storage_price){load, reset - load - clear};
    case CHEVM_STORAGE_ADDED_DELETED:
        return (chevmi_storage_price){load, 20000 - load};
    case CHEVM_STORAGE_MODIFIED_RESTORED:
        return (chevmi_storage_price){load, reset - load};
    default:
        return (chevmi_storage_price){load, 0};
    }
}

TEST(rules_storage_prices_follow_the_formulas_of_the_eips) {
    static const struct {
        chevm_fork fork;
        int32_t load, reset, clear;
    } REGIMES[] = {{CHEVM_CONSTANTINOPLE, 200, 5000, 15000},
                   {CHEVM_ISTANBUL, 800, 5000, 15000},
                   {CHEVM_BERLIN, 100, 2900, 15000},
                   {CHEVM_LONDON, 100, 2900, 4800},
                   {CHEVM_OSAKA, 100, 2900, 4800}};
    for (size_t i = 0; i < sizeof REGIMES / sizeof REGIMES[0]; i++) {
        chevmi_rules rules;
        chevmi_rules_build(&rules, REGIMES[i].fork);
        for (int status = 0; status < 9; status++) {
            chevmi_storage_price want = eip2200((chevm_storage_status)status, REGIMES[i].load,
                                                REGIMES[i].reset, REGIMES[i].clear);
            CHECK_EQUAL(rules.storage[status].gas, want.gas);
            CHECK_EQUAL((int64_t)rules.storage[status].refund, (int64_t)want.refund);
        }
    }
}

TEST(rules_storage_prices_before_net_metering_and_after_its_removal) {
    static const chevm_fork FORKS[] = {CHEVM_FRONTIER, CHEVM_BYZANTIUM, CHEVM_PETERSBURG};
    for (size_t i = 0; i < sizeof FORKS / sizeof FORKS[0]; i++) {
        chevmi_rules rules;
        chevmi_rules_build(&rules, FORKS[i]);
        CHECK_EQUAL(rules.storage[CHEVM_STORAGE_ADDED].gas, 20000);
        CHECK_EQUAL(rules.storage[CHEVM_STORAGE_DELETED_ADDED].gas, 20000);
        CHECK_EQUAL(rules.storage[CHEVM_STORAGE_ASSIGNED].gas, 5000);
        CHECK_EQUAL(rules.storage[CHEVM_STORAGE_ADDED_DELETED].refund, 15000);
        CHECK_EQUAL(rules.storage[CHEVM_STORAGE_MODIFIED_RESTORED].refund, 0);
    }
}
