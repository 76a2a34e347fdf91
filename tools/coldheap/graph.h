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
    EDGE_UNDECODED /* bytes that are no instruction */
} edge_kind;

typedef struct function function;

typedef struct edge {
    edge_kind kind;
    uint32_t stack_bytes; /* of the caller's frame at this place */
    function *target;     /* NULL: see name */
    const char *name;     /* of a function that is not among the inputs; NULL: see kind */
    uint64_t address;
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
    function *same; /* the one that stands for this name's code; NULL: itself */
    function *next_of_name;
    uint32_t seen_for; /* of the search that is on: its number, and how it got here */
    function *parent;
    const edge *via;
    uint32_t state; /* of the walk for stack and recursion, and how that got here */
    function *walk_parent;
    const edge *walk_via;
    uint64_t stack_bytes;
};

typedef struct graph {
    image_set images;
    function **by_name; /* hash table of global names */
    size_t by_name_bits;
    size_t function_count;
    function **each; /* those with symbols, in order of reading */
    size_t each_count;
    size_t each_room;
    struct graph_image *per_image; /* by image.index */
    size_t per_image_room;
    callinfo calls;
    image_archive *libraries; /* where names are looked for that no input defines */
} graph;

/* graph_index finds the functions of all images read since the last call. */
int graph_index(graph *in);

/* graph_find finds the function that a name stands for outside of its module; NULL if none.
 * graph_find_further also looks into the libraries, and reads the member that has it. */
function *graph_find(const graph *in, const char *name);
function *graph_find_further(graph *in, const char *name);

/* graph_find_any finds also functions that their unit keeps to itself: the first of that name. */
function *graph_find_any(const graph *in, const char *name);

/* graph_at finds the function at, or around, an address of code; one without a symbol is made. NULL
 * if no code is there. */
function *graph_at(graph *in, image *at, uint64_t address);

/* graph_each walks all functions with symbols: *position starts at 0; NULL at the end. */
function *graph_each(const graph *in, size_t *position);

/* graph_decode fills the edges and the frame, once. */
void graph_decode(graph *in, function *of);

/* graph_decode_all decodes everything and marks the functions whose address is taken, by code or
 * by data. */
void graph_decode_all(graph *in);

#endif
