/* stage.c: a machine, a state, and messages between them; see stage.h. */
#include "stage.h"

#include "codes.h"
#include "message.h"

#include <string.h>

/* Where derived sizes end. EVM memory costs address space only until it is written, and no run of
 * any length writes more than gas can pay for; these bounds are for gas nobody could pay. */
#define GAS_MIN          UINT64_C(1000000) /* less gas saves no address space worth having */
#define STATE_GAS_MAX    UINT64_C(20000000000)
#define MEMORY_BYTES_MAX (UINT64_C(1) << 34)
#define MEMORY_GAS_MAX   UINT64_C(100000000000)

void stage_limits(const stage_options *wanted, chevm_options *machine, chevm_state_options *state) {
    uint64_t gas = wanted->gas < GAS_MIN ? GAS_MIN : wanted->gas;
    *machine = (chevm_options){.fork = wanted->fork,
                               .engine = wanted->engine,
                               .gas_limit = gas < MEMORY_GAS_MAX ? gas : MEMORY_GAS_MAX,
                               .memory_bytes = wanted->memory_bytes,
                               .cache_off = wanted->cache_off};
    if (wanted->gas > MEMORY_GAS_MAX) {
        machine->gas_limit = MEMORY_GAS_MAX;
    }
    *state = (chevm_state_options){.gas_limit =
                                       wanted->gas < STATE_GAS_MAX ? wanted->gas : STATE_GAS_MAX};
    chevm_footprint_parts parts;
    if (wanted->memory_bytes == 0 && (chevm_footprint(machine, &parts) != CH_OK ||
                                      parts.bytes[CHEVM_PART_MEMORY] > MEMORY_BYTES_MAX)) {
        machine->memory_bytes = MEMORY_BYTES_MAX;
    }
}

static int open_machine(stage *target, const chevm_options *options) {
    chevm_footprint_parts parts;
    ch_status status = chevm_footprint(options, &parts);
    if (status == CH_OK) {
        status = chevm_create(&target->vm, options);
    }
    if (status == CH_ERANGE || status == CH_ENOMEM) {
        return message_error(EXIT_LIMIT, "machine", 0, "cannot reserve its memory: %s",
                             ch_status_text(status));
    }
    if (status != CH_OK) {
        return message_error(EXIT_INTERNAL, "machine", 0, "%s", ch_status_text(status));
    }
    target->memory_limit = parts.bytes[CHEVM_PART_MEMORY];
    target->reserved_bytes += parts.total;
    return EXIT_DONE;
}

static int open_state(stage *target, const chevm_state_options *options) {
    chevm_state_parts parts;
    ch_status status = chevm_state_footprint(options, &parts);
    if (status == CH_OK) {
        status = chevm_state_create(&target->state, options);
    }
    if (status != CH_OK) {
        return message_error(EXIT_LIMIT, "state", 0, "cannot reserve its memory: %s",
                             ch_status_text(status));
    }
    target->owns_state = true;
    target->reserved_bytes += parts.total;
    return EXIT_DONE;
}

/* A machine has a manager of its own, a shared state its owner's. */
static int open_manager(stage *target, const chevm_options *machine,
                        const chevm_state_options *state) {
    const ch_region_options region = {.name = "coldevm manager"};
    ch_manager_config config;
    ch_status status = chevm_manager_config(&config, machine, state);
    if (status == CH_OK) {
        config.allocation_tracking = target->options.tracks;
        status = ch_manager_init_region(&target->manager, &config, &region);
    }
    status = status == CH_OK ? chevm_enable_manager(target->vm, target->manager) : status;
    if (status == CH_OK && target->owns_state) {
        status = chevm_state_enable_manager(target->state, target->manager);
    }
    if (status != CH_OK) {
        return message_error(EXIT_LIMIT, "manager", 0, "cannot reserve its memory: %s",
                             ch_status_text(status));
    }
    target->reserved_bytes += ch_manager_footprint(&config);
    return EXIT_DONE;
}

