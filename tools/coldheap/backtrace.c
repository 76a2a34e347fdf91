/* backtrace.c: see backtrace.h. */
#include "backtrace.h"

#include "store.h"
#include "wrappers.h"

#include <stdio.h>
#include <string.h>

#define PLACE_BYTES 600u

static const resolve_frame NOBODY = {.function = "", .symbol = "", .file = ""};

static const resolve_answer *answer_of(const backtrace_address *address) {
    static const resolve_answer NO_ANSWER = {.frame_count = 0};
    if (address->module == NULL) {
        return &NO_ANSWER;
    }
    return address->exact ? resolve_at(address->module, address->offset)
                          : resolve_return(address->module, address->offset);
}

static size_t count_lines(const backtrace_address *addresses, size_t count) {
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t frames = answer_of(&addresses[i])->frame_count;
        sum += frames > 0 ? frames : 1;
    }
    return sum;
}

static size_t add_lines(backtrace_line *lines, const backtrace_address *address) {
    const resolve_answer *answer = answer_of(address);
    const size_t count = answer->frame_count > 0 ? answer->frame_count : 1;
    for (size_t i = 0; i < count; i++) {
        const resolve_frame *frame = answer->frame_count > 0 ? &answer->frames[i] : &NOBODY;
        lines[i] = (backtrace_line){.frame = frame,
                                    .module = address->module,
                                    .offset = address->offset,
                                    .symbol_offset = answer->symbol_offset};
    }
    return count;
}

backtrace backtrace_make(const backtrace_address *addresses, size_t count) {
    const size_t line_count = count_lines(addresses, count);
    backtrace_line *lines = STORE_ARRAY(backtrace_line, line_count);
    const resolve_frame **frames = STORE_ARRAY(const resolve_frame *, line_count);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        used += add_lines(lines + used, &addresses[i]);
    }
    for (size_t i = 0; i < used; i++) {
        frames[i] = lines[i].frame;
    }
    const size_t site = wrappers_call_site(frames, used);
    for (size_t i = 0; i < used; i++) {
        lines[i].wrapper = i < site;
    }
    return (backtrace){lines, used, site};
}

const char *backtrace_operation(char *text, size_t size, const char *call, const backtrace *of) {
    const ch_arena_point mark = store_mark();
    const resolve_frame **frames = STORE_ARRAY(const resolve_frame *, of->count);
    for (size_t i = 0; i < of->count; i++) {
        frames[i] = of->lines[i].frame;
    }
    wrappers_operation(text, size, call, frames, of->count);
    store_release(mark);
    return text;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

void backtrace_place(char *text, size_t size, const backtrace_line *of) {
    const resolve_frame *frame = of->frame;
    if (frame->file[0] != 0 && frame->line > 0 && frame->column > 0) {
        (void)snprintf(text, size, "%.400s:%u:%u", base_name(frame->file), frame->line,
                       frame->column);
    } else if (frame->file[0] != 0 && frame->line > 0) {
        (void)snprintf(text, size, "%.400s:%u", base_name(frame->file), frame->line);
    } else if (of->module != NULL) {
        (void)snprintf(text, size, "%.400s+0x%llx", resolve_name(of->module),
                       (unsigned long long)of->offset);
    } else {
        (void)snprintf(text, size, "0x%llx", (unsigned long long)of->offset);
    }
}

void backtrace_print_lines(sink *out, const backtrace *of, size_t first, size_t end) {
    char place[PLACE_BYTES];
    for (size_t i = first; i < end; i++) {
        const backtrace_line *line = &of->lines[i];
        const char *function = line->frame->function;
        backtrace_place(place, sizeof place, line);
        sink_print(out, "    #%-2zu %-20.400s  %s%s%s\n", i, function[0] != 0 ? function : "?",
                   place, line->frame->inlined ? "  (inlined)" : "",
                   line->wrapper ? "  (wrapper)" : "");
    }
}

void backtrace_print(sink *out, const backtrace *of) {
    backtrace_print_lines(out, of, 0, of->count);
}
