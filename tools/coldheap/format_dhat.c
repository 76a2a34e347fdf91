/* format_dhat.c: DHAT's file, version 2, as documented in Valgrind's dhat/dh_main.c and read by its
 * dh_view.html. Frames are texts in one table, which begins with "[root]". Times are microseconds
 * since the start. With lifetimes: t-g* at the peak of the process, t-e* at the end. */
#include "formats.h"

#include "sort.h"
#include "store.h"

#include <stdio.h>
#include <string.h>

#define FRAME_BYTES 1200u
#define SHORT_LIVED 10u /* microseconds; below it the viewer calls blocks short-lived */

/* The texts of frames, each once. */
typedef struct frame_table {
    const char **texts;
    uint32_t *slots;   /* index + 1; 0: free */
    size_t slot_count; /* a power of two, more than twice the texts */
    size_t count;
} frame_table;

static uint64_t hash_text(const char *text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text != 0; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return hash ^ (hash >> 29);
}

static uint32_t frame_number(frame_table *in, const char *text) {
    size_t at = (size_t)hash_text(text) & (in->slot_count - 1);
    while (in->slots[at] != 0 && strcmp(in->texts[in->slots[at] - 1], text) != 0) {
        at = (at + 1) & (in->slot_count - 1);
    }
    if (in->slots[at] == 0) {
        in->texts[in->count++] = store_text(text, strlen(text));
        in->slots[at] = (uint32_t)in->count;
    }
    return in->slots[at] - 1;
}

static void frames_open(frame_table *out, const named_record *in) {
    size_t most = 2;
    for (size_t i = 0; i < in->count; i++) {
        most += in->sites[i].trace.count + 1;
    }
    *out = (frame_table){.slot_count = 16};
    while (out->slot_count < 2 * most) {
        out->slot_count *= 2;
    }
    out->texts = STORE_ARRAY(const char *, most);
    out->slots = STORE_ARRAY(uint32_t, out->slot_count);
    (void)frame_number(out, "[root]");
}

/* 0x401136: parse (config.c:88), 0x7f0001: deflate (in /lib/libz.so.1), 0x12: ??? */
static void frame_text(char *text, size_t size, const backtrace_line *of) {
    unsigned long long address = of->offset;
    const resolve_frame *frame = of->frame;
    if (frame->function[0] == 0) {
        (void)snprintf(text, size, "0x%llX: ??? (in %.500s)", address,
                       of->module != NULL ? resolve_path(of->module) : "no file");
    } else if (frame->line != 0) {
        const char *slash = strrchr(frame->file, '/');
        (void)snprintf(text, size, "0x%llX: %.800s (%.300s:%u)", address, frame->function,
                       slash != NULL ? slash + 1 : frame->file, frame->line);
    } else {
        (void)snprintf(text, size, "0x%llX: %.600s (in %.500s)", address, frame->function,
                       of->module != NULL ? resolve_path(of->module) : "no file");
    }
}

static void write_field(sink *out, const char *name, uint64_t value) {
    sink_print(out, ",\"%s\":", name);
    sink_u64(out, value);
}

/* One place of the file: sites whose frames read the same are one, since the viewer refuses a place
 * that comes twice (a library that was loaded again elsewhere). */
typedef struct dhat_point {
    const uint32_t *frames;
    size_t frame_count;
    record_numbers of;
    record_life life;
} dhat_point;

static void set_frames(dhat_point *to, frame_table *frames, const named_site *of) {
    char text[FRAME_BYTES];
    uint32_t *numbers = STORE_ARRAY(uint32_t, of->trace.count + 1);
    to->frames = numbers;
    if (of->trace.count == 0) {
        numbers[to->frame_count++] = frame_number(frames, of->function);
    }
    for (size_t i = 0; i < of->trace.count; i++) {
        frame_text(text, sizeof text, &of->trace.lines[i]);
        numbers[to->frame_count++] = frame_number(frames, text);
    }
}

static int by_frames(const void *left, const void *right) {
    const dhat_point *a = *(dhat_point *const *)left;
    const dhat_point *b = *(dhat_point *const *)right;
    for (size_t i = 0; i < a->frame_count && i < b->frame_count; i++) {
        if (a->frames[i] != b->frames[i]) {
            return a->frames[i] < b->frames[i] ? -1 : 1;
        }
    }
    return a->frame_count < b->frame_count ? -1 : a->frame_count > b->frame_count;
}

