/* statetest_play.h: one case while it is played: shared by statetest_play.c, which runs it, and
 * statetest_verdict.c, which judges it. */
#ifndef COLDEVM_STATETEST_PLAY_H
#define COLDEVM_STATETEST_PLAY_H

#include "statetest.h"

typedef struct play {
    statetest_worker *worker;
    const statetest *test;
    const statetest_case *one;
    statetest_entry entry;
    chevm_block block;
    bool is_supported;
    bool encodes_differently; /* from its own bytes */
    bool root_failed;
    bool is_marked;
    chevm_mark mark;
    chevm_transaction transaction;
    chevm_rejection_facts undecoded; /* why the bytes or fields are no transaction at all */
    chevm_outcome outcome;           /* of the last run */
    chevm_u256 root, logs;
    uint64_t time_ns;
    const char *trouble; /* NULL, or what went wrong beside the test */
    int trouble_code;
} play;

/* play_prepare reads the entry and makes its transaction; an exit code. */
int play_prepare(play *it);

/* play_judge fills error, note and code of the record. */
void play_judge(const play *it, statetest_record *record);

bool play_is_rejected(const play *it);

#endif
