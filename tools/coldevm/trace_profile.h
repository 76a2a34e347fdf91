/* trace_profile.h: where gas, time, instructions and memory went, by call path and opcode, out of
 * the machine's tracer; written as collapsed stacks, speedscope JSON or Chrome trace events (spec
 * cli.md C11).
 *
 *   case             "test name", left out if it has none
 *     CALL 0x..      frame: what called it, and whose code or account it is
 *       SLOAD        leaf: the opcode; holds the weights
 *
 * Weights go to a tree of call paths, each path once, so that memory depends on the number of
 * different paths, not on the length of the run. What must stand in order of time (speedscope's
 * evented profile, Chrome's events) is written while it happens. Nothing is allocated after open.
 *
 * Gas is what the outermost frame has less than before, so it adds up to the gas used: what a
 * failed frame burns counts for the instruction that failed, a deposit for the RETURN before it,
 * a call without frame (a precompile, an account without code) for the call. Time is that of the
 * tracing build, without that of this profile but with that of lines written at the same time.
 * Memory grown by a frame's last instruction is not seen. One thread. */
#ifndef COLDEVM_TRACE_PROFILE_H
#define COLDEVM_TRACE_PROFILE_H

#include "pad.h"
#include "sink.h"

#include <coldevm/machine.h>

typedef enum profile_format { PROFILE_FOLDED, PROFILE_SPEEDSCOPE, PROFILE_CHROME } profile_format;

#define PROFILE_OUTPUTS_MAX 4u
#define PROFILE_FRAMES_MAX  1028u /* 1025, the case, the root */

typedef enum profile_weight {
    PROFILE_GAS,
    PROFILE_NS,
    PROFILE_BYTES,
    PROFILE_STEPS,
    PROFILE_WEIGHTS
} profile_weight;

/* A call path: its last name and the path before it. Node 0 is the empty path. */
typedef struct profile_node {
    uint32_t parent;
    uint32_t name;
    uint64_t weights[PROFILE_WEIGHTS];
} profile_node;

/* An open frame. */
typedef struct profile_frame {
    uint32_t node;
    uint32_t name;
    uint32_t leaf;    /* node of its latest instruction */
    uint32_t depth;   /* 0: the case */
    int64_t retained; /* gas it keeps while its callee runs */
    uint64_t used;    /* gas used when it was opened */
    size_t memory_size;
} profile_frame;

typedef struct profile_output {
    profile_format format;
    sink *out;
    const char *separator; /* before the next event */
} profile_output;

typedef struct trace_profile {
    chevm_tracer tracer; /* to be given to chevm_set_tracer between begin and end */
    pad nodes, node_slots, names, name_slots, texts;
    uint32_t node_count, name_count, text_bytes;
    bool
        truncated; /* more paths or names than there is room for: the rest went to the path above */
    chevm_fork fork;
    uint32_t op_names[256]; /* of this fork; 0: not yet met */
    profile_frame frames[PROFILE_FRAMES_MAX];
    uint32_t frame_count;
    uint32_t leaf;         /* node that time and gas go to until the next instruction */
    bool started;          /* the case has had an instruction */
    int64_t gas_start;     /* gas of the case's first instruction */
    int64_t retained;      /* of all open frames */
    uint64_t used_before;  /* by the cases before */
    uint64_t used;         /* by now */
    chevm_trace_step last; /* the latest instruction, as its end told it */
    uint64_t clock_start;
    uint64_t clock_left; /* when the machine was given control back */
    uint64_t clock_now;
    profile_output outputs[PROFILE_OUTPUTS_MAX];
    uint32_t output_count;
} trace_profile;

/* trace_profile_open reserves room; an exit code. trace_profile_close gives it back. */
int trace_profile_open(trace_profile *profile);
void trace_profile_close(trace_profile *profile);

/* trace_profile_output adds a format to be written to `out`, before the first case. */
void trace_profile_output(trace_profile *profile, profile_format format, sink *out);

/* trace_profile_begin starts a transaction; `name` NULL: no frame around it. trace_profile_end ends
 * it; gas_left is that of the outermost frame, -1: as its last instruction left it. */
void trace_profile_begin(trace_profile *profile, const char *name, chevm_fork fork);
void trace_profile_end(trace_profile *profile, int64_t gas_left);

/* trace_profile_write completes all outputs; afterwards only close. */
void trace_profile_write(trace_profile *profile);

/* ---- Between trace_profile.c and trace_profile_write.c ---- */

const profile_node *profile_nodes(const trace_profile *profile);
const char *profile_name(const trace_profile *profile, uint32_t name);
void profile_write_start(profile_output *output);
void profile_write_open(profile_output *output, const trace_profile *profile, uint32_t name);
void profile_write_close(profile_output *output, const trace_profile *profile,
                         const profile_frame *frame);

#endif
