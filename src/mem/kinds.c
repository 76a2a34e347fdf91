/* kinds.c: see kinds.h. */
#include <coldheap/kinds.h>

typedef struct kind_row {
    const char *name;
    size_t object_bytes;
    size_t align;
} kind_row;

static const kind_row ROWS[CH_KIND_COUNT] = {
#define ROW(kind, name, bytes, align) {name, bytes, align},
    CH_KIND_ROWS(ROW)
#undef ROW
};

const char *ch_kind_name(size_t kind) {
    return kind < CH_KIND_COUNT ? ROWS[kind].name : "?";
}

/* The fixed value, or the one that an open kind was given; 0 if they contradict. */
static size_t settle(size_t fixed, size_t given) {
    if (fixed == 0) {
        return given;
    }
    return given == 0 || given == fixed ? fixed : 0;
}

ch_status ch_kinds_specs(ch_pool_spec specs[CH_KIND_COUNT], const ch_kinds_options *options) {
    ch_pool_spec made[CH_KIND_COUNT];
    if (specs == NULL || options == NULL) {
        return CH_EINVAL;
    }
    for (size_t kind = 0; kind < CH_KIND_COUNT; kind++) {
        made[kind] = (ch_pool_spec){
            .name = ROWS[kind].name,
            .object_bytes = settle(ROWS[kind].object_bytes, options->object_bytes[kind]),
            .align = settle(ROWS[kind].align, options->aligns[kind]),
            .count = options->counts[kind],
            .flags = options->keep_contents ? 0 : CH_POOL_ZERO_ON_RELEASE,
        };
        bool whole = made[kind].object_bytes != 0 && made[kind].align != 0;
        if (!whole && (made[kind].count > 0 || ROWS[kind].object_bytes != 0)) {
            return CH_EINVAL;
        }
    }
    for (size_t kind = 0; kind < CH_KIND_COUNT; kind++) {
        specs[kind] = made[kind];
    }
    return CH_OK;
}
