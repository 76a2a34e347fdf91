/* ledger.c: the account of violations: their number, and one row per site (section, call, stack) in
 * a fixed table. Used in violations only, so shared atomics are cheap enough.
 *
 * It lies in pages of its own that the kernel empties in a fork child (MADV_WIPEONFORK, Linux
 * 4.14): a child answers for its own violations without any fork handler. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "session_shared.h"
#include "state.h"

#define PAGE_BYTES   4096u
#define LEDGER_BYTES (6 * PAGE_BYTES)

typedef union ledger_pages {
    struct {
        uint64_t violations;
        uint64_t unplaced; /* violations at places that found no row */
        int process;       /* whose account this is; 0: not known yet */
        uint32_t reports;
        chi_guard_ledger_row rows[CHI_SITE_MAX];
    } account;
    unsigned char pages[LEDGER_BYTES];
} ledger_pages;

_Static_assert(sizeof(ledger_pages) == LEDGER_BYTES, "whole pages, or it would wipe neighbours");

static _Alignas(PAGE_BYTES) ledger_pages ledger;

void chi_guard_ledger_init(void) {
    (void)madvise(&ledger, sizeof ledger, MADV_WIPEONFORK);
    __atomic_store_n(&ledger.account.process, (int)getpid(), __ATOMIC_RELAXED);
}

static uint64_t site_key(const chi_guard_site *site) {
    uint64_t key = (uint64_t)(uintptr_t)site->section * UINT64_C(0x9e3779b97f4a7c15);
    key = (key ^ (key >> 29) ^ (uint64_t)(uintptr_t)site->caller) * UINT64_C(0xbf58476d1ce4e5b9);
    key = (key ^ (key >> 32) ^ site->call) * UINT64_C(0x94d049bb133111eb);
    key = (key ^ (key >> 31) ^ site->stack) * UINT64_C(0x9e3779b97f4a7c15);
    return key | 1;
}

static void own_account(void) {
    int nobody = 0;
    if (__atomic_load_n(&ledger.account.process, __ATOMIC_RELAXED) == nobody) {
        __atomic_compare_exchange_n(&ledger.account.process, &nobody, (int)getpid(), false,
                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
}

chi_guard_ledger_row *chi_guard_ledger_find(const chi_guard_site *site) {
    own_account();
    const uint64_t key = site_key(site);
    for (size_t i = 0; i < CHI_SITE_MAX; i++) {
        chi_guard_ledger_row *row = &ledger.account.rows[(key + i) % CHI_SITE_MAX];
        uint64_t found = 0;
        if (__atomic_compare_exchange_n(&row->key, &found, key, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            row->site.section = site->section;
            row->site.caller = site->caller;
            row->site.stack = site->stack;
            row->site.call = site->call;
            row->site.sealed = site->sealed;
            return row;
        }
        if (found == key) {
            return row;
        }
    }
    return NULL;
}

uint64_t chi_guard_ledger_add(uint64_t *repeat, chi_guard_ledger_row *row) {
    own_account();
    uint64_t *place = row != NULL ? &row->site.count : &ledger.account.unplaced;
    *repeat = __atomic_add_fetch(place, 1, __ATOMIC_ACQ_REL);
    return __atomic_add_fetch(&ledger.account.violations, 1, __ATOMIC_RELAXED);
}

bool chi_guard_ledger_print_one(void) {
    uint32_t *printed =
        chi_guard_session != NULL ? &chi_guard_session->reports : &ledger.account.reports;
    return __atomic_fetch_add(printed, 1, __ATOMIC_RELAXED) < chi_guard_settings.config.max_reports;
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
        ledger.account.rows[i] = (chi_guard_ledger_row){0};
    }
    ledger.account.unplaced = 0;
    ledger.account.reports = 0;
    __atomic_store_n(&ledger.account.violations, 0, __ATOMIC_RELEASE);
}
