/* contender.c: one rival playing one case: single runs, timed or counted, and judging their
 * answers; see contender.h. */
#include "contender.h"

#include "codes.h"
#include "message.h"
#include "seal.h"
#include "stage.h"
#include "store.h"

#include <coldevm/hash.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#if defined(__GLIBC__)
int malloc_trim(size_t keep_bytes); /* of glibc's malloc.h, which holds nothing else for us */
#endif

uint64_t contender_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t page_faults(void) {
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

/* Memory of the process that is really there, page by page, without what the heap only keeps; 0
 * where the system does not tell. What it grows by while a machine runs is what the machine has
 * touched of its reservation. */
static size_t resident_bytes(void) {
    static const char KEY[] = "Anonymous:";
    char text[4096];
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
    int fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    text[size > 0 ? size : 0] = 0;
    const char *at = strstr(text, KEY);
    return at != NULL ? (size_t)strtoull(at + sizeof KEY - 1, NULL, 10) * 1024 : 0;
}

/* ---- One run --------------------------------------------------------------------------------- */

/* What a transaction does before its message; not part of what is measured. */
chevm_status contender_begin(contender *it, chevm_message *message) {
    const bench_case *from = it->from;
    *message = it->message;
    chevm_status status = stage_begin(&it->on, &from->world.context);
    for (size_t i = 0; status == CHEVM_OK && i < from->warm_count; i++) {
        const case_warm *warm = &from->warm[i];
        status = chevm_state_warm_address(it->on.state, &warm->address);
        for (size_t j = 0; status == CHEVM_OK && j < warm->slot_count; j++) {
            status = chevm_state_warm_slot(it->on.state, &warm->address, &warm->slots[j]);
        }
    }
    return status == CHEVM_OK ? stage_address(&it->on, message, true) : status;
}

/* Runs and leaves the transaction open, so that its logs can be read. */
static contender_time run_open(contender *it, chevm_result *result) {
    chevm_message message;
    chevm_status status = contender_begin(it, &message);
    if (status != CHEVM_OK) {
        *result = (chevm_result){.status = status};
        return (contender_time){0, 0};
    }
    uint64_t cpu = it->by_cpu ? contender_clock(CLOCK_THREAD_CPUTIME_ID) : 0;
    uint64_t wall = contender_clock(CLOCK_MONOTONIC);
    stage_call(&it->on, &message, result);
    wall = contender_clock(CLOCK_MONOTONIC) - wall;
    cpu = it->by_cpu ? contender_clock(CLOCK_THREAD_CPUTIME_ID) - cpu : 0;
    return (contender_time){wall, cpu};
}

void contender_undo(contender *it) {
    if (chevm_state_in_transaction(it->on.state)) {
        stage_rollback(&it->on);
    }
}

/* ---- Is the answer right? -------------------------------------------------------------------- */

static bool output_is(const case_expected *expected, const chevm_result *result) {
    if (expected->output.size != result->output_size) {
        return false;
    }
    if (!expected->output_hashed) {
        return result->output_size == 0 ||
               memcmp(expected->output.bytes, result->output, result->output_size) == 0;
    }
    uint8_t bytes[32];
    chevm_u256 hash;
    chevm_keccak256(bytes, result->output, result->output_size);
    chevm_u256_from_be32(&hash, bytes);
    return chevm_u256_equal(&hash, &expected->output_hash);
}

static const char *judge(const contender *it, const chevm_result *result) {
    const case_expected *expected = &it->from->expected;
    uint64_t gas = (uint64_t)(it->message.gas - result->gas_left);
    size_t log_count = 0;
    chevm_u256 logs_hash;
    (void)chevm_state_logs(it->on.state, &log_count);
    chevm_state_logs_hash(it->on.state, &logs_hash);
    if (result->status != CHEVM_OK) {
        return store_format("%s", chevm_status_phrase(result->status));
    }
    if (expected->has_gas && gas != expected->gas) {
        return store_format("gas is %llu, want %llu", (unsigned long long)gas,
                            (unsigned long long)expected->gas);
    }
    if (expected->has_log_count && log_count != expected->log_count) {
        return store_format("%zu logs, want %llu", log_count,
                            (unsigned long long)expected->log_count);
    }
    if (expected->has_logs_hash && !chevm_u256_equal(&logs_hash, &expected->logs_hash)) {
        return "logs hash differs";
    }
    return expected->has_output && !output_is(expected, result) ? "output differs" : NULL;
}

/* Four bytes that stand for status, gas, output and logs. */
static uint32_t hash_result(const contender *it, const chevm_result *result) {
    chevm_keccak hash;
    chevm_u256 logs_hash;
    uint8_t bytes[32];
    const uint64_t head[3] = {(uint64_t)result->status, (uint64_t)result->gas_left,
                              result->output_size};
    chevm_keccak_init(&hash);
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++) {
        for (unsigned j = 0; j < 8; j++) {
            bytes[j] = (uint8_t)(head[i] >> (8 * j));
        }
        chevm_keccak_update(&hash, bytes, 8);
    }
    chevm_keccak_update(&hash, result->output, result->output_size);
    chevm_state_logs_hash(it->on.state, &logs_hash);
    chevm_u256_to_be32(bytes, &logs_hash);
    chevm_keccak_update(&hash, bytes, sizeof bytes);
    chevm_keccak_final(&hash, bytes);
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_same_answer(const contender *it, const chevm_result *result) {
    return result->status == it->answer.status && result->gas_left == it->answer.gas_left &&
           result->output_size == it->answer.output_size;
}

bool contender_run(contender *it, contender_time *spent) {
    chevm_result result;
    *spent = run_open(it, &result);
    bool same = is_same_answer(it, &result);
    contender_undo(it);
    return same;
}

/* ---- Before the rounds ----------------------------------------------------------------------- */

static int deploy(contender *it) {
    chevm_message message = it->from->message;
    chevm_result result = {.status = CHEVM_INTERNAL};
    message.kind = CHEVM_KIND_CREATE;
    message.input = it->from->initcode.bytes;
    message.input_size = it->from->initcode.size;
    chevm_u256_set_u64(&message.value, 0);
    chevm_status status = stage_begin(&it->on, &it->from->world.context);
    if (status == CHEVM_OK) {
        status = stage_address(&it->on, &message, true);
    }
    if (status == CHEVM_OK) {
        stage_call(&it->on, &message, &result);
        status = result.status;
        stage_end(&it->on);
    }
    uint64_t gas = (uint64_t)(message.gas - result.gas_left);
    if (status == CHEVM_OK && it->from->deploy_gas != 0 && gas != it->from->deploy_gas) {
        return message_error(EXIT_FAILED, it->from->name, 0, "deployment gas is %llu, want %llu",
                             (unsigned long long)gas, (unsigned long long)it->from->deploy_gas);
    }
    if (status != CHEVM_OK) {
        return message_error(EXIT_FAILED, it->from->name, 0, "deployment: %s",
                             chevm_status_phrase(status));
    }
    it->message.recipient = result.create_address;
    return EXIT_DONE;
}

int contender_open(contender *it, const bench_case *from, const bench_rival *rival,
                   contender *owner) {
    const stage_options options = {.fork = from->world.fork,
                                   .gas = (uint64_t)from->message.gas,
                                   .cache_off = rival->cache_off,
                                   .malloc_twin = rival->malloc_twin,
                                   .managed = rival->managed,
                                   .tracks = rival->tracks,
                                   .foreign = rival->foreign,
                                   .share = owner != NULL ? &owner->on : NULL};
    it->from = from;
    it->rival = rival;
    it->message = owner != NULL ? owner->message : from->message;
    int code = stage_open(&it->on, &options);
    it->is_open = code == EXIT_DONE;
    if (code == EXIT_DONE && owner == NULL) {
        code = stage_load(&it->on, &from->world);
    }
    it->resident_bytes = resident_bytes();
    return code == EXIT_DONE && owner == NULL && from->deploys ? deploy(it) : code;
}

void contender_close(contender *it) {
    if (it->is_open) {
        stage_close(&it->on);
    }
}

void contender_judge(contender *it, bench_row *row) {
    chevm_result result;
    run_open(it, &result);
    row->failure = judge(it, &result);
    row->gas = (uint64_t)(it->message.gas - result.gas_left);
    row->result = hash_result(it, &result);
    it->answer = result;
    contender_undo(it);
}

bool contender_is_cold(const contender *it) {
    return !it->rival->malloc_twin && it->rival->foreign == NULL;
}

void contender_count(contender *it, bench_row *row) {
    chevm_result result;
    chevm_message message;
    if (it->on.heap != NULL) {
        twin_restart(it->on.heap);
    }
    uint64_t faults = page_faults();
    seal_begin(contender_is_cold(it) ? SEAL_TRAP : SEAL_COUNT);
    const bool begun = contender_begin(it, &message) == CHEVM_OK;
    if (begun) {
        stage_call(&it->on, &message, &result);
    }
    contender_undo(it);
    seal_count heap = seal_end();
    if (!begun) {
        return;
    }
    row->page_faults = page_faults() - faults;
    row->heap_is_known = seal_is_armed();
    row->heap_calls = heap.calls;
    size_t now = resident_bytes();
    if (it->on.vm != NULL && now > it->resident_bytes) {
        /* The twin's blocks are gone by now; what remains are the tables that both backends have.
         */
        size_t blocks = it->on.heap != NULL ? it->on.heap->peak_bytes : 0;
        row->peak_bytes = now - it->resident_bytes + blocks;
    }
    row->reserved_bytes = it->on.reserved_bytes;
}

void contender_allocations(contender *it, allocation_counts *counts) {
    chevm_result result;
    chevm_message message;
    if (contender_begin(it, &message) != CHEVM_OK) {
        return;
    }
    allocations_begin(counts, &it->on);
    seal_begin(SEAL_TRAP);
    stage_call(&it->on, &message, &result);
    const seal_count heap = seal_end();
    allocations_end(counts, &it->on, &heap);
    contender_undo(it);
}
