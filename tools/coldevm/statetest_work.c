/* statetest_work.c: files through workers. Each worker is a thread with a store, a machine and a
 * state of its own, all made before the heap is sealed; it takes the next file, plays its tests by
 * name, and puts what it has to say through the turnstile, in the order of the files. One worker
 * works in the calling thread. */
#include "statetest.h"

#include "codes.h"
#include "message.h"
#include "sort.h"
#include "store.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)1 << 20) /* of what a sink hands on at a time */

/* Where workers meet before the first file and after the last: threads may only begin and end while
 * the heap is open. */
typedef struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned ready;
    unsigned finished;
    bool begun;
    bool released;
} meeting;

static struct {
    const statetest_files *files;
    turnstile gate;
    meeting meeting;
} shared = {.meeting = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER}};

/* ---- What a worker says ---------------------------------------------------------------------- */

static void put_bytes(statetest_worker *worker, uint32_t kind, const char *bytes, size_t size) {
    while (size > 0) {
        size_t piece = size < PIECE_BYTES ? size : PIECE_BYTES;
        turnstile_put(&worker->lane, kind, bytes, piece);
        bytes += piece;
        size -= piece;
    }
}

static void put_err(void *worker, const char *bytes, size_t size) {
    put_bytes(worker, STATETEST_ERR, bytes, size);
}

static void put_trace(void *worker, const char *bytes, size_t size) {
    put_bytes(worker, STATETEST_TRACE, bytes, size);
}

static void put_dump(void *worker, const char *bytes, size_t size) {
    put_bytes(worker, STATETEST_DUMP, bytes, size);
}

/* A record with its texts behind it; the reader finds them again by their lengths. */
void statetest_put_record(statetest_worker *worker, uint32_t kind, const statetest_record *record) {
    const char *texts[] = {record->name, record->fork, record->file, record->error, record->note};
    ch_arena_point point = store_mark();
    size_t size = sizeof *record;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size += texts[i] != NULL ? strlen(texts[i]) + 1 : 0;
    }
    char *bytes = store_alloc(size, _Alignof(statetest_record));
    char *at = bytes + sizeof *record;
    memcpy(bytes, record, sizeof *record);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t length = texts[i] != NULL ? strlen(texts[i]) + 1 : 0;
        memcpy(at, texts[i] != NULL ? texts[i] : "", length);
        at += length;
    }
    sink_flush(&worker->trace);
    sink_flush(&worker->err);
    turnstile_put(&worker->lane, kind, bytes, size);
    store_release(point);
}

void statetest_mark(statetest_worker *worker, const statetest_record *record, const uint8_t *output,
                    size_t output_size) {
    uint8_t root[32];
    sink *out = &worker->err;
    if (!worker->plan->markers) {
        return;
    }
    chevm_u256_to_be32(root, &record->root);
    sink_text(out, "{\"stateRoot\":\"0x");
    sink_hex(out, root, sizeof root);
    sink_text(out, "\",\"output\":\"");
    sink_hex(out, output, output_size);
    sink_print(out, "\",\"gasUsed\":\"0x%llx\",\"pass\":%s,\"fork\":",
               (unsigned long long)record->gas_used, record->error == NULL ? "true" : "false");
    sink_json_text(out, record->fork);
    sink_text(out, ",\"time\":");
    sink_u64(out, record->time_ns);
    if (record->error != NULL) {
        sink_text(out, ",\"error\":");
        sink_json_text(out, record->error);
    }
    sink_text(out, "}\n");
    sink_flush(out);
}

/* ---- One file -------------------------------------------------------------------------------- */

/* What is wrong was printed: a failing item for a whole file or test. */
static void put_unread(statetest_worker *worker, const char *name, const char *file, int code) {
    const statetest_record record = {
        .name = name, .fork = "", .file = file, .error = message_last(), .code = code};
    if (!worker->plan->list) {
        statetest_mark(worker, &record, NULL, 0);
    }
    statetest_put_record(worker, STATETEST_RECORD, &record);
}

/* Shards by name, so that a test stays in its chunk whatever files stand around it. */
static bool in_chunk(const statetest_plan *plan, const char *name) {
    uint64_t hash = 14695981039346656037u;
    for (; *name != 0; name++) {
        hash = (hash ^ (uint8_t)*name) * 1099511628211u;
    }
    hash ^= hash >> 32;
    return hash % plan->chunk_count + 1 == plan->chunk;
}

static bool is_selected(const statetest_plan *plan, const char *name) {
    return (plan->chunk_count == 1 || in_chunk(plan, name)) &&
           (plan->run == NULL || pattern_matches(plan->run, name));
}

