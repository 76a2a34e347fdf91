/* trace_profile.c: the tree of call paths, fed by the tracer; see trace_profile.h. Paths and names
 * are found by two open-addressing tables that never move and never shrink. */
#include "trace_profile.h"

#include "codes.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define NODES_MAX   (UINT32_C(1) << 20)
#define NAMES_MAX   (UINT32_C(1) << 18)
#define SLOTS(most) ((most)*2u) /* at most half full; a power of two */
#define TEXTS_MAX   (UINT32_C(1) << 26)
#define NAME_MORE   1u /* name 0 is the root's, 1 stands for all that found no room */

static const char *const OP_CREATES[2] = {"CREATE", "CREATE2"};

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- Paths and names ------------------------------------------------------------------------- */

static profile_node *nodes_of(trace_profile *profile) {
    return (profile_node *)(void *)profile->nodes.bytes;
}

const profile_node *profile_nodes(const trace_profile *profile) {
    return (const profile_node *)(const void *)profile->nodes.bytes;
}

const char *profile_name(const trace_profile *profile, uint32_t name) {
    const uint32_t *offsets = (const uint32_t *)(const void *)profile->names.bytes;
    return profile->texts.bytes + offsets[name];
}

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* A name for the text; NAME_MORE when all are taken. */
static uint32_t find_name(trace_profile *profile, const char *text) {
    uint32_t *slots = (uint32_t *)(void *)profile->name_slots.bytes;
    uint32_t *offsets = (uint32_t *)(void *)profile->names.bytes;
    const uint32_t size = (uint32_t)strlen(text) + 1;
    uint64_t hash = size;
    for (const char *at = text; *at != 0; at++) {
        hash = mix(hash, (uint8_t)*at);
    }
    uint32_t slot = (uint32_t)hash % SLOTS(NAMES_MAX);
    for (; slots[slot] != 0; slot = (slot + 1) % SLOTS(NAMES_MAX)) {
        if (strcmp(profile_name(profile, slots[slot]), text) == 0) {
            return slots[slot];
        }
    }
    if (profile->name_count == NAMES_MAX || size > TEXTS_MAX - profile->text_bytes ||
        !pad_need(&profile->names, (profile->name_count + 1) * sizeof *offsets) ||
        !pad_need(&profile->texts, profile->text_bytes + size)) {
        profile->truncated = true;
        return NAME_MORE;
    }
    memcpy(profile->texts.bytes + profile->text_bytes, text, size);
    offsets[profile->name_count] = profile->text_bytes;
    profile->text_bytes += size;
    slots[slot] = profile->name_count;
    return profile->name_count++;
}

/* The path `parent` and then `name`; the parent itself when there is no room for more. */
static uint32_t find_node(trace_profile *profile, uint32_t parent, uint32_t name) {
    uint32_t *slots = (uint32_t *)(void *)profile->node_slots.bytes;
    profile_node *nodes = nodes_of(profile);
    uint32_t slot = (uint32_t)mix(mix(1, parent), name) % SLOTS(NODES_MAX);
    for (; slots[slot] != 0; slot = (slot + 1) % SLOTS(NODES_MAX)) {
        const profile_node *node = &nodes[slots[slot]];
        if (node->parent == parent && node->name == name) {
            return slots[slot];
        }
    }
    if (profile->node_count == NODES_MAX ||
        !pad_need(&profile->nodes, (profile->node_count + 1) * sizeof *nodes)) {
        profile->truncated = true;
        return parent;
    }
    nodes[profile->node_count] = (profile_node){.parent = parent, .name = name};
    slots[slot] = profile->node_count;
    return profile->node_count++;
}

static uint32_t op_name(trace_profile *profile, uint8_t op) {
    if (profile->op_names[op] == 0) {
        char text[32];
        const char *name = chevm_op_name(profile->fork, op);
        if (name == NULL) {
            (void)snprintf(text, sizeof text, "opcode 0x%x not defined", op);
            name = text;
        }
        profile->op_names[op] = find_name(profile, name);
    }
    return profile->op_names[op];
}

/* "DELEGATECALL 0x..": the instruction that made the frame (the transaction's call or creation for
 * the outermost) and the account; for code that runs in another's place, the account it is from. */
