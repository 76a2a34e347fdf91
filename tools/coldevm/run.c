/* run.c: `coldevm run`: its flags, and turning them into a plan (spec cli.md C3). */
#include "run.h"

#include "codes.h"
#include "command.h"
#include "message.h"
#include "words.h"
#include "shared_flags.h"
#include "store.h"

#include <string.h>
#include <unistd.h>

#define GAS_DEFAULT      UINT64_C(10000000000)
#define BASE_FEE_DEFAULT 1000000000u

static struct {
    shared_flags shared;
    flag_text codefile, input, inputfile, prestate, style, vm, allocations;
    flag_list exports;
    bool create, bench, statdump, exit_code;
    uint64_t gas;
    chevm_u256 value, price;
    chevm_address sender, receiver;
    chevm_fork fork;
} flags = {
    .shared = SHARED_FLAGS_DEFAULT,
    .gas = GAS_DEFAULT,
    .fork = CHEVM_FORK_NEWEST,
    /* The last letters of an address: "sender" and "receiver", as geth's evm has them. */
    .sender = {{[14] = 's', 'e', 'n', 'd', 'e', 'r'}},
    .receiver = {{[12] = 'r', 'e', 'c', 'e', 'i', 'v', 'e', 'r'}},
};

static flag_reader fork_flag = {flag_fork, &flags.fork};
static flag_reader value_flag = {flag_u256, &flags.value};
static flag_reader price_flag = {flag_u256, &flags.price};
static flag_reader sender_flag = {flag_address, &flags.sender};
static flag_reader receiver_flag = {flag_address, &flags.receiver};

static const flag_row FLAGS[] = {
    {"codefile", FLAG_TEXT, &flags.codefile, "FILE", 0, NULL, "read the code from FILE, in hex"},
    {"create", FLAG_BOOL, &flags.create, NULL, 0, NULL,
     "run the code as initcode; in evmc style call what it deploys"},
    {"gas", FLAG_U64, &flags.gas, "N", INT64_MAX, NULL, "gas of the message (10000000000)"},
    {"input", FLAG_TEXT, &flags.input, "HEX|@FILE|-", 0, NULL, "calldata"},
    {"inputfile", FLAG_TEXT, &flags.inputfile, "FILE", 0, NULL, "calldata from FILE, in hex"},
    {"value", FLAG_OTHER, &value_flag, "N", 0, NULL, "wei sent with the message (0)"},
    {"price", FLAG_OTHER, &price_flag, "N", 0, NULL, "gas price that GASPRICE tells (0)"},
    {"sender", FLAG_OTHER, &sender_flag, "ADDRESS", 0, NULL, "who calls (0x..\"sender\")"},
    {"receiver", FLAG_OTHER, &receiver_flag, "ADDRESS", 0, NULL,
     "whose code runs (0x..\"receiver\")"},
    {"prestate", FLAG_TEXT, &flags.prestate, "GENESIS.json", 0, NULL,
     "accounts and block from a genesis file"},
    {"fork", FLAG_OTHER, &fork_flag, "NAME", 0, NULL, "rules (newest)"},
    {"rev", FLAG_OTHER, &fork_flag, "NAME", 0, NULL, NULL},
    {"style", FLAG_TEXT, &flags.style, "geth|evmc", 0, NULL, "how the outcome is printed (geth)"},
    {"vm", FLAG_TEXT, &flags.vm, "LIB[,opt=val]", 0, NULL,
     "run on an EVMC library under our state; implies evmc style"},
    {"bench", FLAG_BOOL, &flags.bench, NULL, 0, NULL, "repeat for about 1 s and print the mean"},
    {"statdump", FLAG_BOOL, &flags.statdump, NULL, 0, NULL, "gas, time and heap calls on stderr"},
    {"allocations", FLAG_WORD, &flags.allocations, ALLOCATION_CHOICES, 0, "table",
     "run on a manager; count and bytes of what was taken from each of its parts, on stderr"},
    {"exit-code", FLAG_BOOL, &flags.exit_code, NULL, 0, NULL, "exit 1 if the code fails"},
    {"export", FLAG_LIST, &flags.exports, "FORMAT=FILE", 0, NULL,
     "folded, speedscope or chrome: write where gas and time went; may be repeated"},
    SHARED_FLAG_ROWS(flags.shared)};

