/** machine.h: the EVM itself. A chevm lives in one block of memory that is reserved before it
 * starts; executing never asks for more.
 *
 *  | chevm | frames | operand stacks | EVM memory (checkpoint per frame) | return data | code |
 * cache |
 *
 *  Configure -> footprint (bytes by part) -> create/init -> execute messages against a host ->
 * fini. One instance per thread; instances share nothing mutable. Calls do not recurse on the C
 * stack.
 */
#ifndef CHEVM_MACHINE_H
#define CHEVM_MACHINE_H

#include <coldevm/host.h>
#include <coldheap/allocator.h>
#include <coldheap/status.h>

CH_API_BEGIN

typedef struct chevm chevm;

/** Engines: builds of the same handlers. */
typedef enum chevm_engine {
    CHEVM_ENGINE_FAST = 0, /* the fastest tier built in: computed goto where the compiler has it */
    CHEVM_ENGINE_PORTABLE = 1 /* the switch twin: any compiler, any byte order */
} chevm_engine;

/** When code that jumps is rewritten into fused instructions (src/evm/fused.h): a matter of speed
 * only. */
typedef enum chevm_fusing {
    CHEVM_FUSE_WHEN_HOT = 0, /* after enough jumps to pay for it */
    CHEVM_FUSE_AT_ONCE = 1,  /* at the first run of a code */
    CHEVM_FUSE_NEVER = 2
} chevm_fusing;

/** All fields have a meaning at 0, so {0} is a usable configuration. */
typedef struct chevm_options {
    chevm_fork fork; /* rules; CHEVM_FRONTIER is 0, so set it */
    chevm_engine engine;
    uint64_t gas_limit;       /* sizes EVM memory for the worst case of this gas; 0 = 30,000,000 */
    uint64_t memory_bytes;    /* cap for EVM memory of all frames; 0 = derived from gas_limit */
    uint32_t depth_max;       /* 0 = CHEVM_DEPTH_MAX; frames are depth_max + 1 */
    bool single_frame;        /* take depth_max 0 literally: one frame, the host runs all calls */
    uint64_t cache_bytes;     /* analysis cache; 0 = 16 MiB; */
    bool cache_off;           /* every run analyses its code again */
    const ch_allocator *twin; /* not NULL: take every frame, stack, memory growth, return data and
                                 analysis from this allocator instead (the malloc twin) */
} chevm_options;

// clang-format off
/** Parts of a machine's memory, in layout order: X(NAME, text). */
#define CHEVM_PART_ROWS(X)      \
    X(MACHINE,    "machine")    \
    X(FRAMES,     "frames")     \
    X(STACK,      "stack")      \
    X(MEMORY,     "memory")     \
    X(RETURNDATA, "returndata") \
    X(CODE,       "code")       \
    X(CACHE,      "cache")
// clang-format on

typedef enum chevm_part {
#define CHEVM_PART_ENUM(name, text) CHEVM_PART_##name,
    CHEVM_PART_ROWS(CHEVM_PART_ENUM)
#undef CHEVM_PART_ENUM
        CHEVM_PART_COUNT
} chevm_part;

/** Bytes reserved, by part; total is their sum and the exact size of the reservation. */
typedef struct chevm_footprint_parts {
    size_t bytes[CHEVM_PART_COUNT];
    size_t total;
} chevm_footprint_parts;

typedef struct chevm_stats {
    uint64_t executions; /* chevm_execute calls */
    uint64_t frames;     /* frames entered */
    uint64_t cache_hits, cache_misses, cache_flushes;
    size_t memory_peak_bytes; /* EVM memory of all frames together */
    uint32_t depth_peak;
} chevm_stats;

/** chevm_footprint computes the parts for `options`.
 *  Returns: CH_OK; CH_EINVAL for an unknown fork or engine; CH_ERANGE if the sum overflows; *parts
 *  unchanged on error. */
ch_status chevm_footprint(const chevm_options *options, chevm_footprint_parts *parts);

/** chevm_create reserves the footprint from the operating system in one mapping and prepares it.
 *  Returns: CH_OK and *vm; CH_EINVAL, CH_ERANGE as chevm_footprint; CH_ENOMEM if refused.
 *  Owner: the caller, until chevm_destroy (which accepts NULL). */
ch_status chevm_create(chevm **vm, const chevm_options *options);
void chevm_destroy(chevm *vm);

/** chevm_init is chevm_create in `size` bytes of the caller's memory (aligned to CH_ALIGN_MAX, at
 * least the footprint's total; need not be zero). chevm_fini gives it back. Returns: CH_EALIGN,
 * CH_EFULL for unfit memory, else as chevm_create. */
ch_status chevm_init(chevm **vm, void *memory, size_t size, const chevm_options *options);
void chevm_fini(chevm *vm);

/** chevm_set_fork changes the rules. CH_EBUSY while executing, CH_EINVAL for an unknown fork. */
ch_status chevm_set_fork(chevm *vm, chevm_fork fork);
chevm_fork chevm_get_fork(const chevm *vm);
ch_status chevm_set_engine(chevm *vm, chevm_engine engine);
ch_status chevm_set_cache(chevm *vm, bool on);
ch_status chevm_set_fusing(chevm *vm, chevm_fusing fusing);

/** chevm_execute runs `callee->code` for `message` at message->depth against the host; the first
 * call frame only, without call_begin/call_end around it (that is chevm_call). Lifetime:
 * result->output until the next execute, call or destroy of this vm. */
void chevm_execute(chevm *vm, const chevm_host *host, void *context, const chevm_message *message,
                   const chevm_callee *callee, chevm_result *result);

/** chevm_call is call_begin, execution, call_end: a transaction's message at depth 0. */
void chevm_call(chevm *vm, const chevm_host *host, void *context, const chevm_message *message,
                chevm_result *result);

void chevm_get_stats(const chevm *vm, chevm_stats *stats);

/** chevm_reset_stats starts counts and peaks anew; those of the cache go on. Requires: not
 * executing. */
void chevm_reset_stats(chevm *vm);

/** One traced instruction, values before it ran; valid only during the call. */
typedef struct chevm_trace_step {
    uint64_t pc;
    int64_t gas;
    int64_t gas_cost; /* whole cost; trace_end only */
    uint32_t depth;   /* from 1 */
    uint8_t op;
    int64_t refund;
    const chevm_u256 *stack; /* bottom first */
    size_t stack_count;
    const uint8_t *memory;
    size_t memory_size;
    const uint8_t *return_data;
    size_t return_data_size;
    chevm_status status;          /* trace_end only: OK, or why the instruction failed */
    const chevm_message *message; /* of the frame; recipient is the new account in a creation */
} chevm_trace_step;

/** Receives each instruction twice: begin with the values before it, end with its cost and outcome
 * (for calls and creations: before the callee's first instruction). */
typedef struct chevm_tracer {
    void (*begin)(void *context, const chevm_trace_step *step);
    void (*end)(void *context, const chevm_trace_step *step);
    void *context;
} chevm_tracer;

/** chevm_set_tracer makes all further runs use the tracing build of the engine; NULL: back to
 * normal.
 *  CH_EBUSY while executing. The tracer must live until it is replaced. */
ch_status chevm_set_tracer(chevm *vm, const chevm_tracer *tracer);

/** chevm_op_name returns the EIP name of `op` in `fork` (DIFFICULTY before Paris), NULL if
 * undefined there. Static. chevm_op_immediate: bytes of immediate data behind it (PUSHn: n, else
 * 0). */
const char *chevm_op_name(chevm_fork fork, uint8_t op);
unsigned chevm_op_immediate(uint8_t op);

CH_API_END

#endif
