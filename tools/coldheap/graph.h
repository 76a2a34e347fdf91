/* graph.h: who calls whom, from machine code: functions, and edges from a place in one to another.
 *
 * Functions are decoded when they are first looked at. What the code says is complete: a call or
 * jump whose target cannot be told is an edge too, of a kind that says so. */
#ifndef COLDHEAP_TOOL_GRAPH_H
#define COLDHEAP_TOOL_GRAPH_H

#include "callinfo.h"
#include "image.h"

typedef enum edge_kind {
    EDGE_CALL,
    EDGE_TAIL,          /* a jump that leaves the function */
    EDGE_REFERENCE,     /* the address is taken */
    EDGE_INDIRECT_CALL, /* to a target that is computed: no `target`, no `name` */
    EDGE_INDIRECT_TAIL, /* a computed jump that is no switch */
    EDGE_SYSCALL,
    EDGE_MARK,     /* the address of a scope's mark */
    EDGE_UNDECODED /* bytes that are no instruction */
} edge_kind;

typedef struct function function;
struct policy_line;

typedef struct edge {
    edge_kind kind;
    uint32_t stack_bytes; /* of the caller's frame at this place */
    function *target;     /* NULL: see name */
    const char *name;     /* of a function that is not among the inputs; NULL: see kind */
    uint64_t address;
    uint64_t mark;            /* EDGE_MARK: where it stands */
    struct policy_line *line; /* what is stated about a computed call, once it was looked up */
    bool looked_up;
    struct edge *next;
} edge;

struct function {
    const char *name;
    image *in;
    uint64_t address;
    uint64_t size; /* 0: to the first end of flow */
    edge *edges;   /* in order of address */
    uint32_t frame_bytes;
    uint32_t index; /* in order of creation; of use for side tables */
    bool decoded;
    bool unbounded; /* its frame has no fixed size */
    bool resolver;  /* IFUNC: calling it means calling what it refers to */
    bool global;
    bool weak;
    bool hot;       /* marked CH_HOT_FN */
    bool permit;    /* marked CH_PERMIT_FN */
    bool taken;     /* its address is stored in data, or used other than by calls */
    bool stub;      /* of the table of imports */
    bool hub;       /* no function: all that a line of the policy lets a computed call reach */
    function *same; /* the one that stands for this name's code; NULL: itself */
    function *next_of_name;
    function *rival;   /* another one of the same name, as strong: either may be linked */
    uint32_t seen_for; /* of the search that is on: its number, and how it got here */
    function *parent;
    const edge *via;
    uint32_t order;  /* in which depth.c came by; 0: not yet */
    uint32_t lowest; /* of those that lead back from here */
    function *below; /* on the stack of those that are open, then of its group */
    function *caller;
    const edge *next_edge;
    function *group; /* one of the functions that call each other, for all of them */
    bool open;
    uint64_t stack_bytes;
};

typedef struct graph {
    image_set images;
    const image *indexed; /* the last one whose functions were found */
    function **by_name;   /* hash table of global names */
    size_t by_name_bits;
    size_t function_count; /* made so far */
    function **functions;  /* those with symbols, in order of reading; aliases apart */
    size_t used_count;
    size_t used_room;
    struct graph_image *per_image; /* by image.index */
    size_t per_image_room;
    callinfo calls;
    image_archive *libraries; /* where names are looked for that no input defines */
    bool taken_is_known;
    struct graph_name *taken_outside;
} graph;

/* graph_index finds the functions of all images read since the last call. */
int graph_index(graph *in);

/* graph_find finds the function that a name stands for outside of its module; NULL if none.
 * graph_find_further also looks into the libraries, and reads the member that has it. */
function *graph_find(const graph *in, const char *name);
function *graph_find_further(graph *in, const char *name);

/* graph_find_any finds also functions that their unit keeps to itself, the first of that name, or
 * else the first clone of a function of that name. */
function *graph_find_any(const graph *in, const char *name);

/* graph_make_hub makes a function of no code, to which edges can be added with graph_add_edge. */
function *graph_make_hub(graph *in, const char *name);
/* graph_add_known makes a function of a name that nobody has defined so far, of which all is known:
 * it calls nothing and takes that much of the stack. */
function *graph_add_known(graph *in, const char *name, uint32_t stack_bytes);
void graph_add_edge(function *to, edge_kind kind, function *target, const char *name);

/* graph_at finds the function at, or around, an address of code; one without a symbol is made. NULL
 * if no code is there. */
function *graph_at(graph *in, image *at, uint64_t address);

/* graph_starting_at finds the function that begins at an address; NULL if none with a symbol. */
function *graph_starting_at(const graph *in, const image *at, uint64_t address);

/* graph_through_stub: a stub of the table of imports does nothing but jump to what it stands for;
 * of an edge to one, its edge. */
const edge *graph_through_stub(graph *in, const edge *via);

/* graph_each walks all functions with symbols: *position starts at 0; NULL at the end. */
function *graph_each(const graph *in, size_t *position);

/* graph_add_table adds an edge to each function whose address stands in an object of data.
 * Returns: their number. */
size_t graph_add_table(graph *in, function *to, image *at, const image_symbol *object);

/* graph_compiler_lacks tells whether the compiler's own list of the calls in `from` is known and
 * has none to `name`. */
bool graph_compiler_lacks(const graph *in, const function *from, const char *name);

/* graph_uses tells whether an input refers to `name` without defining it; graph_is_stripped whether
 * one is a program without its table of symbols. */
bool graph_uses(const graph *in, const char *name);
bool graph_is_stripped(const graph *in);

/* graph_has_whole_program tells whether the inputs are a whole program: main is among them, so that
 * no other code but libraries' calls what they define. */
bool graph_has_whole_program(const graph *in);

/* graph_decode fills the edges and the frame, once. */
void graph_decode(graph *in, function *of);

/* graph_mark_taken marks the functions of the inputs whose address is taken, by data or by code,
 * all of which it decodes for that, once. *outside gets the names of functions that no input
 * defines and whose address is taken. */
typedef struct graph_name {
    const char *name;
    struct graph_name *next;
} graph_name;

void graph_mark_taken(graph *in, const graph_name **outside);

#endif