static int read_code(const operand_list *operands, byte_range *code) {
    if (operands->count + (flags.codefile.position != 0) > 1) {
        return message_argument(EXIT_FLAG, 1, "give one CODE, @FILE, - or --codefile FILE");
    }
    if (flags.codefile.position != 0) {
        return input_hex_file(code, flags.codefile.text);
    }
    if (operands->count == 1) {
        return input_hex(code, (flag_text){operands->texts[0], operands->positions[0]});
    }
    if (flags.prestate.position == 0) {
        return message_argument(EXIT_FLAG, 1, "no code: give CODE, @FILE, - or --codefile FILE");
    }
    return EXIT_DONE;
}

static int read_input(byte_range *input) {
    if (flags.input.position != 0 && flags.inputfile.position != 0) {
        return message_argument(EXIT_FLAG, flags.inputfile.position,
                                "give --input or --inputfile, not both");
    }
    if (flags.inputfile.position != 0) {
        return input_hex_file(input, flags.inputfile.text);
    }
    return flags.input.position != 0 ? input_hex(input, flags.input) : EXIT_DONE;
}

/* The world without prestate has nobody in it; the block is the one geth's evm sets up. */
static int plan_world(run_plan *plan) {
    world *target = &plan->world;
    chevm_tx_context *context = &target->context;
    world_init(target);
    target->fork = flags.fork;
    context->block_gas_limit = flags.gas;
    chevm_u256_set_u64(&context->base_fee, BASE_FEE_DEFAULT);
    int code =
        flags.prestate.position != 0 ? world_read_genesis(target, flags.prestate.text) : EXIT_DONE;
    context->origin = flags.sender;
    context->gas_price = flags.price;
    return code;
}

static const world_account *find_account(const world *in, const chevm_address *address) {
    for (size_t i = 0; i < in->account_count; i++) {
        if (memcmp(&in->accounts[i].address, address, sizeof *address) == 0) {
            return &in->accounts[i];
        }
    }
    return NULL;
}

/* Gives `address` the code, and makes sure that the account exists. */
static void put_account(world *in, const chevm_address *address, byte_range code) {
    const world_account *old = find_account(in, address);
    world_account *accounts = STORE_ARRAY(world_account, in->account_count + 1);
    if (in->account_count > 0) {
        memcpy(accounts, in->accounts, in->account_count * sizeof *accounts);
    }
    world_account *account =
        old != NULL ? &accounts[old - in->accounts] : &accounts[in->account_count++];
    account->address = *address;
    account->code = code.size > 0 ? code : account->code;
    in->accounts = accounts;
}

static byte_range join(byte_range first, byte_range second) {
    uint8_t *bytes = store_alloc(first.size + second.size + 1, 1);
    memcpy(bytes, first.bytes, first.size);
    memcpy(bytes + first.size, second.bytes, second.size);
    return (byte_range){bytes, first.size + second.size};
}

static void plan_message(run_plan *plan, byte_range code, byte_range input) {
    chevm_message *message = &plan->message;
    message->kind = CHEVM_KIND_CALL;
    message->gas = (int64_t)flags.gas;
    message->sender = flags.sender;
    message->value = flags.value;
    message->recipient = flags.receiver;
    put_account(&plan->world, &flags.sender, (byte_range){(const uint8_t *)"", 0});
    if (!flags.create) {
        put_account(&plan->world, &flags.receiver, code);
    } else if (plan->evmc_style) {
        plan->deploys = true;
        plan->deploy = code;
    } else {
        message->kind = CHEVM_KIND_CREATE;
        input = join(code, input);
    }
    message->input = input.bytes;
    message->input_size = input.size;
}

static int plan_trace(run_plan *plan) {
    static sink file;
    plan->tracing = flag_is(flags.shared.trace, "always")    ? RUN_TRACE_ALWAYS
                    : flag_is(flags.shared.trace, "failing") ? RUN_TRACE_FAILING
                                                             : RUN_TRACE_NEVER;
    trace_request *request = &plan->trace;
    request->show =
        (trace_fields){!flags.shared.nomemory, !flags.shared.nostack, !flags.shared.noreturndata};
    request->out = &sink_err;
    request->opcode_count =
        flags.shared.opcode_count.position != 0 ? flags.shared.opcode_count.text : NULL;
    for (size_t i = 0; i < flags.exports.count; i++) {
        int code = trace_request_export(request, flags.exports.items[i]);
        if (code != EXIT_DONE) {
            return code;
        }
    }
    bool instrumented =
        plan->tracing != RUN_TRACE_NEVER || trace_wanted(request) || plan->both_engines;
    int code = trace_request_format(request, flags.shared.trace_format);
    if (code != EXIT_DONE) {
        return code;
    }
    if (plan->foreign != NULL && instrumented) {
        return message_argument(EXIT_FLAG, flags.vm.position,
                                "an EVMC library can be neither traced nor run on our engines");
    }
    if (flags.shared.trace_out.position != 0) {
        char *buffer = store_alloc(SHARED_TRACE_BUFFER_BYTES, 1);
        request->out = &file;
        return sink_file(&file, flags.shared.trace_out.text, buffer, SHARED_TRACE_BUFFER_BYTES);
    }
    message_config.json_lines_only = plan->tracing != RUN_TRACE_NEVER && isatty(sink_err.fd) == 0;
    return EXIT_DONE;
}