static void list_cases(statetest_worker *worker, const statetest *test) {
    for (size_t i = 0; i < test->case_count; i++) {
        const statetest_record record = {.name = test->name,
                                         .fork = test->cases[i].fork_name,
                                         .file = test->document->file.name,
                                         .index = test->cases[i].index,
                                         .is_case = true};
        statetest_put_record(worker, STATETEST_LISTED, &record);
    }
}

static void play_cases(statetest_worker *worker, const statetest *test) {
    for (size_t i = 0; i < test->case_count && !turnstile_is_stopped(&shared.gate); i++) {
        statetest_record record;
        ch_arena_point point = store_mark();
        statetest_play(worker, test, &test->cases[i], &record);
        statetest_put_record(worker, STATETEST_RECORD, &record);
        store_release(point);
    }
}

static void play_test(statetest_worker *worker, const json_document *document,
                      const json_node *node) {
    statetest test;
    int code = statetest_read_cases(&test, document, node, worker->plan);
    if (code == EXIT_DONE && worker->plan->list) {
        list_cases(worker, &test);
        return;
    }
    if (code == EXIT_DONE && test.case_count > 0) {
        code = statetest_read_test(&test);
        code = code == EXIT_DONE ? statetest_play_load(worker, &test) : code;
    }
    if (code != EXIT_DONE) {
        put_unread(worker, json_key(node), document->file.name, code);
    } else {
        play_cases(worker, &test);
    }
}

static int compare_names(const void *left, const void *right) {
    return strcmp(json_key(*(const json_node *const *)left),
                  json_key(*(const json_node *const *)right));
}

static int open_document(json_document *document, const char *path) {
    int code = json_open(document, path);
    if (code == EXIT_DONE && !json_is_object(document->root)) {
        code = json_error(document, document->root, "an object of tests is needed");
    }
    return code == EXIT_DONE ? json_unique(document, document->root) : code;
}

static void play_file(statetest_worker *worker, const char *path) {
    json_document document;
    int code = open_document(&document, path);
    if (code != EXIT_DONE) {
        put_unread(worker, path, path, code);
        return;
    }
    size_t count = 0;
    const json_node **tests = STORE_ARRAY(const json_node *, json_count(document.root));
    for (const json_node *node = json_first(document.root); node != NULL; node = json_next(node)) {
        if (is_selected(worker->plan, json_key(node))) {
            tests[count++] = node;
        }
    }
    sort_items(tests, count, sizeof *tests, compare_names);
    for (size_t i = 0; i < count && !turnstile_is_stopped(&shared.gate); i++) {
        ch_arena_point point = store_mark();
        play_test(worker, &document, tests[i]);
        store_release(point);
    }
}

static void play_files(statetest_worker *worker) {
    uint64_t number;
    while (turnstile_take(&worker->lane, &number)) {
        const char *path = shared.files->paths[number];
        ch_arena_point point = store_mark();
        play_file(worker, path);
        sink_flush(&worker->trace);
        sink_flush(&worker->err);
        turnstile_put(&worker->lane, STATETEST_FILE, path, strlen(path) + 1);
        turnstile_done(&worker->lane);
        store_release(point);
    }
}

/* ---- Workers --------------------------------------------------------------------------------- */

static int open_worker(statetest_worker *worker) {
    sink_into(&worker->err, "stderr", worker->err_buffer, sizeof worker->err_buffer, put_err,
              worker);
    sink_into(&worker->trace, "trace", worker->trace_buffer, sizeof worker->trace_buffer, put_trace,
              worker);
    sink_into(&worker->dump, "dump", worker->dump_buffer, sizeof worker->dump_buffer, put_dump,
              worker);
    int code = statetest_play_open(worker);
    return code == EXIT_DONE ? turnstile_join(&worker->lane, &shared.gate) : code;
}

static int close_worker(statetest_worker *worker) {
    int code = statetest_play_close(worker);
    turnstile_leave(&worker->lane);
    return code;
}

static void announce(unsigned *counter) {
    meeting *at = &shared.meeting;
    pthread_mutex_lock(&at->lock);
    ++*counter;
    pthread_cond_broadcast(&at->changed);
    pthread_mutex_unlock(&at->lock);
}

static void wait_until(const bool *condition) {
    meeting *at = &shared.meeting;
    pthread_mutex_lock(&at->lock);
    while (!*condition) {
        pthread_cond_wait(&at->changed, &at->lock);
    }
    pthread_mutex_unlock(&at->lock);
}

