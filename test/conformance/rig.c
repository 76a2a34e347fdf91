/* rig.c: see rig.h. */
#include "rig.h"

#include "seal.h"
#include "store.h"

#include <coldevm/hash.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *name;
    chevm_engine engine;
    chevm_fusing fusing;
} BUILDS[RIG_BUILD_COUNT] = {
    {"fast", CHEVM_ENGINE_FAST, CHEVM_FUSE_NEVER},
    {"fused", CHEVM_ENGINE_FAST, CHEVM_FUSE_AT_ONCE},
    {"portable", CHEVM_ENGINE_PORTABLE, CHEVM_FUSE_NEVER},
    {"portable-fused", CHEVM_ENGINE_PORTABLE, CHEVM_FUSE_AT_ONCE},
};

bool rig_open(rig *r, uint64_t gas) {
    const char *sample = getenv("COLDHEAP_CONFORMANCE_SAMPLE");
    *r = (rig){.sample = sample != NULL ? (unsigned)strtoul(sample, NULL, 10) : 1};
    r->sample = r->sample > 0 ? r->sample : 1;
    const stage_options options = {
        .fork = CHEVM_OSAKA, .gas = gas, .memory_bytes = UINT64_C(256) << 20};
    return stage_open(&r->on, &options) == 0;
}

void rig_close(rig *r) {
    stage_close(&r->on);
}

/* FNV-1a; stable, so that a sample is the same everywhere. */
static uint64_t name_hash(const char *name) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name != 0; name++) {
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    }
    return hash;
}

bool rig_begin_case(rig *r, const char *name) {
    r->case_name = name;
    r->case_failed = false;
    return name_hash(name) % r->sample == 0;
}

void rig_end_case(rig *r) {
    r->ran++;
    r->failed += r->case_failed;
    printf("%sok %u - %s\n", r->case_failed ? "not " : "", r->ran, r->case_name);
    fflush(stdout);
}

