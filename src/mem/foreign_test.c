/* Sizes by name are those of the structs. */
#include <coldheap/arena.h>
#include <coldheap/foreign.h>
#include <coldheap/manager.h>
#include <coldheap/xpool.h>

#include "harness.h"

TEST(foreign_sizes_are_those_of_the_structs) {
    CHECK_EQUAL(ch_object_bytes("arena"), sizeof(ch_arena));
    CHECK_EQUAL(ch_object_align("arena"), CH_ALIGNOF(ch_arena));
    CHECK_EQUAL(ch_object_bytes("manager"), sizeof(ch_manager));
    CHECK_EQUAL(ch_object_bytes("xpool_shard"), sizeof(ch_xpool_shard));
    CHECK_EQUAL(ch_object_align("xpool_shard"), CH_ALIGNOF(ch_xpool_shard));
}

TEST(foreign_unknown_names_have_no_size) {
    CHECK_EQUAL(ch_object_bytes(NULL), 0);
    CHECK_EQUAL(ch_object_bytes(""), 0);
    CHECK_EQUAL(ch_object_bytes("aren"), 0);
    CHECK_EQUAL(ch_object_align("ch_arena"), 0);
    CHECK_EQUAL(ch_object_align(NULL), 0);
}
