/* code.c: capstone, and a list of what it said; see code.h. Functions that are longer than the list
 * are decoded again from there on. */
#include "code.h"

#include "registers.h"
#include "vector.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MAX 16384u

static csh engine;
static bool engine_is_open;
static cs_insn *buffer;

static struct {
    const uint8_t *start;
    uint64_t address;
    size_t size;
    size_t offset; /* of the next instruction */
    size_t index;  /* of it in the list */
    instruction *list;
    size_t count;
    size_t room;
    instruction last; /* behind the list */
} code;

void code_close(void) {
    if (engine_is_open) {
        cs_free(buffer, 1);
        cs_close(&engine);
        free(code.list);
        memset(&code, 0, sizeof code);
        engine_is_open = false;
    }
}

static bool open_engine(void) {
    if (!engine_is_open && cs_open(CS_ARCH_X86, CS_MODE_64, &engine) == CS_ERR_OK) {
        cs_option(engine, CS_OPT_DETAIL, CS_OPT_ON);
        buffer = cs_malloc(engine);
        engine_is_open = buffer != NULL;
    }
    return engine_is_open;
}

bool code_open(const uint8_t *bytes, uint64_t address, size_t size) {
    code.start = bytes;
    code.address = address;
    code.size = size;
    code.count = 0;
    code_rewind();
    return open_engine();
}

void code_rewind(void) {
    code.offset = 0;
    code.index = 0;
}

/* Where the next instruction is put: in the list as long as that may grow. */
static instruction *slot(void) {
    if (code.count == code.room && code.room < LIST_MAX) {
        size_t room = code.room != 0 ? code.room * 2 : 1024;
        instruction *moved = realloc(code.list, room * sizeof *moved);
        if (moved != NULL) {
            code.list = moved;
            code.room = room;
        }
    }
    if (code.index < code.count || code.count == code.room) {
        return &code.last;
    }
    code.index++;
    return &code.list[code.count++];
}

static uint16_t written_by(const cs_insn *insn) {
    cs_regs read;
    cs_regs written;
    uint8_t read_count;
    uint8_t count;
    uint16_t mask = 0;
    if (cs_regs_access(engine, insn, read, &read_count, written, &count) != CS_ERR_OK) {
        return UINT16_MAX;
    }
    for (uint8_t i = 0; i < count; i++) {
        unsigned index = registers_index(written[i]);
        mask |= index < REGISTERS ? (uint16_t)(1u << index) : 0;
    }
    return mask;
}

static void describe(instruction *out, const cs_insn *insn) {
    bool is_return = cs_insn_group(engine, insn, CS_GRP_RET);
    out->insn = *insn;
    memcpy(out->detail, insn->detail, sizeof out->detail);
    out->is_known = true;
    out->is_call = cs_insn_group(engine, insn, CS_GRP_CALL);
    out->is_jump = !out->is_call && cs_insn_group(engine, insn, CS_GRP_JUMP);
    out->ends_flow =
        is_return || insn->id == X86_INS_JMP || insn->id == X86_INS_HLT || insn->id == X86_INS_UD2;
    out->written = written_by(insn);
}

const instruction *code_next(void) {
    instruction *out = NULL;
    if (code.index < code.count) {
        out = &code.list[code.index++];
    } else if (code.offset < code.size) {
        const uint8_t *bytes = code.start + code.offset;
        size_t left = code.size - code.offset;
        uint64_t address = code.address + code.offset;
        if (cs_disasm_iter(engine, &bytes, &left, &address, buffer)) {
            out = slot();
            describe(out, buffer);
        } else {
            size_t length = vector_length(bytes, left);
            if (length == 0) {
                return NULL;
            }
            out = slot();
            *out = (instruction){.insn = {.address = address, .size = (uint16_t)length},
                                 .written = UINT16_MAX};
        }
    }
    if (out != NULL) {
        out->insn.detail = (cs_detail *)(void *)out->detail;
        code.offset = (size_t)(out->insn.address - code.address) + out->insn.size;
    }
    return out;
}