void rig_complain(rig *r, const char *format, ...) {
    va_list arguments;
    r->case_failed = true;
    printf("# %s: ", r->case_name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void rig_skip_suite(rig *r, const char *what) {
    r->ran++;
    r->skipped++;
    printf("ok %u - %s # SKIP set COLDHEAP_FIXTURES to the unpacked public fixtures "
           "(ethereum/legacytests, go-ethereum core/vm/testdata)\n",
           r->ran, what);
}

static void play_once(rig *r, const world *source, const chevm_message *message, rig_build build,
                      rig_check check, void *context) {
    chevm_result result = {.status = CHEVM_INTERNAL};
    chevm_mark before;
    ch_status status = chevm_set_engine(r->on.vm, BUILDS[build].engine);
    status = status == CH_OK ? chevm_set_fusing(r->on.vm, BUILDS[build].fusing) : status;
    status = status == CH_OK ? chevm_state_mark(r->on.state, &before) : status;
    if (status != CH_OK || stage_begin(&r->on, &source->context) != CHEVM_OK) {
        rig_complain(r, "%s: no transaction to be had", BUILDS[build].name);
        return;
    }
    seal_begin(SEAL_COUNT);
    stage_call(&r->on, message, &result);
    seal_count heap = seal_end();
    r->plays++;
    r->heap_calls += heap.calls;
    if (heap.calls != 0) {
        rig_complain(r, "%s: %" PRIu64 " heap calls while sealed", BUILDS[build].name, heap.calls);
    }
    check(r, context, &result, BUILDS[build].name);
    if (chevm_state_in_transaction(r->on.state)) {
        stage_rollback(&r->on);
    }
    if (chevm_state_release(r->on.state, before) != CH_OK ||
        chevm_state_check(r->on.state, NULL) != CH_OK) {
        rig_complain(r, "%s: state is corrupt after the rollback", BUILDS[build].name);
    }
}

void rig_play(rig *r, const world *source, const chevm_message *message, unsigned builds,
              rig_check check, void *context) {
    chevm_state_reset(r->on.state);
    r->on.options.fork = source->fork;
    if (chevm_set_fork(r->on.vm, source->fork) != CH_OK ||
        world_load(source, r->on.state) != CHEVM_OK) {
        rig_complain(r, "the world does not load");
        return;
    }
    for (unsigned build = 0; build < RIG_BUILD_COUNT; build++) {
        if (builds == 0 || (builds >> build) & 1) {
            play_once(r, source, message, (rig_build)build, check, context);
        }
    }
}

const char *rig_fixtures(void) {
    const char *folder = getenv("COLDHEAP_FIXTURES");
    return folder != NULL && folder[0] != 0 ? folder : NULL;
}

void rig_walk(const char *folder, void (*each)(void *context, const char *path), void *context) {
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        ch_arena_point mark = store_mark();
        struct stat facts;
        const char *name = entries[i]->d_name;
        size_t length = strlen(name);
        const char *path = store_format("%s/%s", folder, name);
        if (name[0] != '.' && stat(path, &facts) == 0) {
            if (S_ISDIR(facts.st_mode)) {
                rig_walk(path, each, context);
            } else if (length > 5 && strcmp(name + length - 5, ".json") == 0) {
                each(context, path);
            }
        }
        store_release(mark);
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}

void rig_cannot_read(rig *r, const char *path) {
    r->case_name = path;
    r->case_failed = false;
    rig_complain(r, "cannot be read");
    rig_end_case(r);
}

void rig_run_document(rig *r, const char *path, const json_document *document, rig_test run) {
    const char *slash = strrchr(path, '/');
    unsigned number = 0;
    for (const json_node *test = json_first(document->root); test != NULL; test = json_next(test)) {
        const char *name = json_key(test);
        if (name == NULL || name[0] == 0) {
            name = store_format("%s %u", slash != NULL ? slash + 1 : path, ++number);
        }
        if (rig_begin_case(r, name)) {
            run(r, path, document, test);
            rig_end_case(r);
        }
    }
}

void rig_run_file(rig *r, const char *path, rig_test run) {
    ch_arena_point mark = store_mark();
    json_document document;
    if (json_open(&document, path) != 0) {
        rig_cannot_read(r, path);
    } else {
        rig_run_document(r, path, &document, run);
    }
    store_release(mark);
}

typedef struct folder_run {
    rig *r;
    rig_test run;
} folder_run;

static void run_each_file(void *context, const char *path) {
    const folder_run *folder = context;
    rig_run_file(folder->r, path, folder->run);
}

void rig_run_folder(rig *r, const char *folder, rig_test run) {
    folder_run all = {r, run};
    if (rig_fixtures() == NULL) {
        rig_skip_suite(r, folder);
        return;
    }
    ch_arena_point mark = store_mark();
    rig_walk(store_format("%s/%s", rig_fixtures(), folder), run_each_file, &all);
    store_release(mark);
}

void rig_seal(void) {
    seal_begin(SEAL_COUNT);
}

void rig_unseal(rig *r) {
    seal_count heap = seal_end();
    r->heap_calls += heap.calls;
    if (heap.calls != 0) {
        rig_complain(r, "%" PRIu64 " heap calls while sealed", heap.calls);
    }
}

static void to_hex(char *text, const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    text[2 * size] = 0;
}

bool rig_output_is(const chevm_result *result, const char *text) {
    char have[2 * 1024 + 32];
    if (strncmp(text, "keccak:", 7) == 0) {
        uint8_t hash[32];
        chevm_keccak256(hash, result->output, result->output_size);
        memcpy(have, "keccak:0x", 10);
        to_hex(have + 9, hash, sizeof hash);
        snprintf(have + strlen(have), 32, ":len=%zu", result->output_size);
    } else {
        if (result->output_size > 1024) {
            return false;
        }
        memcpy(have, "0x", 3);
        to_hex(have + 2, result->output, result->output_size);
    }
    return strcmp(have, text) == 0;
}
