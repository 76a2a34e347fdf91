/* pad.c: a growing buffer on a region; see pad.h. */
#include "pad.h"

#include "codes.h"
#include "message.h"

#define FIRST_BYTES ((size_t)1 << 20)

int pad_open(pad *buffer, size_t most_bytes, const char *name) {
    const ch_region_options options = {.size_bytes = most_bytes, .name = name};
    ch_status status = ch_region_reserve(&buffer->region, &options);
    if (status != CH_OK) {
        return message_error(EXIT_INTERNAL, name, 0, "cannot reserve %zu bytes: %s", most_bytes,
                             ch_status_text(status));
    }
    buffer->bytes = (char *)buffer->region.base;
    buffer->committed_bytes = 0;
    return EXIT_DONE;
}

void pad_close(pad *buffer) {
    ch_region_fini(&buffer->region);
    buffer->bytes = NULL;
    buffer->committed_bytes = 0;
}

bool pad_grow(pad *buffer, size_t size) {
    size_t reserved = buffer->region.size_bytes;
    if (size > reserved) {
        return false;
    }
    size_t wanted = buffer->committed_bytes == 0 ? FIRST_BYTES : buffer->committed_bytes;
    while (wanted < size) {
        wanted = wanted > reserved / 2 ? reserved : wanted * 2;
    }
    wanted = wanted < reserved ? wanted : reserved;
    size_t more = wanted - buffer->committed_bytes;
    if (ch_region_commit(&buffer->region, buffer->committed_bytes, more) != CH_OK) {
        return false;
    }
    buffer->committed_bytes = wanted;
    return true;
}
