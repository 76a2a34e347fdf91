/* footprint.c: `coldevm footprint`: the bytes that machine and state reserve before they start, by
 * part (spec cli.md C2). The numbers are those of the reservation itself, not an estimate. */
#include "command.h"

#include "codes.h"
#include "message.h"
#include "words.h"
#include "stage.h"

#include <coldevm/memory.h>

static struct {
    chevm_fork fork;
    uint64_t gas;
    uint64_t depth;
    uint64_t mem_limit;
    uint64_t cache;
    bool json;
} flags = {.fork = CHEVM_FORK_NEWEST, .gas = 30000000, .depth = CHEVM_DEPTH_MAX};

static flag_reader fork_flag = {flag_fork, &flags.fork};

static const flag_row FLAGS[] = {
    {"gas", FLAG_U64, &flags.gas, "N", INT64_MAX, NULL, "gas of one transaction (30000000)"},
    {"depth", FLAG_U64, &flags.depth, "N", CHEVM_DEPTH_MAX, NULL, "deepest call (1024)"},
    {"mem-limit", FLAG_U64, &flags.mem_limit, "BYTES", CHEVM_MEMORY_LIMIT_MAX, NULL,
     "cap for EVM memory of all frames, instead of what the gas can buy"},
    {"fork", FLAG_OTHER, &fork_flag, "NAME", 0, NULL, "rules (newest)"},
    {"rev", FLAG_OTHER, &fork_flag, "NAME", 0, NULL, NULL},
    {"json", FLAG_BOOL, &flags.json, NULL, 0, NULL, "one JSON object instead of lines"},
};

static void print_part(const char *name, size_t bytes, bool last) {
    if (flags.json) {
        sink_print(&sink_out, "\"%s\":%zu%s", name, bytes, last ? "" : ",");
    } else {
        sink_print(&sink_out, "%s %zu\n", name, bytes);
    }
}

static const char *const MACHINE_PARTS[] = {
#define PART_TEXT(name, text) text,
    CHEVM_PART_ROWS(PART_TEXT)
#undef PART_TEXT
};

static int run(const operand_list *operands) {
    if (operands->count > 0) {
        return message_argument(EXIT_FLAG, operands->positions[0], "footprint takes no operand");
    }
    const stage_options wanted = {
        .fork = flags.fork, .gas = flags.gas, .memory_bytes = flags.mem_limit};
    chevm_options machine;
    chevm_state_options state;
    chevm_footprint_parts machine_parts;
    chevm_state_parts state_parts;
    stage_limits(&wanted, &machine, &state);
    machine.depth_max = flags.depth == 0 ? 1 : (uint32_t)flags.depth;
    ch_status status = chevm_footprint(&machine, &machine_parts);
    status = status == CH_OK ? chevm_state_footprint(&state, &state_parts) : status;
    if (status != CH_OK) {
        return message_argument(EXIT_FLAG, 1, "no machine of that size: %s",
                                ch_status_text(status));
    }
    sink_text(&sink_out, flags.json ? "{" : "");
    for (unsigned i = 0; i < CHEVM_PART_COUNT; i++) {
        print_part(MACHINE_PARTS[i], machine_parts.bytes[i], false);
    }
    for (unsigned i = 0; i < CHEVM_STATE_PART_COUNT; i++) {
        print_part(chevm_state_part_name((chevm_state_part)i), state_parts.bytes[i], false);
    }
    print_part("total", machine_parts.total + state_parts.total, true);
    sink_text(&sink_out, flags.json ? "}\n" : "");
    return EXIT_DONE;
}

const command command_footprint = {
    .name = "footprint",
    .summary = "bytes reserved, by part, for a gas limit or a cap",
    .synopsis = "coldevm footprint [--gas N] [--depth N] [--mem-limit BYTES] [--json]",
    .description = "Prints what a machine and its state reserve before they run anything: one line "
                   "per part, the sum last. It is address space; memory is taken when it is first "
                   "written, and nothing is ever taken from the heap.",
    .examples = "  $ coldevm footprint --gas 30000000 --depth 1024\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
