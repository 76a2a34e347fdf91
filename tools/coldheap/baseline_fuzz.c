/* baseline_fuzz.c: any text is a baseline or refused; what is one is written so that it reads back
 * as the same. */
#include "baseline.h"

#include "codes.h"
#include "fuzz.h"
#include "message.h"
#include "store.h"

#include <string.h>

#define TEXT_BYTES ((size_t)1 << 22)

typedef struct text {
    char *bytes;
    size_t used;
} text;

static void keep(void *context, const char *bytes, size_t size) {
    text *to = context;
    if (to->bytes != NULL) {
        CH_REQUIRE(size <= TEXT_BYTES - to->used);
        memcpy(to->bytes + to->used, bytes, size);
        to->used += size;
    }
}

static void read_back(const baseline *in) {
    char buffer[256];
    sink target;
    text written = {.bytes = store_alloc(TEXT_BYTES, 1)};
    baseline again;
    baseline_diff found;
    sink_into(&target, "written", buffer, sizeof buffer, keep, &written);
    baseline_write(&target, in);
    sink_flush(&target);
    CH_REQUIRE(baseline_parse(&again, "written", written.bytes, written.used) == EXIT_DONE);
    baseline_compare(&found, in, &again, 0);
    CH_REQUIRE(found.count == 0 && again.count == in->count);
}

/* Names that are no UTF-8 are written with U+FFFD, and two may become one. */
static bool is_plain(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (data[i] >= 0x80 || data[i] == '\\') {
            return false;
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char HEAD[] = "coldheap baseline 1\n";
    static char buffer[256];
    static bool open;
    if (!open) {
        open = store_open() == EXIT_DONE;
        CH_REQUIRE(open);
    }
    sink quiet;
    text nowhere = {.bytes = NULL};
    sink_into(&quiet, "quiet", buffer, sizeof buffer, keep, &nowhere);
    message_route(&quiet);
    ch_arena_point point = store_mark();
    size_t head = size > 0 && data[0] == '#' ? sizeof HEAD - 1 : 0; /* random bytes begin none */
    char *copy = store_alloc(size + sizeof HEAD, 1);
    memcpy(copy, HEAD, head);
    if (size > 0) {
        memcpy(copy + head, data, size);
    }
    baseline in;
    if (baseline_parse(&in, "input", copy, head + size) == EXIT_DONE && is_plain(data, size)) {
        read_back(&in);
    }
    store_release(point);
    message_route(NULL);
    return 0;
}
