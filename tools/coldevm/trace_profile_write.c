/* trace_profile_write.c: the profile as files (spec cli.md C11); see trace_profile.h.
 *
 *   folded      CALL_0x..;CALL_0x..;SLOAD 2100           gas by path
 *   speedscope  gas in order of the run (evented); by opcode: gas, time, memory, instructions
 *   chrome      frames over time, with the gas used so far as a counter */
#include "trace_profile.h"

#include <string.h>

static const struct {
    const char *name;
    const char *unit;
} WEIGHTS[PROFILE_WEIGHTS] = {
    [PROFILE_GAS] = {"gas by opcode", "none"},
    [PROFILE_NS] = {"time", "nanoseconds"},
    [PROFILE_BYTES] = {"EVM memory", "bytes"},
    [PROFILE_STEPS] = {"instructions", "none"},
};

/* The names of a path, outermost first; returns how many. */
static uint32_t path_of(const trace_profile *profile, uint32_t node,
                        uint32_t names[PROFILE_FRAMES_MAX]) {
    const profile_node *nodes = profile_nodes(profile);
    uint32_t count = 0;
    for (uint32_t at = node; at != 0 && count < PROFILE_FRAMES_MAX; at = nodes[at].parent) {
        names[count++] = nodes[at].name;
    }
    for (uint32_t i = 0; i < count / 2; i++) {
        uint32_t saved = names[i];
        names[i] = names[count - 1 - i];
        names[count - 1 - i] = saved;
    }
    return count;
}

/* ---- While it happens ------------------------------------------------------------------------ */

void profile_write_start(profile_output *output) {
    if (output->format == PROFILE_SPEEDSCOPE) {
        sink_text(output->out,
                  "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\","
                  "\"exporter\":\"coldevm\",\"profiles\":[{\"type\":\"evented\",\"name\":\"gas\","
                  "\"unit\":\"none\",\"startValue\":0,\"events\":[");
    } else if (output->format == PROFILE_CHROME) {
        sink_text(output->out, "{\"traceEvents\":[\n"
                               "{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"tid\":1,"
                               "\"args\":{\"name\":\"coldevm\"}},\n"
                               "{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":1,"
                               "\"args\":{\"name\":\"EVM\"}}");
    }
}

/* Microseconds since the profile was opened, with three decimals. */
static void write_time(sink *out, const trace_profile *profile) {
    uint64_t ns = profile->clock_now - profile->clock_start;
    sink_print(out, ",\"ts\":%llu.%03u,\"pid\":1,\"tid\":1", (unsigned long long)(ns / 1000),
               (unsigned)(ns % 1000));
}

static void write_counter(sink *out, const trace_profile *profile) {
    sink_text(out, ",\n{\"name\":\"gas used\",\"ph\":\"C\"");
    write_time(out, profile);
    sink_print(out, ",\"args\":{\"gas\":%llu}}", (unsigned long long)profile->used);
}

static void write_event(profile_output *output, const trace_profile *profile, char kind,
                        uint32_t name) {
    sink_print(output->out, "%s{\"type\":\"%c\",\"frame\":%u,\"at\":%llu}", output->separator, kind,
               name, (unsigned long long)profile->used);
    output->separator = ",\n";
}

void profile_write_open(profile_output *output, const trace_profile *profile, uint32_t name) {
    if (output->format == PROFILE_SPEEDSCOPE) {
        write_event(output, profile, 'O', name);
    } else if (output->format == PROFILE_CHROME) {
        sink_text(output->out, ",\n{\"name\":");
        sink_json_text(output->out, profile_name(profile, name));
        sink_text(output->out, ",\"ph\":\"B\"");
        write_time(output->out, profile);
        sink_text(output->out, "}");
        write_counter(output->out, profile);
    }
}

