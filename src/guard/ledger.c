/* ledger.c: the account of violations: their number, and one row per place (section, call, caller)
 * in a fixed table. Used in violations only, so shared atomics are cheap enough.
 *
 * It lies in a page of its own that the kernel empties in a fork child (MADV_WIPEONFORK, Linux
 * 4.14): a child answers for its own violations without any fork handler. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "state.h"

#define PAGE_BYTES  4096u
#define REPORTS_MAX 20u

typedef struct ledger_row {
    uint64_t key; /* 0: free */
    chi_guard_site site;
} ledger_row;

typedef union ledger_page {
    struct {
        uint64_t violations;
        uint64_t unplaced; /* violations at places that found no row */
        int process;       /* whose account this is; 0: not known yet */
        uint32_t reports;
        ledger_row rows[CHI_SITE_MAX];
    } account;
    unsigned char page[PAGE_BYTES];
} ledger_page;

_Static_assert(sizeof(ledger_page) == PAGE_BYTES, "one page, or it would wipe its neighbours");

static _Alignas(PAGE_BYTES) ledger_page ledger;

void chi_guard_ledger_init(void) {
    (void)madvise(&ledger, sizeof ledger, MADV_WIPEONFORK);
    __atomic_store_n(&ledger.account.process, (int)getpid(), __ATOMIC_RELAXED);
}

static uint64_t site_key(const chi_guard_site *site) {
    uint64_t key = (uint64_t)(uintptr_t)site->section * UINT64_C(0x9e3779b97f4a7c15);
    key = (key ^ (key >> 29) ^ (uint64_t)(uintptr_t)site->caller) * UINT64_C(0xbf58476d1ce4e5b9);
    key = (key ^ (key >> 32) ^ site->call) * UINT64_C(0x94d049bb133111eb);
    return key | 1;
}

uint64_t chi_guard_ledger_add(uint64_t *repeat, const chi_guard_site *site) {
    int nobody = 0;
    __atomic_compare_exchange_n(&ledger.account.process, &nobody, (int)getpid(), false,
                                __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    const uint64_t key = site_key(site);
    *repeat = 0;
    for (size_t i = 0; i < CHI_SITE_MAX && *repeat == 0; i++) {
        ledger_row *row = &ledger.account.rows[(key + i) % CHI_SITE_MAX];
        uint64_t found = 0;
        if (__atomic_compare_exchange_n(&row->key, &found, key, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            row->site.section = site->section;
            row->site.caller = site->caller;
            row->site.call = site->call;
            row->site.sealed = site->sealed;
        } else if (found != key) {
            continue;
        }
        *repeat = __atomic_add_fetch(&row->site.count, 1, __ATOMIC_ACQ_REL);
    }
    if (*repeat == 0) {
        *repeat = __atomic_add_fetch(&ledger.account.unplaced, 1, __ATOMIC_RELAXED);
    }
    return __atomic_add_fetch(&ledger.account.violations, 1, __ATOMIC_RELAXED);
}

bool chi_guard_ledger_print_one(void) {
    return __atomic_fetch_add(&ledger.account.reports, 1, __ATOMIC_RELAXED) < REPORTS_MAX;
}

const chi_guard_site *chi_guard_ledger_site(size_t index) {
    const chi_guard_site *site = &ledger.account.rows[index].site;
    return __atomic_load_n(&site->count, __ATOMIC_ACQUIRE) != 0 ? site : NULL;
}

uint64_t chi_guard_ledger_unplaced(void) {
    return __atomic_load_n(&ledger.account.unplaced, __ATOMIC_RELAXED);
}

uint64_t chi_guard_ledger_mine(void) {
    const uint64_t violations = chi_guard_violations();
    if (violations == 0) {
        return 0;
    }
    return __atomic_load_n(&ledger.account.process, __ATOMIC_RELAXED) == (int)getpid() ? violations
                                                                                       : 0;
}

CHI_EXPORT uint64_t chi_guard_violations(void) {
    return __atomic_load_n(&ledger.account.violations, __ATOMIC_RELAXED);
}

void chi_guard_ledger_reset(void) {
    for (size_t i = 0; i < CHI_SITE_MAX; i++) {
        ledger.account.rows[i] = (ledger_row){0};
    }
    ledger.account.unplaced = 0;
    ledger.account.reports = 0;
    __atomic_store_n(&ledger.account.violations, 0, __ATOMIC_RELEASE);
}
