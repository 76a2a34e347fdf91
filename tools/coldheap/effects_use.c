/* effects_use.c: the table when prove first needs it; see effects_use.h. */
#include "effects_use.h"

#include "codes.h"
#include "effects_cache.h"
#include "message.h"

static void open_table(effects_use *in) {
    const effects_settings settings = {.archive = in->libc->path, .only_kept = true};
    in->asked = true;
    in->opened = effects_table_open(&in->table, &settings) == EXIT_DONE;
    if (in->opened) {
        message_note("coldheap: the C library as `coldheap effects` has it: build id %.60s, %s",
                     in->table.libc.build_id, in->table.origin);
    } else {
        message_note("coldheap: no table of effects is kept here: the C library is looked into in "
                     "%s alone",
                     in->libc->path);
    }
}

const effect_row *effects_use_find(effects_use *in, const char *name) {
    if (in->libc == NULL) {
        return NULL;
    }
    if (!in->asked) {
        open_table(in);
    }
    return in->opened ? effects_table_find(&in->table, name) : NULL;
}

bool effects_use_check(const char *archive) {
    image_set set = {.first = NULL};
    libc_identity libc;
    bool fits = libc_identify(&libc, &set, NULL, archive) != EXIT_DONE || libc_versions_fit(&libc);
    if (!fits) {
        message_note("coldheap: %s is of another C library than %s: its functions are unknown",
                     archive, libc.shared_path);
    }
    image_close(&set);
    return fits;
}