static void add_point(dhat_point *to, const dhat_point *of) {
    to->of.count += of->of.count;
    to->of.bytes += of->of.bytes;
    to->of.peak_bytes += of->of.peak_bytes;
    to->of.live_bytes += of->of.live_bytes;
    to->of.live_blocks += of->of.live_blocks;
    to->life.life_ns += of->life.life_ns;
    to->life.most_blocks += of->life.most_blocks;
    to->life.global_bytes += of->life.global_bytes;
    to->life.global_blocks += of->life.global_blocks;
}

static dhat_point **make_points(frame_table *frames, const named_record *in, uint32_t kind,
                                size_t *count) {
    dhat_point **points = STORE_ARRAY(dhat_point *, in->count + 1);
    size_t used = 0;
    size_t merged = 0;
    for (size_t i = 0; i < in->count; i++) {
        const record_site *site = in->sites[i].site;
        if (site->kind == kind && site->of.count > 0) {
            points[used] = STORE_NEW(dhat_point);
            *points[used] = (dhat_point){.of = site->of, .life = site->life};
            set_frames(points[used++], frames, &in->sites[i]);
        }
    }
    sort_items(points, used, sizeof *points, by_frames);
    for (size_t i = 0; i < used; i++) {
        if (merged > 0 && by_frames(&points[merged - 1], &points[i]) == 0) {
            add_point(points[merged - 1], points[i]);
        } else {
            points[merged++] = points[i];
        }
    }
    *count = merged;
    return points;
}

static uint64_t smaller(uint64_t left, uint64_t right) {
    return left < right ? left : right;
}

/* A value at some time is no more than the total. */
static void write_life(sink *out, const dhat_point *of) {
    write_field(out, "tl", of->life.life_ns / 1000);
    write_field(out, "mb", of->of.peak_bytes);
    write_field(out, "mbk", smaller(of->life.most_blocks, of->of.count));
    write_field(out, "gb", smaller(of->life.global_bytes, of->of.bytes));
    write_field(out, "gbk", smaller(of->life.global_blocks, of->of.count));
    write_field(out, "eb", of->of.live_bytes);
    write_field(out, "ebk", of->of.live_blocks);
}

static void write_point(sink *out, const dhat_point *of, bool lives) {
    sink_text(out, "{\"tb\":");
    sink_u64(out, of->of.bytes);
    write_field(out, "tbk", of->of.count);
    if (lives) {
        write_life(out, of);
    }
    sink_text(out, ",\"fs\":[");
    for (size_t i = 0; i < of->frame_count; i++) {
        sink_text(out, i == 0 ? "" : ",");
        sink_u64(out, of->frames[i]);
    }
    sink_text(out, "]}");
}

static void write_points(sink *out, frame_table *frames, const named_record *in, uint32_t kind) {
    size_t count;
    dhat_point **points = make_points(frames, in, kind, &count);
    sink_text(out, ",\n\"pps\":[");
    for (size_t i = 0; i < count; i++) {
        sink_text(out, i == 0 ? "\n" : ",\n");
        write_point(out, points[i], in->of->header.lifetimes != 0);
    }
    sink_text(out, "\n]");
}

static uint64_t since_start(const record *in, uint64_t at_ns) {
    return at_ns > in->header.start_ns ? (at_ns - in->header.start_ns) / 1000 : 0;
}

void format_dhat(sink *out, const named_record *in, const format_settings *how) {
    const record *of = in->of;
    bool lives = of->header.lifetimes != 0;
    frame_table frames;
    frames_open(&frames, in);
    sink_print(out, "{\"dhatFileVersion\":2,\"mode\":\"%s\",\"verb\":\"Allocated\"",
               record_kind_name(how->kind));
    sink_print(out, ",\n\"bklt\":%s,\"bkacc\":false", lives ? "true" : "false");
    sink_text(out, ",\n\"tu\":\"\xc2\xb5s\",\"Mtu\":\"s\"");
    if (lives) {
        write_field(out, "tuth", SHORT_LIVED);
    }
    sink_text(out, ",\n\"cmd\":");
    sink_json_text(out, of->command);
    sink_print(out, ",\"pid\":%d", of->header.process);
    uint64_t end = since_start(of, of->header.end_ns);
    uint64_t peak = since_start(of, of->header.peak_ns);
    write_field(out, "te", end > peak ? end : peak);
    if (lives) {
        write_field(out, "tg", peak);
    }
    sink_text(out, ",\n\"note\":\"" FORMAT_REALLOC_NOTE "\"");
    write_points(out, &frames, in, how->kind);
    sink_text(out, ",\n\"ftbl\":[");
    for (size_t i = 0; i < frames.count; i++) {
        sink_text(out, i == 0 ? "\n" : ",\n");
        sink_json_text(out, frames.texts[i]);
    }
    sink_text(out, "\n]}\n");
}
