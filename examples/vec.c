/* vec.c: a journal of changes with a fixed number of lines: what is written can be taken back to
 * any earlier length, and a journal that is full says so before anything is changed. */
#include <stdint.h>
#include <stdio.h>

typedef struct change {
    uint32_t account;
    uint32_t balance_before;
} change;

#define CH_VEC_NAME journal
#define CH_VEC_TYPE change
#define CH_VEC_CAP  8
#include <coldheap/tmpl/vec.h>

static uint32_t balances[4] = {100, 100, 100, 100};

/* False: the journal is full, nothing was changed. */
static bool set_balance(journal *log, uint32_t account, uint32_t balance) {
    if (journal_push(log, &(change){account, balances[account]}) != CH_OK) {
        return false;
    }
    balances[account] = balance;
    return true;
}

static void undo_to(journal *log, size_t length) {
    change last;
    while (journal_count(log) > length && journal_pop(log, &last) == CH_OK) {
        balances[last.account] = last.balance_before;
    }
}

int main(void) {
    journal log;
    if (journal_init(&log) != CH_OK || !set_balance(&log, 0, 70) || !set_balance(&log, 1, 130)) {
        return 1;
    }
    size_t checkpoint = journal_count(&log);
    while (set_balance(&log, 2, balances[2] + 1)) {}
    printf("full after %zu changes, account 2 has %u\n", journal_count(&log), balances[2]);
    undo_to(&log, checkpoint);
    printf("back at %zu changes, account 2 has %u\n", journal_count(&log), balances[2]);
    return balances[1] == 130 && balances[2] == 100 && journal_count(&log) == 2 ? 0 : 1;
}