static uint32_t frame_name(trace_profile *profile, const chevm_trace_step *step, bool outermost) {
    const chevm_message *message = step->message;
    const bool creates = message->kind >= CHEVM_KIND_CREATE;
    const bool borrows =
        message->kind == CHEVM_KIND_CALLCODE || message->kind == CHEVM_KIND_DELEGATECALL;
    const char *verb = creates ? OP_CREATES[message->kind == CHEVM_KIND_CREATE2] : "CALL";
    if (!outermost && chevm_op_name(profile->fork, profile->last.op) != NULL) {
        verb = chevm_op_name(profile->fork, profile->last.op);
    }
    const chevm_address *account = borrows ? &message->code_address : &message->recipient;
    char text[64];
    int used = snprintf(text, sizeof text, "%s 0x", verb);
    for (size_t i = 0; i < sizeof account->bytes; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "%02x", account->bytes[i]);
    }
    return find_name(profile, text);
}

/* ---- Open and close -------------------------------------------------------------------------- */

static void step_begins(void *context, const chevm_trace_step *step);
static void step_ends(void *context, const chevm_trace_step *step);

int trace_profile_open(trace_profile *profile) {
    memset(profile, 0, sizeof *profile);
    profile->tracer = (chevm_tracer){step_begins, step_ends, profile};
    const struct {
        pad *buffer;
        size_t size_bytes;
        bool at_once; /* tables are found zeroed */
    } rows[] = {
        {&profile->nodes, (size_t)NODES_MAX * sizeof(profile_node), false},
        {&profile->node_slots, (size_t)SLOTS(NODES_MAX) * sizeof(uint32_t), true},
        {&profile->names, (size_t)NAMES_MAX * sizeof(uint32_t), false},
        {&profile->name_slots, (size_t)SLOTS(NAMES_MAX) * sizeof(uint32_t), true},
        {&profile->texts, TEXTS_MAX, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int code = pad_open(rows[i].buffer, rows[i].size_bytes, "profile");
        bool ready = code == EXIT_DONE &&
                     pad_need(rows[i].buffer, rows[i].at_once ? rows[i].size_bytes : 4096);
        if (!ready) {
            trace_profile_close(profile);
            return code != EXIT_DONE ? code : EXIT_INTERNAL;
        }
    }
    nodes_of(profile)[0] = (profile_node){0};
    profile->node_count = 1;
    memcpy(profile->texts.bytes, "all", 4);
    profile->text_bytes = 4;
    profile->name_count = NAME_MORE;
    (void)find_name(profile, "(more)");
    profile->clock_start = clock_ns();
    return EXIT_DONE;
}

void trace_profile_close(trace_profile *profile) {
    pad *buffers[] = {&profile->nodes, &profile->node_slots, &profile->names, &profile->name_slots,
                      &profile->texts};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++) {
        if (buffers[i]->bytes != NULL) {
            pad_close(buffers[i]);
        }
    }
}

void trace_profile_output(trace_profile *profile, profile_format format, sink *out) {
    CH_REQUIRE(profile->output_count < PROFILE_OUTPUTS_MAX);
    profile_output *output = &profile->outputs[profile->output_count++];
    *output = (profile_output){format, out, ""};
    profile_write_start(output);
}

/* ---- Frames ---------------------------------------------------------------------------------- */

static profile_frame *top_of(trace_profile *profile) {
    return &profile->frames[profile->frame_count - 1];
}

static void push_frame(trace_profile *profile, uint32_t name, uint32_t depth) {
    uint32_t parent = profile->frame_count > 0 ? top_of(profile)->node : 0;
    uint32_t node = find_node(profile, parent, name);
    profile->frames[profile->frame_count++] = (profile_frame){
        .node = node, .name = name, .leaf = node, .depth = depth, .used = profile->used};
    for (uint32_t i = 0; i < profile->output_count; i++) {
        profile_write_open(&profile->outputs[i], profile, name);
    }
}

/* Closes open frames until `count` are left. */
static void pop_frames(trace_profile *profile, uint32_t count) {
    while (profile->frame_count > count) {
        const profile_frame *frame = &profile->frames[--profile->frame_count];
        for (uint32_t i = 0; i < profile->output_count; i++) {
            profile_write_close(&profile->outputs[i], profile, frame);
        }
    }
}

