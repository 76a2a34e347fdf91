/* kinds_test.c: the six kinds: their sizes, strides and names, what options may say, and that
 * objects are zero however they were left. */
#define _GNU_SOURCE
#include <coldheap/kinds.h>

#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "mem/checked.h"

static ch_kinds_options some(void) {
    ch_kinds_options options = {.counts = {4, 3, 5, 2, 0, 1}};
    options.object_bytes[CH_KIND_FRAME] = 200;
    options.aligns[CH_KIND_FRAME] = 64;
    options.object_bytes[CH_KIND_TRANSACTION] = 77;
    options.aligns[CH_KIND_TRANSACTION] = 1;
    return options;
}

TEST(kinds_have_names_and_fixed_sizes) { /* M35 */
    static const char *const names[] = {"u256",  "hash",    "address",
                                        "frame", "account", "transaction"};
    static const size_t bytes[] = {32, 32, 20, 200, 0, 77};
    ch_kinds_options options = some();
    ch_pool_spec specs[CH_KIND_COUNT];
    CHECK_EQUAL(CH_KIND_COUNT, 6);
    CHECK_EQUAL(ch_kinds_specs(specs, &options), CH_OK);
    for (size_t kind = 0; kind < CH_KIND_COUNT; kind++) {
        CHECK_TEXT(ch_kind_name(kind), names[kind]);
        CHECK_TEXT(specs[kind].name, names[kind]);
        CHECK_EQUAL(specs[kind].object_bytes, bytes[kind]);
        CHECK_EQUAL(specs[kind].count, options.counts[kind]);
        CHECK_EQUAL(specs[kind].flags, CH_POOL_ZERO_ON_RELEASE);
    }
    CHECK_TEXT(ch_kind_name(CH_KIND_COUNT), "?");
    ch_pool_options address = {.object_bytes = specs[CH_KIND_ADDRESS].object_bytes,
                               .align = specs[CH_KIND_ADDRESS].align,
                               .count = 1};
    CHECK(chi_checked() || ch_pool_stride(&address) == 20);
    options.keep_contents = true;
    CHECK_EQUAL(ch_kinds_specs(specs, &options), CH_OK);
    CHECK_EQUAL(specs[CH_KIND_HASH].flags, 0);
}

TEST(kinds_options_are_checked_field_by_field) { /* M2 M35 */
    ch_pool_spec specs[CH_KIND_COUNT];
    ch_pool_spec before[CH_KIND_COUNT];
    memset(specs, 7, sizeof specs);
    memcpy(before, specs, sizeof specs);
    ch_kinds_options options = some();
    CHECK_EQUAL(ch_kinds_specs(NULL, &options), CH_EINVAL);
    CHECK_EQUAL(ch_kinds_specs(specs, NULL), CH_EINVAL);
    for (size_t kind = 0; kind < CH_KIND_COUNT; kind++) {
        options = some();
        options.counts[kind] = 1;
        bool open = kind >= CH_KIND_FRAME;
        options.object_bytes[kind] = open ? 0 : 31;
        CHECK_EQUAL(ch_kinds_specs(specs, &options), CH_EINVAL);
        options = some();
        options.counts[kind] = 1;
        options.object_bytes[kind] = open ? 8 : 0;
        options.aligns[kind] = open ? 0 : 1;
        CHECK_EQUAL(ch_kinds_specs(specs, &options), CH_EINVAL);
    }
    CHECK_BYTES(specs, before, sizeof specs);
    options = some();
    options.object_bytes[CH_KIND_U256] = 32; /* its own size may be said */
    CHECK_EQUAL(ch_kinds_specs(specs, &options), CH_OK);
}

TEST(kinds_objects_are_zero_however_they_were_left) { /* M32 M35 */
    ch_kinds_options options = some();
    ch_pool_spec specs[CH_KIND_COUNT];
    static ch_pools set;
    CHECK_EQUAL(ch_kinds_specs(specs, &options), CH_OK);
    size_t need = ch_pools_footprint(specs, CH_KIND_COUNT);
    uint8_t *memory = aligned_alloc(64, (need + 63) / 64 * 64);
    memset(memory, 0xa5, need);
    CHECK_EQUAL(ch_pools_init(&set, memory, need, specs, CH_KIND_COUNT), CH_OK);
    for (size_t round = 0; round < 4; round++) {
        for (size_t kind = 0; kind < CH_KIND_COUNT; kind++) {
            static const uint8_t zero[200];
            uint8_t *objects[8];
            size_t count = 0;
            while ((objects[count] = ch_pools_acquire(&set, kind)) != NULL) {
                CHECK_BYTES(objects[count], zero, specs[kind].object_bytes);
                memset(objects[count++], 0x5e, specs[kind].object_bytes);
            }
            CHECK_EQUAL(count, options.counts[kind]);
            CHECK_EQUAL(ch_pools_available(&set, kind), 0);
            CHECK(ch_pools_utilization(&set, kind) == (count > 0 ? 1.0 : 0.0));
            for (size_t i = 0; i < count && round % 2 == 0; i++) {
                CHECK_EQUAL(ch_pools_release(&set, kind, objects[i]), CH_OK);
            }
            CHECK_EQUAL(ch_pools_reset_kind(&set, kind), count > 0 ? CH_OK : CH_ENOENT);
        }
    }
    CHECK_EQUAL(ch_pools_fini(&set), CH_OK);
    free(memory);
}
