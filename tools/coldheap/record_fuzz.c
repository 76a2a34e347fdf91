/* record_fuzz.c: any bytes are read as a record, or refused; never undefined behaviour. Random
 * bytes come nowhere, so the first byte chooses: they are the file, or changes to a sound one. */
#include "record.h"

#include "codes.h"
#include "fuzz.h"
#include "message.h"
#include "record_rig.h"
#include "store.h"

static rig made;

static void swallow(void *context, const char *bytes, size_t size) {
    (void)context, (void)bytes, (void)size;
}

static void make_sound(void) {
    static const uint64_t frames[] = {1, 2, 3};
    rig_begin(&made);
    made.header.tables = RIG_TABLES;
    rig_module(&made, "/bin/true", 0, 4096);
    for (uint32_t kind = 0; kind < CHI_TRACK_KIND_COUNT; kind++) {
        rig_blocks(&made, kind % RIG_TABLES, rig_site_add(&made, kind, frames, kind % 4), 9, kind,
                   100);
    }
}

/* Three bytes of place, one of how many follow: as the rest of the input lasts. */
static void change(const uint8_t *data, size_t size) {
    while (size >= 4) {
        size_t at = ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % sizeof made;
        size_t count = data[3] % 9u;
        data += 4;
        size -= 4;
        count = count < size ? count : size;
        count = count < sizeof made - at ? count : sizeof made - at;
        memcpy((uint8_t *)&made + at, data, count);
        data += count;
        size -= count;
    }
}

static void check(const record *in) {
    CH_REQUIRE(in->site_count >= CHI_TRACK_SITE_FIRST && in->site_count <= in->header.sites_max);
    for (size_t i = 0; i < in->site_count; i++) {
        const record_site *site = &in->sites[i];
        CH_REQUIRE(site->kind < CHI_TRACK_KIND_COUNT);
        CH_REQUIRE(site->frame_count <= CHI_TRACK_FRAMES_MAX);
        CH_REQUIRE(site->of.live_bytes <= site->of.bytes);
        for (uint32_t j = 0; j < site->frame_count; j++) {
            (void)record_module_at(in, site->frames[j]);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char buffer[256];
    static bool open;
    static record in;
    if (!open) {
        open = store_open() == EXIT_DONE;
        CH_REQUIRE(open);
    }
    sink quiet;
    sink_into(&quiet, "quiet", buffer, sizeof buffer, swallow, NULL);
    message_route(&quiet);
    record_source from = {.name = "input", .bytes = data, .size = size, .fd = -1};
    if (size > 0 && data[0] % 4 != 0) {
        make_sound();
        change(data + 1, size - 1);
        from.bytes = (const uint8_t *)&made;
        from.size = sizeof made;
    }
    ch_arena_point point = store_mark();
    if (record_read(&in, &from) == EXIT_DONE) {
        check(&in);
    }
    store_release(point);
    message_route(NULL);
    return 0;
}