/* Time since the machine went on, and gas up to `used`, are the latest instruction's. */
static void settle(trace_profile *profile, uint64_t used) {
    uint64_t *weights = nodes_of(profile)[profile->leaf].weights;
    profile->clock_now = clock_ns();
    weights[PROFILE_NS] += profile->started ? profile->clock_now - profile->clock_left : 0;
    used = used > profile->used ? used : profile->used;
    weights[PROFILE_GAS] += used - profile->used;
    profile->used = used;
}

static uint64_t used_with(const trace_profile *profile, int64_t gas) {
    return profile->used_before + (uint64_t)(profile->gas_start - profile->retained - gas);
}

/* The frame that is about to have a callee keeps what the call neither cost nor handed on; the cost
 * of a creation (unlike that of a call) is told without what it hands on. */
static int64_t retained_by(const chevm_trace_step *call, const chevm_trace_step *first) {
    const int64_t handed = first->message->kind >= CHEVM_KIND_CREATE ? first->gas : 0;
    return call->gas - call->gas_cost - handed;
}

static void step_begins(void *context, const chevm_trace_step *step) {
    trace_profile *profile = context;
    uint32_t left = profile->frame_count;
    while (left > 0 && profile->frames[left - 1].depth > step->depth) {
        left--;
    }
    const bool enters = left == 0 || profile->frames[left - 1].depth < step->depth;
    const bool outermost = left == 0 || profile->frames[left - 1].depth == 0;
    if (!profile->started) {
        profile->gas_start = step->gas;
    } else if (enters && !outermost) {
        profile->frames[left - 1].retained = retained_by(&profile->last, step);
        profile->retained += profile->frames[left - 1].retained;
    } else if (!enters && left < profile->frame_count) {
        for (uint32_t i = left; i < profile->frame_count; i++) {
            profile->retained -= profile->frames[i - 1].retained;
            profile->frames[i - 1].retained = 0;
        }
    }
    settle(profile, used_with(profile, step->gas));
    profile->started = true;
    pop_frames(profile, left);
    if (enters && profile->frame_count < PROFILE_FRAMES_MAX) {
        push_frame(profile, frame_name(profile, step, outermost), step->depth);
    }
    profile_frame *frame = top_of(profile);
    if (step->memory_size > frame->memory_size) {
        nodes_of(profile)[frame->leaf].weights[PROFILE_BYTES] +=
            step->memory_size - frame->memory_size;
        frame->memory_size = step->memory_size;
    }
    frame->leaf = find_node(profile, frame->node, op_name(profile, step->op));
    profile->leaf = frame->leaf;
    nodes_of(profile)[frame->leaf].weights[PROFILE_STEPS]++;
    profile->clock_left = clock_ns();
}

static void step_ends(void *context, const chevm_trace_step *step) {
    trace_profile *profile = context;
    settle(profile, profile->used);
    profile->last = *step;
    profile->clock_left = clock_ns();
}

/* ---- Cases ----------------------------------------------------------------------------------- */

void trace_profile_begin(trace_profile *profile, const char *name, chevm_fork fork) {
    if (fork != profile->fork) {
        memset(profile->op_names, 0, sizeof profile->op_names);
    }
    profile->fork = fork;
    profile->started = false;
    profile->retained = 0;
    profile->used_before = profile->used;
    profile->leaf = 0;
    profile->clock_now = clock_ns();
    if (name != NULL) {
        push_frame(profile, find_name(profile, name), 0);
    }
}

void trace_profile_end(trace_profile *profile, int64_t gas_left) {
    const chevm_trace_step *last = &profile->last;
    if (profile->started && (gas_left >= 0 || last->depth == 1)) {
        if (gas_left < 0) {
            const bool keeps = last->status == CHEVM_OK || last->status == CHEVM_REVERT;
            gas_left = keeps ? last->gas - last->gas_cost : 0;
        }
        profile->retained = 0;
        settle(profile, used_with(profile, gas_left));
    }
    pop_frames(profile, 0);
    profile->started = false;
}