void profile_write_close(profile_output *output, const trace_profile *profile,
                         const profile_frame *frame) {
    if (output->format == PROFILE_SPEEDSCOPE) {
        write_event(output, profile, 'C', frame->name);
    } else if (output->format == PROFILE_CHROME) {
        sink_text(output->out, ",\n{\"name\":");
        sink_json_text(output->out, profile_name(profile, frame->name));
        sink_text(output->out, ",\"ph\":\"E\"");
        write_time(output->out, profile);
        sink_print(output->out, ",\"args\":{\"gas\":%llu,\"memory\":%zu}}",
                   (unsigned long long)(profile->used - frame->used), frame->memory_size);
        write_counter(output->out, profile);
    }
}

/* ---- At the end ------------------------------------------------------------------------------ */

static void write_folded(sink *out, const trace_profile *profile) {
    static uint32_t names[PROFILE_FRAMES_MAX];
    for (uint32_t node = 0; node < profile->node_count; node++) {
        uint64_t gas = profile_nodes(profile)[node].weights[PROFILE_GAS];
        if (gas == 0) {
            continue;
        }
        uint32_t count = path_of(profile, node, names);
        for (uint32_t i = 0; i < count; i++) {
            sink_text(out, i > 0 ? ";" : "");
            for (const char *at = profile_name(profile, names[i]); *at != 0; at++) {
                sink_char(out, *at == ';' || (unsigned char)*at <= ' ' ? '_' : *at);
            }
        }
        sink_print(out, "%s %llu\n", count == 0 ? "all" : "", (unsigned long long)gas);
    }
}

static void write_sampled(sink *out, const trace_profile *profile, profile_weight weight) {
    static uint32_t names[PROFILE_FRAMES_MAX];
    const profile_node *nodes = profile_nodes(profile);
    uint64_t total = 0;
    for (uint32_t node = 1; node < profile->node_count; node++) {
        total += nodes[node].weights[weight];
    }
    sink_print(out,
               ",\n{\"type\":\"sampled\",\"name\":\"%s\",\"unit\":\"%s\",\"startValue\":0,"
               "\"endValue\":%llu,\"samples\":[",
               WEIGHTS[weight].name, WEIGHTS[weight].unit, (unsigned long long)total);
    const char *separator = "";
    for (uint32_t node = 1; node < profile->node_count; node++) {
        if (nodes[node].weights[weight] == 0) {
            continue;
        }
        uint32_t count = path_of(profile, node, names);
        sink_text(out, separator);
        for (uint32_t i = 0; i < count; i++) {
            sink_char(out, i > 0 ? ',' : '[');
            sink_u64(out, names[i]);
        }
        sink_char(out, ']');
        separator = ",\n";
    }
    sink_text(out, "],\"weights\":[");
    separator = "";
    for (uint32_t node = 1; node < profile->node_count; node++) {
        if (nodes[node].weights[weight] > 0) {
            sink_text(out, separator);
            sink_u64(out, nodes[node].weights[weight]);
            separator = ",";
        }
    }
    sink_text(out, "]}");
}

static void write_speedscope_end(sink *out, const trace_profile *profile) {
    sink_print(out, "],\"endValue\":%llu}", (unsigned long long)profile->used);
    for (int weight = 0; weight < PROFILE_WEIGHTS; weight++) {
        write_sampled(out, profile, (profile_weight)weight);
    }
    sink_text(out, "],\n\"shared\":{\"frames\":[");
    for (uint32_t name = 0; name < profile->name_count; name++) {
        sink_text(out, name > 0 ? ",\n{\"name\":" : "{\"name\":");
        sink_json_text(out, profile_name(profile, name));
        sink_char(out, '}');
    }
    sink_text(out, "]}}\n");
}

void trace_profile_write(trace_profile *profile) {
    for (uint32_t i = 0; i < profile->output_count; i++) {
        sink *out = profile->outputs[i].out;
        switch (profile->outputs[i].format) {
        case PROFILE_FOLDED:
            write_folded(out, profile);
            break;
        case PROFILE_SPEEDSCOPE:
            write_speedscope_end(out, profile);
            break;
        case PROFILE_CHROME:
            sink_text(out, "\n],\"displayTimeUnit\":\"ns\"}\n");
            break;
        }
    }
}
