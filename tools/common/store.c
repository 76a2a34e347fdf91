/* store.c: the tool's arena; see store.h. */
#include "store.h"

#include "tool.h"
#include "message.h"
#include "sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Thread_local ch_region region;
static _Thread_local ch_arena arena;

int store_open(void) {
    /* Address space only; less is taken where a limit on it is set. */
    static const size_t SIZES[] = {(size_t)1 << 36, (size_t)1 << 32, (size_t)1 << 28};
    ch_status status = CH_ENOMEM;
    for (size_t i = 0; status != CH_OK && i < sizeof SIZES / sizeof SIZES[0]; i++) {
        const ch_region_options options = {.size_bytes = SIZES[i], .name = tool.name};
        status = ch_region_reserve(&region, &options);
    }
    if (status == CH_OK) {
        const ch_arena_options options = {.name = "store"};
        status = ch_arena_init_region(&arena, &region, &options);
    }
    if (status != CH_OK) {
        return message_error(tool.internal, "store", 0, "%s", ch_status_text(status));
    }
    return TOOL_DONE;
}

void store_close(void) {
    ch_arena_fini(&arena);
    ch_region_fini(&region);
}

void *store_try(size_t size, size_t align) {
    return ch_arena_alloc(&arena, size, align);
}

void *store_alloc(size_t size, size_t align) {
    void *block = store_try(size, align);
    if (block == NULL) {
        message_error(tool.limit, "store", 0, "no room for %zu bytes", size);
        sink_flush(&sink_out);
        sink_flush(&sink_err);
        _exit(tool.limit);
    }
    return block;
}

void *store_array(size_t count, size_t size, size_t align) {
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        bytes = SIZE_MAX; /* refused by the arena */
    }
    void *block = store_alloc(bytes, align);
    memset(block, 0, bytes);
    return block;
}

char *store_text(const char *text, size_t size) {
    char *copy = store_alloc(size + 1, 1);
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

char *store_format(const char *format, ...) {
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    size_t size = length < 0 ? 1 : (size_t)length + 1;
    char *text = store_alloc(size, 1);
    text[0] = 0;
    (void)vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}

bool store_extend(void *block, size_t size, size_t new_size) {
    return ch_arena_extend(&arena, block, size, new_size) == CH_OK;
}

ch_arena_point store_mark(void) {
    return ch_arena_mark(&arena);
}

void store_release(ch_arena_point point) {
    ch_status status = ch_arena_release(&arena, point);
    CH_REQUIRE(status == CH_OK);
}
