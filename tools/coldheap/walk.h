/* walk.h: what the files that decode one function share: where the walk is, and what operands mean.
 * See decode.c. */
#ifndef COLDHEAP_TOOL_WALK_H
#define COLDHEAP_TOOL_WALK_H

#include "graph.h"
#include "registers.h"

#include <capstone/capstone.h>

/* A place in this or another module, or a name that no input defines. */
typedef struct place {
    function *code;
    const char *name; /* of a function elsewhere */
    uint64_t address; /* of data in the same image; 0: none */
} place;

typedef struct walk {
    graph *in;
    function *of;
    image *at;
    edge **last;
    registers known;         /* here */
    registers constant;      /* in the whole function */
    uint64_t end;            /* of the function */
    const uint8_t *bytes;    /* of the function */
    uint64_t *labels;        /* bit per byte: jumped to */
    uint64_t *direct;        /* bit per byte: jumped to by an instruction that says so */
    uint32_t *depths;        /* per byte: stack when jumped to, plus 1 */
    uint32_t *depths_before; /* in the pass before */
    uint64_t label_count;
    uint64_t *places; /* of data that the code names, ascending: where a table ends at the latest */
    size_t place_count;
    size_t place_room;
    uint64_t farthest; /* highest label */
    uint32_t depth;
    uint32_t probe; /* a loop that touches the stack page by page goes down to here; 0: none */
    bool reached;   /* by falling through */
    bool guessed;   /* nothing seen leads here: padding, or the target of an unknown jump */
    bool doubtful;  /* only a call that may not return leads here */
    bool untracked; /* jumps go to places that are not known */
    bool first;     /* of the passes: not all places are known */
    bool skipped;   /* a table, therefore */
    bool frozen;    /* nothing is constant in the whole function */
    bool calls;
} walk;

/* place.c: symbols and words of data. */
place place_of_symbol(graph *in, image *at, uint32_t index, int64_t offset);

/* place_settle makes a function of an address that turns out to be code. */
place place_settle(graph *in, image *at, place found);

/* place_content is what the word at `address` holds from start to end: imports, constants. Nothing
 * is known of words that the program may change. place_word reads `size` bytes, 0 if they are not
 * there. */
place place_content(graph *in, image *at, uint64_t address);
uint64_t place_word(const image_section *section, uint64_t address, size_t size);

bool place_names_code(place target);

/* walk.c: edges, labels, operands. */
void walk_edge(walk *w, edge_kind kind, place target, uint64_t address);
bool walk_is_inside(const walk *w, uint64_t address);
void walk_label(walk *w, uint64_t address);
void walk_label_direct(walk *w, uint64_t address);
bool walk_is_label(const walk *w, uint64_t address);
bool walk_is_rip_relative(const cs_x86_op *operand);

/* walk_note_place keeps the address of data that the code names; walk_is_place finds it. */
void walk_note_place(walk *w, uint64_t address);
bool walk_is_place(const walk *w, uint64_t address);

/* walk_operand is the place that an immediate or a displacement of `value` stands for, walk_memory
 * the one that a memory operand names if that does not depend on unknown registers; *through_slot
 * tells that it is a word that holds the address. walk_loaded is what a load from it gets. */
place walk_operand(walk *w, const cs_insn *insn, uint64_t value, bool *through_slot);
place walk_memory(walk *w, const cs_insn *insn, const cs_x86_op *operand, bool *through_slot);
place walk_loaded(walk *w, const cs_insn *insn, const cs_x86_op *operand);

/* switch.c: whether a computed jump is a switch or a goto; its labels and edges are taken then. */
bool switch_through_memory(walk *w, const cs_insn *insn, const cs_x86_op *operand);
bool switch_through_register(walk *w, const cs_insn *insn, unsigned reg);
bool switch_is_marked(const cs_insn *insn);
bool switch_is_goto(const walk *w, uint64_t address);

/* values.c: what registers hold after an instruction, which may change those that are written, and
 * which functions it refers to. */
void values_follow(walk *w, const cs_insn *insn, uint16_t written);

/* frame.c: the depth of the stack. */
void stack_follow(walk *w, const cs_insn *insn);
void stack_close_loop(walk *w, const cs_insn *insn, const uint32_t *seen);

#endif
