/* evmc12.c: libcoldevm as an EVMC provider of ABI 12 (spec evmc.md V1-V11).
 *
 * The one idea: an instance is one reservation of address space holding a pool of slots, and
 * nothing about a run lives in the instance. Each execute takes a slot with a complete one-frame
 * machine in it; calls go out through the host, which may come back in, and take a further slot. A
 * slot whose output is not empty stays taken until the result is released: slots are aligned to
 * their stride, so release finds the slot, and in it the instance, from output_data alone. */
#include "evmc12_host.h"
#include "evmc12_slots.h"

#include <coldevm/evmc12.h>
#include <coldevm/machine.h>
#include <coldheap/base.h>

#include <string.h>

#define PAGE_BYTES   ((size_t)4096)
#define SLOT_MAGIC   0x65766d63u /* "evmc" */
#define MEMORY_LEAST ((uint64_t)4096)
#define MEMORY_MOST  ((uint64_t)1 << 34)
#if UINTPTR_MAX > 0xffffffffu
#define MEMORY_DEFAULT ((uint64_t)8 << 20) /* what 135 million gas buy in one frame */
#define SLOTS_DEFAULT  (CHEVM_DEPTH_MAX + 1 + 64)
#else
#define MEMORY_DEFAULT ((uint64_t)2 << 20)
#define SLOTS_DEFAULT  32u
#endif

typedef struct instance {
    chevm12_vm vm; /* first: the pointer the host holds */
    ch_region home;
    ch_region extra; /* of the slots, if options asked for more than home has */
    chevmi_slots slots;
    uint64_t memory_bytes;
    uint32_t slot_count;
    chevm_engine engine;
    _Atomic bool used; /* an execute has been: sizes are fixed */
    int trace_fd;      /* options trace and opcode.count; -1: not asked for */
    int count_fd;
    _Atomic uint64_t counts[256];
} instance;

/* What one run needs beside the machine. */
typedef struct body {
    chevm_message message;
    chevm_callee callee;
    chevm_result result;
    chevmi_evmc12_trace trace;
    chevmi_evmc12_run run;
} body;

/* The head of a slot. Body and machine lie behind it at places that differ from slot to slot: slots
 * are far apart by a power of two, and without that all of them would compete for the same cache
 * lines. */
typedef struct slot {
    uint32_t magic; /* 0 until the slot is used the first time */
    _Atomic bool kept;
    instance *owner;
    body *body;
    chevm *machine;
    chevm_engine engine;
    bool traced; /* the machine has our tracer */
} slot;

#define COLORS          64u /* pages a machine may be moved by */
#define SHIFTS          8u  /* 512-byte steps a body may be moved by */
#define BODY_BYTES      page_up(sizeof(body) + 512 * SHIFTS)
#define SLOT_HEAD_BYTES (page_up(sizeof(slot)) + BODY_BYTES + CHEVMI_EVMC12_TRACE_BYTES)