static void wait_for(const unsigned *counter, unsigned count) {
    meeting *at = &shared.meeting;
    pthread_mutex_lock(&at->lock);
    while (*counter < count) {
        pthread_cond_wait(&at->changed, &at->lock);
    }
    pthread_mutex_unlock(&at->lock);
}

static void allow(bool *condition) {
    meeting *at = &shared.meeting;
    pthread_mutex_lock(&at->lock);
    *condition = true;
    pthread_cond_broadcast(&at->changed);
    pthread_mutex_unlock(&at->lock);
}

static void *work(void *context) {
    statetest_worker *worker = context;
    bool has_store = store_open() == EXIT_DONE;
    worker->code = has_store ? open_worker(worker) : EXIT_LIMIT;
    announce(&shared.meeting.ready);
    wait_until(&shared.meeting.begun);
    if (worker->code == EXIT_DONE) {
        message_route(&worker->err);
        play_files(worker);
        message_route(NULL);
    }
    announce(&shared.meeting.finished);
    wait_until(&shared.meeting.released);
    if (has_store) {
        worker->code = statetest_worse(worker->code, close_worker(worker));
        store_close();
    }
    return NULL;
}

static void add_counts(opcode_count *total, const statetest_worker *worker) {
    for (size_t op = 0; op < 256; op++) {
        total->counts[op] += worker->listener.opcodes.counts[op];
    }
}

/* Several threads; none starts on the files if one of them could not be opened. */
static int work_in_threads(const statetest_plan *plan, statetest_worker *workers,
                           opcode_count *total) {
    unsigned started = 0;
    int code = EXIT_DONE;
    while (started < plan->workers &&
           pthread_create(&workers[started].thread, NULL, work, &workers[started]) == 0) {
        started++;
    }
    wait_for(&shared.meeting.ready, started);
    for (unsigned i = 0; i < started; i++) {
        code = code == EXIT_DONE ? workers[i].code : code;
    }
    if (code == EXIT_DONE && started == 0) {
        code = message_error(EXIT_LIMIT, "workers", 0, "no thread can be started");
    }
    if (code != EXIT_DONE) {
        turnstile_stop(&shared.gate);
    }
    seal_process(plan->sealing);
    allow(&shared.meeting.begun);
    wait_for(&shared.meeting.finished, started);
    seal_process_end();
    for (unsigned i = 0; i < started; i++) {
        add_counts(total, &workers[i]);
    }
    allow(&shared.meeting.released);
    for (unsigned i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        code = statetest_worse(code, workers[i].code);
    }
    return code;
}

/* The files of one PATH of stdin after the other. */
static void work_on_lines(statetest_worker *worker, statetest_report *report) {
    char line[PATH_MAX];
    while (!report->stopped && statetest_files_line(line, sizeof line)) {
        statetest_files files = {NULL, 0};
        ch_arena_point point = store_mark();
        statetest_files_add(&files, line);
        shared.files = &files;
        turnstile_open(&shared.gate, files.count, statetest_report_deliver, report);
        statetest_report_begin(report, files.count);
        play_files(worker);
        statetest_report_end(report);
        store_release(point);
    }
}

static int work_here(const statetest_plan *plan, statetest_worker *worker, statetest_report *report,
                     opcode_count *total) {
    int code = open_worker(worker);
    if (code == EXIT_DONE) {
        message_route(&worker->err);
        seal_process(plan->sealing);
        if (plan->batch) {
            work_on_lines(worker, report);
        } else {
            play_files(worker);
        }
        seal_process_end();
        message_route(NULL);
    }
    add_counts(total, worker);
    return statetest_worse(code, close_worker(worker));
}

int statetest_work(const statetest_plan *plan, const statetest_files *files,
                   statetest_report *report) {
    static opcode_count total;
    statetest_worker *workers = STORE_ARRAY(statetest_worker, plan->workers);
    for (uint32_t i = 0; i < plan->workers; i++) {
        workers[i].plan = plan;
    }
    opcode_count_init(&total, CHEVM_FORK_NEWEST);
    json_init();
    shared.files = files;
    report->gate = &shared.gate;
    turnstile_open(&shared.gate, files->count, statetest_report_deliver, report);
    if (!plan->batch) {
        statetest_report_begin(report, files->count);
    }
    int code = plan->workers == 1 ? work_here(plan, workers, report, &total)
                                  : work_in_threads(plan, workers, &total);
    if (!plan->batch) {
        statetest_report_end(report);
    }
    if (code == EXIT_DONE && plan->opcode_count != NULL) {
        code = opcode_count_write(&total, plan->opcode_count);
    }
    return code;
}