int stage_open(stage *target, const stage_options *options) {
    chevm_options machine;
    chevm_state_options state;
    *target = (stage){.options = *options};
    stage_limits(options, &machine, &state);
    if (options->share != NULL) {
        target->state = options->share->state;
        target->heap = options->share->heap;
    } else if (options->malloc_twin) {
        twin_init(&target->own_heap);
        target->heap = &target->own_heap;
    }
    if (options->malloc_twin) {
        machine.twin = &target->heap->allocator;
        state.twin = &target->heap->allocator;
    }
    int code = target->state == NULL ? open_state(target, &state) : EXIT_DONE;
    if (code == EXIT_DONE && options->foreign == NULL) {
        code = open_machine(target, &machine);
    }
    if (code == EXIT_DONE && options->managed) {
        code = open_manager(target, &machine, &state);
    }
    if (code != EXIT_DONE) {
        stage_close(target);
    }
    return code;
}

void stage_close(stage *target) {
    chevm_destroy(target->vm);
    if (target->owns_state) {
        chevm_state_destroy(target->state);
    }
    (void)ch_manager_fini(target->manager);
    target->vm = NULL;
    target->state = NULL;
    target->manager = NULL;
}

int stage_load(stage *target, const world *source) {
    chevm_status status = world_load(source, target->state);
    if (status != CHEVM_OK) {
        return message_error(EXIT_LIMIT, "state", 0, "%s while loading accounts",
                             chevm_status_phrase(status));
    }
    return EXIT_DONE;
}

chevm_status stage_begin(stage *target, const chevm_tx_context *context) {
    return chevm_state_begin_transaction(target->state, target->options.fork, context);
}

/* EIP-7702: 23 bytes of code that name another account's code. */
static void follow_delegation(stage *target, chevm_message *message) {
    static const uint8_t PREFIX[3] = {0xef, 0x01, 0x00};
    uint8_t code[sizeof PREFIX + sizeof(chevm_address)];
    const chevm_host *host = chevm_state_host();
    if (target->options.fork >= CHEVM_PRAGUE &&
        host->get_code_size(target->state, &message->recipient) == sizeof code &&
        host->copy_code(target->state, &message->recipient, 0, code, sizeof code) == sizeof code &&
        memcmp(code, PREFIX, sizeof PREFIX) == 0) {
        memcpy(message->code_address.bytes, code + sizeof PREFIX, sizeof(chevm_address));
        message->flags |= CHEVM_FLAG_DELEGATED;
    }
}

chevm_status stage_address(stage *target, chevm_message *message, bool is_transaction) {
    chevm_account sender = {.nonce = 0};
    bool creates = message->kind == CHEVM_KIND_CREATE;
    (void)chevm_state_find(target->state, &message->sender, &sender);
    if (creates) {
        chevm_create_address(&message->recipient, &message->sender, sender.nonce);
        message->code_address = message->recipient;
    } else {
        message->code_address = message->recipient;
        follow_delegation(target, message);
    }
    if (!creates && !is_transaction) {
        return CHEVM_OK;
    }
    return chevm_state_set_nonce(target->state, &message->sender, sender.nonce + 1);
}

void stage_call(stage *target, const chevm_message *message, chevm_result *result) {
    if (target->options.foreign != NULL) {
        foreign_call(target->options.foreign, target->state, target->options.fork, message, result);
    } else {
        chevm_call(target->vm, chevm_state_host(), target->state, message, result);
    }
}

void stage_end(stage *target) {
    if (chevm_state_end_transaction(target->state) != CHEVM_OK) {
        chevm_state_rollback_transaction(target->state);
    }
}

void stage_rollback(stage *target) {
    chevm_state_rollback_transaction(target->state);
}

int stage_exit_code(chevm_status status) {
    switch (status) {
    case CHEVM_OUT_OF_MEMORY:
    case CHEVM_MEMORY_LIMIT_EXCEEDED:
    case CHEVM_STATE_FULL:
    case CHEVM_LOGS_FULL:
    case CHEVM_JOURNAL_FULL:
    case CHEVM_CODE_FULL:
        return EXIT_LIMIT;
    case CHEVM_HEAP_CALL:
        return EXIT_HEAP;
    default:
        return (int)status >= CHEVM_STATUS_MACHINE ? EXIT_INTERNAL : EXIT_DONE;
    }
}