static size_t page_up(size_t size) {
    return (size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

/* ---- Reservation -------------------------------------------------------------------------------
 */

static chevm_options machine_options(const instance *self) {
    return (chevm_options){.fork = CHEVM_FORK_NEWEST,
                           .engine = self->engine,
                           .memory_bytes = self->memory_bytes,
                           .single_frame = true,
                           .cache_bytes = 1, /* the least: every execute analyses its code */
                           .cache_off = true};
}

/* Bytes of one slot, 0 if no machine can be that large. */
static size_t slot_bytes(const instance *self) {
    const chevm_options options = machine_options(self);
    chevm_footprint_parts parts;
    if (chevm_footprint(&options, &parts) != CH_OK) {
        return 0;
    }
    return SLOT_HEAD_BYTES + COLORS * PAGE_BYTES + parts.total;
}

/* Lays the slots out anew for the sizes in self: in home if they fit there, else in a reservation
 * of their own. On failure nothing has changed but the sizes. */
static ch_status reshape(instance *self) {
    const size_t bytes = slot_bytes(self);
    const size_t footprint = chevmi_slots_footprint(self->slot_count, bytes);
    if (footprint == 0) {
        return CH_ERANGE;
    }
    if (footprint <= self->home.size_bytes - page_up(sizeof(instance))) {
        return chevmi_slots_init(&self->slots, &self->home, page_up(sizeof(instance)),
                                 self->slot_count, bytes);
    }
    ch_region region = {0};
    const ch_region_options wish = {.size_bytes = footprint, .name = "coldevm evmc"};
    ch_status status = ch_region_reserve(&region, &wish);
    if (status != CH_OK) {
        return status;
    }
    (void)ch_region_fini(&self->extra);
    self->extra = region;
    return chevmi_slots_init(&self->slots, &self->extra, 0, self->slot_count, bytes);
}

/* A slot goes from thread to thread; verify builds want to be told. */
static void adopt(chevm *machine) {
#if defined(CH_VERIFY)
    (void)ch_arena_adopt(&machine->scratch);
    (void)ch_arena_adopt(&machine->cache.bytes);
#else
    (void)machine;
#endif
}

static void destroy(chevm12_vm *vm) {
    instance *self = (instance *)(void *)vm;
    if (self == NULL) {
        return;
    }
    CH_ASSERT(chevmi_slots_held(&self->slots) == 0); /* an execute runs, or an output is kept */
    for (uint32_t i = 0; i < chevmi_slots_used(&self->slots); i++) {
        slot *s = chevmi_slots_at(&self->slots, i);
        if (s != NULL && s->magic == SLOT_MAGIC) {
            adopt(s->machine);
            chevm_fini(s->machine);
        }
    }
    if (self->count_fd >= 0) {
        chevmi_evmc12_counts_write(self->count_fd, self->counts);
    }
    chevmi_evmc12_file_close(self->count_fd);
    chevmi_evmc12_file_close(self->trace_fd);
    (void)ch_region_fini(&self->extra);
    ch_region home = self->home; /* self lies in it */
    (void)ch_region_fini(&home);
}

/* ---- Slots -------------------------------------------------------------------------------------
 */

static CH_COLD bool prepare(instance *self, slot *s) {
    const chevm_options options = machine_options(self);
    const uint32_t index = chevmi_slots_index(&self->slots, s);
    uint8_t *start = (uint8_t *)s;
    const size_t machine_at = SLOT_HEAD_BYTES + index % COLORS * PAGE_BYTES;
    if (chevm_init(&s->machine, start + machine_at, self->slots.slot_bytes - machine_at,
                   &options) != CH_OK) {
        return false;
    }
    s->body = (body *)(void *)(start + page_up(sizeof(slot)) + index % SHIFTS * 512);
    chevmi_evmc12_trace_init(&s->body->trace, s->machine,
                             (char *)start + page_up(sizeof(slot)) + BODY_BYTES);
    s->owner = self;
    s->engine = self->engine;
    s->magic = SLOT_MAGIC;
    return true;
}

static slot *acquire(instance *self) {
    slot *s = chevmi_slots_acquire(&self->slots);
    if (s == NULL) {
        return NULL;
    }
    if (CH_UNLIKELY(s->magic != SLOT_MAGIC) && !prepare(self, s)) {
        chevmi_slots_release(&self->slots, s);
        return NULL;
    }
    adopt(s->machine);
    if (CH_UNLIKELY(s->engine != self->engine)) {
        s->engine = self->engine;
        (void)chevm_set_engine(s->machine, s->engine);
    }
    const bool traced = self->trace_fd >= 0 || self->count_fd >= 0;
    if (CH_UNLIKELY(s->traced != traced)) {
        s->traced = traced;
        (void)chevm_set_tracer(s->machine, traced ? &s->body->trace.tracer : NULL);
    }
    return s;
}

/* Points the slot's tracer at what the options ask for. */
static CH_COLD void start_trace(instance *self, body *run, chevm_fork fork) {
    run->trace.fd = self->trace_fd;
    run->trace.counts = self->count_fd >= 0 ? self->counts : NULL;
    run->trace.fork = fork;
    run->run.trace = &run->trace;
}

/* Frees the slot that holds the result's output. */
CH_INLINE void release_at(const chevm12_result *result, uint32_t stride_log2) {
    slot *s = chevmi_slot_of(result->output_data, stride_log2);
    CH_REQUIRE(s->magic == SLOT_MAGIC);
    CH_REQUIRE(atomic_load_explicit(&s->kept, memory_order_relaxed)); /* not twice */
    atomic_store_explicit(&s->kept, false, memory_order_relaxed);
    chevmi_slots_release(&s->owner->slots, s);
}

/* release gets nothing but the result, so the stride must be known to the function. */
static void release_23(const chevm12_result *result) {
    release_at(result, 23);
}
static void release_25(const chevm12_result *result) {
    release_at(result, 25);
}
static void release_27(const chevm12_result *result) {
    release_at(result, 27);
}
static void release_29(const chevm12_result *result) {
    release_at(result, 29);
}
#if UINTPTR_MAX > 0xffffffffu
static void release_31(const chevm12_result *result) {
    release_at(result, 31);
}
static void release_33(const chevm12_result *result) {
    release_at(result, 33);
}
static void release_35(const chevm12_result *result) {
    release_at(result, 35);
}
static void release_37(const chevm12_result *result) {
    release_at(result, 37);
}
#else
#define release_31 NULL
#define release_33 NULL
#define release_35 NULL
#define release_37 NULL
#endif

static void (*const release_by_stride[])(const chevm12_result *) = {
    release_23, release_25, release_27, release_29, release_31, release_33, release_35, release_37};

/* ---- Execution ---------------------------------------------------------------------------------
 */

static chevm12_result refuse(int32_t status) {
    chevm12_result result;
    memset(&result, 0, sizeof result);
    result.status_code = status;
    return result;
}

static bool is_fit(const chevm12_host_interface *host, const chevm12_message *message,
                   const uint8_t *code, size_t code_size) {
    return host != NULL && message->kind <= CHEVM12_CREATE2 && message->gas >= 0 &&
           message->depth >= 0 && message->depth <= (int32_t)CHEVM_DEPTH_MAX &&
           (code != NULL || code_size == 0) &&
           (message->input_data != NULL || message->input_size == 0);
}

static void message_in(chevm_message *in, const chevm12_message *message) {
    in->kind = (chevm_call_kind)message->kind;
    in->flags = message->flags & (CHEVM_FLAG_STATIC | CHEVM_FLAG_DELEGATED);
    in->depth = (uint32_t)message->depth;
    in->gas = message->gas;
    memcpy(in->recipient.bytes, message->recipient.bytes, sizeof in->recipient.bytes);
    memcpy(in->sender.bytes, message->sender.bytes, sizeof in->sender.bytes);
    memcpy(in->code_address.bytes, message->code_address.bytes, sizeof in->code_address.bytes);
    chevm_u256_from_be32(&in->value, message->value.bytes);
    in->input = message->input_data;
    in->input_size = message->input_size;
    chevm_u256_set_u64(&in->salt, 0);
}

/* Takes the machine's result over; the slot is free afterwards unless it holds output. Not inlined,
 * and the result built in one expression: so it is written straight to where execute's caller wants
 * it. */
CH_NOINLINE static chevm12_result hand_out(instance *self, slot *s) {
    const chevm_result *got = &s->body->result;
    const int32_t told = s->body->run.trouble;
    const bool success = got->status == CHEVM_OK && told == 0;
    const bool ended = success || (got->status == CHEVM_REVERT && told == 0);
    const bool kept = ended && got->output_size != 0;
    const uint32_t row = (self->slots.stride_log2 - CHEVMI_SLOT_LOG2_MIN) / 2;
    const int32_t status = told != 0 ? told : chevmi_evmc12_status_out(got->status);
    const int64_t gas_left = ended ? got->gas_left : 0;
    const int64_t gas_refund = success ? got->gas_refund : 0;
    const uint8_t *output = kept ? got->output : NULL;
    const size_t output_size = kept ? got->output_size : 0;
    CH_ASSERT(!kept || chevmi_slot_of(output, self->slots.stride_log2) == s);
    if (kept) {
        atomic_store_explicit(&s->kept, true, memory_order_relaxed);
    } else {
        chevmi_slots_release(&self->slots, s);
    }
    return (chevm12_result){.status_code = status,
                            .gas_left = gas_left,
                            .gas_refund = gas_refund,
                            .output_data = output,
                            .output_size = output_size,
                            .release = kept ? release_by_stride[row] : NULL};
}

static chevm12_result execute(chevm12_vm *vm, const chevm12_host_interface *host,
                              chevm12_host_context *context, uint32_t revision,
                              const chevm12_message *message, const uint8_t *code,
                              size_t code_size) {
    instance *self = (instance *)(void *)vm;
    chevm_fork fork;
    if (!chevmi_evmc12_fork(revision, &fork) || !is_fit(host, message, code, code_size)) {
        return refuse(CHEVM12_REJECTED);
    }
    atomic_store_explicit(&self->used, true, memory_order_relaxed);
    slot *s = acquire(self);
    if (s == NULL) {
        return refuse(CHEVM12_OUT_OF_MEMORY);
    }
    (void)chevm_set_fork(s->machine, fork);
    body *run = s->body;
    run->run.host = host;
    run->run.context = context;
    run->run.trouble = 0;
    run->run.trace = NULL;
    if (CH_UNLIKELY(s->traced)) {
        start_trace(self, run, fork);
    }
    message_in(&run->message, message);
    run->callee.run = true; /* the other fields stay zero */
    run->callee.code = code;
    run->callee.code_size = code_size;
    run->callee.recipient = run->message.recipient;
    chevm_execute(s->machine, &chevmi_evmc12_host, &run->run, &run->message, &run->callee,
                  &run->result);
    chevmi_evmc12_drop(&run->run);
    if (CH_UNLIKELY(s->traced)) {
        chevmi_evmc12_trace_flush(&run->trace);
    }
    return hand_out(self, s);
}

static uint32_t get_capabilities(chevm12_vm *vm) {
    (void)vm;
    return CHEVM12_CAPABILITY_EVM1;
}

/* ---- Options -----------------------------------------------------------------------------------
 */

/* Decimal digits only, no sign, no blank, no overflow. */
static bool parse_number(const char *text, uint64_t *number) {
    uint64_t sum = 0;
    if (*text == 0) {
        return false;
    }
    for (; *text != 0; text++) {
        const unsigned digit = (unsigned char)*text - (unsigned)'0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10) {
            return false;
        }
        sum = 10 * sum + digit;
    }
    *number = sum;
    return true;
}

static uint32_t set_engine(instance *self, const char *value) {
    if (strcmp(value, "fast") == 0) {
        self->engine = CHEVM_ENGINE_FAST;
    } else if (strcmp(value, "portable") == 0) {
        self->engine = CHEVM_ENGINE_PORTABLE;
    } else {
        return CHEVM12_OPTION_INVALID_VALUE;
    }
    return CHEVM12_OPTION_SUCCESS;
}

/* Tries new sizes; the old ones come back if there is no room for them. */
static uint32_t resize(instance *self, uint64_t memory_bytes, uint64_t slot_count) {
    const uint64_t old_memory = self->memory_bytes;
    const uint32_t old_count = self->slot_count;
    if (atomic_load_explicit(&self->used, memory_order_relaxed) || memory_bytes < MEMORY_LEAST ||
        memory_bytes > MEMORY_MOST || slot_count == 0 || slot_count > CHEVMI_SLOT_COUNT_MAX) {
        return CHEVM12_OPTION_INVALID_VALUE;
    }
    self->memory_bytes = memory_bytes;
    self->slot_count = (uint32_t)slot_count;
    if (reshape(self) == CH_OK) {
        return CHEVM12_OPTION_SUCCESS;
    }
    self->memory_bytes = old_memory;
    self->slot_count = old_count;
    (void)reshape(self); /* what was there fits again */
    return CHEVM12_OPTION_INVALID_VALUE;
}

/* Opens the file and takes it in place of *fd. */
static uint32_t set_file(int *fd, const char *path) {
    const int opened = chevmi_evmc12_file_open(path);
    if (opened < 0) {
        return CHEVM12_OPTION_INVALID_VALUE;
    }
    chevmi_evmc12_file_close(*fd);
    *fd = opened;
    return CHEVM12_OPTION_SUCCESS;
}

static uint32_t set_option(chevm12_vm *vm, const char *name, const char *value) {
    instance *self = (instance *)(void *)vm;
    uint64_t number = 0;
    value = value != NULL ? value : "";
    if (name == NULL) {
        return CHEVM12_OPTION_INVALID_NAME;
    }
    if (strcmp(name, "engine") == 0) {
        return set_engine(self, value);
    }
    if (strcmp(name, "trace") == 0) {
        return set_file(&self->trace_fd, value);
    }
    if (strcmp(name, "opcode.count") == 0) {
        return value[0] != 0 ? set_file(&self->count_fd, value) : CHEVM12_OPTION_INVALID_VALUE;
    }
    const bool is_memory = strcmp(name, "memory") == 0;
    if (!is_memory && strcmp(name, "slots") != 0) {
        return CHEVM12_OPTION_INVALID_NAME;
    }
    if (!parse_number(value, &number)) {
        return CHEVM12_OPTION_INVALID_VALUE;
    }
    return is_memory ? resize(self, number, self->slot_count)
                     : resize(self, self->memory_bytes, number);
}

/* ---- Creation ----------------------------------------------------------------------------------
 */

chevm12_vm *evmc_create_coldevm(void) {
    static const chevm12_vm table = {.abi_version = CHEVM12_ABI_VERSION,
                                     .name = "coldevm",
                                     .version = CHEVM_VERSION,
                                     .destroy = destroy,
                                     .execute = execute,
                                     .get_capabilities = get_capabilities,
                                     .set_option = set_option};
    const instance sizes = {.memory_bytes = MEMORY_DEFAULT, .slot_count = SLOTS_DEFAULT};
    const size_t footprint = chevmi_slots_footprint(SLOTS_DEFAULT, slot_bytes(&sizes));
    ch_region home = {0};
    const ch_region_options wish = {.size_bytes = page_up(sizeof(instance)) + footprint,
                                    .name = "coldevm evmc"};
    if (footprint == 0 || ch_region_reserve(&home, &wish) != CH_OK) {
        return NULL;
    }
    if (ch_region_commit(&home, 0, page_up(sizeof(instance))) != CH_OK) {
        (void)ch_region_fini(&home);
        return NULL;
    }
    instance *self = (instance *)(void *)home.base;
    memcpy(&self->vm, &table, sizeof table); /* abi_version is const */
    self->home = home;
    self->trace_fd = -1;
    self->count_fd = -1;
    self->memory_bytes = MEMORY_DEFAULT;
    self->slot_count = SLOTS_DEFAULT;
    if (reshape(self) != CH_OK) {
        (void)ch_region_fini(&home);
        return NULL;
    }
    return &self->vm;
}

chevm12_vm *evmc_create(void) {
    return evmc_create_coldevm();
}
