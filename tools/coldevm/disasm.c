/* disasm.c: `coldevm disasm`: code to assembly, one instruction a line (spec cli.md C9). */
#include "command.h"

#include "codes.h"
#include "input.h"
#include "message.h"
#include "words.h"

#include <coldevm/machine.h>

static struct {
    chevm_fork fork;
    flag_text codefile;
    bool json;
} flags = {.fork = CHEVM_FORK_NEWEST};

static flag_reader fork_flag = {flag_fork, &flags.fork};

static const flag_row FLAGS[] = {
    {"fork", FLAG_OTHER, &fork_flag, "NAME", 0, NULL, "names and opcodes of that fork (newest)"},
    {"rev", FLAG_OTHER, &fork_flag, "NAME", 0, NULL, NULL},
    {"codefile", FLAG_TEXT, &flags.codefile, "FILE", 0, NULL, "read the code from FILE, in hex"},
    {"json", FLAG_BOOL, &flags.json, NULL, 0, NULL, "one JSON array instead of lines"},
};

/* One instruction: its immediate bytes as far as the code has them. */
typedef struct instruction {
    size_t pc;
    uint8_t op;
    const char *name; /* NULL: undefined */
    const uint8_t *data;
    size_t data_size;   /* bytes present */
    size_t data_wanted; /* bytes the opcode takes */
} instruction;

static instruction decode(byte_range code, size_t pc) {
    instruction at = {.pc = pc, .op = code.bytes[pc]};
    at.name = chevm_op_name(flags.fork, at.op);
    at.data_wanted = at.name != NULL ? chevm_op_immediate(at.op) : 0;
    size_t left = code.size - pc - 1;
    at.data = code.bytes + pc + 1;
    at.data_size = at.data_wanted < left ? at.data_wanted : left;
    return at;
}

static void print_zeros(size_t count) {
    for (size_t i = 0; i < count; i++) {
        sink_text(&sink_out, "00");
    }
}

static void print_line(const instruction *at) {
    sink_print(&sink_out, "%04zu ", at->pc);
    if (at->name == NULL) {
        sink_print(&sink_out, "UNDEFINED 0x%02x\n", at->op);
        return;
    }
    sink_text(&sink_out, at->name);
    if (at->data_wanted > 0) {
        sink_text(&sink_out, " 0x");
        sink_hex(&sink_out, at->data, at->data_size);
    }
    if (at->data_size < at->data_wanted) {
        sink_text(&sink_out, "      # truncated, reads 0x");
        sink_hex(&sink_out, at->data, at->data_size);
        print_zeros(at->data_wanted - at->data_size);
    }
    sink_char(&sink_out, '\n');
}

static void print_json(const instruction *at) {
    sink_print(&sink_out, "%s{\"pc\":%zu,\"op\":%u,\"name\":\"%s\"", at->pc > 0 ? "," : "", at->pc,
               at->op, at->name != NULL ? at->name : "UNDEFINED");
    if (at->data_wanted > 0) {
        sink_text(&sink_out, ",\"data\":\"0x");
        sink_hex(&sink_out, at->data, at->data_size);
        sink_char(&sink_out, '"');
    }
    sink_text(&sink_out, at->data_size < at->data_wanted ? ",\"truncated\":true}" : "}");
}

static int run(const operand_list *operands) {
    byte_range code = {(const uint8_t *)"", 0};
    if (operands->count + (flags.codefile.position != 0) != 1) {
        return message_argument(EXIT_FLAG, 1, "give one CODE, @FILE, - or --codefile FILE");
    }
    int status = flags.codefile.position != 0
                     ? input_hex_file(&code, flags.codefile.text)
                     : input_hex(&code, (flag_text){operands->texts[0], operands->positions[0]});
    if (status != EXIT_DONE) {
        return status;
    }
    sink_text(&sink_out, flags.json ? "[" : "");
    for (size_t pc = 0; pc < code.size;) {
        instruction at = decode(code, pc);
        (flags.json ? print_json : print_line)(&at);
        pc += 1 + at.data_size;
    }
    sink_text(&sink_out, flags.json ? "]\n" : "");
    return EXIT_DONE;
}

const command command_disasm = {
    .name = "disasm",
    .summary = "code to assembly",
    .synopsis = "coldevm disasm [flags] CODE|@FILE|-",
    .description = "Prints one line per instruction: its place, its name and its immediate bytes. "
                   "A byte that the fork does not define is UNDEFINED; immediate bytes beyond the "
                   "end of the code read as zero, which is said behind them.",
    .examples = "  $ coldevm disasm 60015b0c61ff\n"
                "  0000 PUSH1 0x01\n"
                "  0002 JUMPDEST\n"
                "  0003 UNDEFINED 0x0c\n"
                "  0004 PUSH2 0xff      # truncated, reads 0xff00\n",
    .flags = {FLAGS, sizeof FLAGS / sizeof FLAGS[0]},
    .run = run,
};