static int make_plan(run_plan *plan, const operand_list *operands) {
    byte_range code = {(const uint8_t *)"", 0};
    byte_range input = {(const uint8_t *)"", 0};
    memset(plan, 0, sizeof *plan);
    int status = shared_flags_check(&flags.shared);
    if (status == EXIT_DONE) {
        status = options_choice("style", flags.style, "geth|evmc");
    }
    if (status == EXIT_DONE) {
        status = options_choice("allocations", flags.allocations, ALLOCATION_CHOICES);
    }
    status = status == EXIT_DONE ? read_code(operands, &code) : status;
    status = status == EXIT_DONE ? read_input(&input) : status;
    status = status == EXIT_DONE ? plan_world(plan) : status;
    if (status == EXIT_DONE && flags.vm.position != 0) {
        status = foreign_load(&plan->foreign, flags.vm);
    }
    if (status != EXIT_DONE) {
        return status;
    }
    plan->evmc_style =
        flag_is(flags.style, "evmc") || (plan->foreign != NULL && !flag_is(flags.style, "geth"));
    plan->both_engines = flag_is(flags.shared.engine, "both");
    plan->engine =
        flag_is(flags.shared.engine, "portable") ? CHEVM_ENGINE_PORTABLE : CHEVM_ENGINE_FAST;
    plan->memory_bytes = flags.shared.mem_limit;
    bool counts = flag_is(flags.shared.no_malloc, "count") ||
                  (plan->foreign != NULL && flags.shared.no_malloc.position == 0);
    plan->sealing = counts ? SEAL_COUNT : SEAL_TRAP;
    plan->allocations = flags.allocations.position == 0      ? ALLOCATIONS_NONE
                        : flag_is(flags.allocations, "json") ? ALLOCATIONS_JSON
                                                             : ALLOCATIONS_TABLE;
    if (plan->allocations != ALLOCATIONS_NONE && plan->foreign != NULL) {
        return message_argument(EXIT_FLAG, flags.allocations.position,
                                "an EVMC library does not tell where its memory comes from");
    }
    plan->bench = flags.bench;
    plan->statdump = flags.statdump;
    plan->dump = flags.shared.dump;
    plan->exit_code = flags.exit_code;
    plan_message(plan, code, input);
    return plan_trace(plan);
}

static int run(const operand_list *operands) {
    static run_plan plan;
    static stage on;
    static run_outcome outcome;
    int code = make_plan(&plan, operands);
    if (code != EXIT_DONE) {
        return code;
    }
    code = run_play(&plan, &on, &outcome);
    if (code == EXIT_DONE) {
        code = run_report(&plan, &on, &outcome);
    }
    stage_close(&on);
    if (plan.trace.out != &sink_err) {
        int closed = sink_close(plan.trace.out);
        code = closed != EXIT_DONE ? closed : code;
    }
    return code;
}

const command command_run = {
    .name = "run",
    .summary = "execute code",
    .synopsis = "coldevm run [flags] [CODE|@FILE|-]",
    .description =
        "Runs code given in hex, with or without 0x, in a file (@FILE, --codefile) or on stdin "
        "(-). "
        "The outcome goes to stdout; a failing run exits 0 unless --exit-code is given. Everything "
        "the run can need is reserved before it starts; while it runs the heap is sealed, and a "
        "heap "
        "call ends the program.",
    .examples = "  $ coldevm run 600160020160005260206000f3\n"
                "  0x0000000000000000000000000000000000000000000000000000000000000003\n"
                "  $ coldevm run fe\n"
                "  0x\n"
                "   error: invalid opcode: INVALID\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
