/* bufpool.c: replies assembled in borrowed buffers. Small replies take small buffers; when those
 * are all lent, a larger one serves; a buffer that was given back and is given back again is
 * recognised. */
#include <coldheap/bufpool.h>
#include <coldheap/misuse.h>

#include <stdio.h>

static void count_misuse(void *context, const ch_misuse *misuse) {
    unsigned *seen = context;
    (*seen)++;
    printf("%s: %s\n", misuse->call, ch_status_text(misuse->status));
}

int main(void) {
    static _Alignas(64) unsigned char block[4096];
    static const ch_bufpool_class CLASSES[] = {{64, 4}, {256, 2}};
    const ch_bufpool_options options = {.classes = CLASSES, .class_count = 2, .name = "replies"};
    static ch_bufpool pool;
    ch_buffer lent[8];
    size_t count = 0;
    printf("bytes needed: %zu\n", ch_bufpool_footprint(&options));
    if (ch_bufpool_init(&pool, block, sizeof block, &options) != CH_OK) {
        return 1;
    }
    while (count < 8 && ch_bufpool_acquire(&pool, &lent[count], 20) == CH_OK) {
        ch_buffer *reply = &lent[count++];
        (void)ch_buffer_write(reply, "status 200, ", 12);
        (void)ch_buffer_write(reply, "all is well", 11);
    }
    printf("%zu replies, the last in %zu bytes: %.*s\n", count, lent[count - 1].capacity,
           (int)lent[count - 1].length, (const char *)lent[count - 1].data);

    unsigned seen = 0;
    const ch_misuse_hook hook = {.seen = count_misuse, .context = &seen};
    (void)ch_on_misuse(&hook);
    ch_buffer copy = lent[0];
    for (size_t i = 0; i < count; i++) {
        if (ch_bufpool_release(&pool, &lent[i]) != CH_OK) {
            return 1;
        }
    }
    bool recognised = ch_bufpool_release(&pool, &copy) == CH_ESTALE && seen == 1;
    return count == 6 && recognised && ch_bufpool_fini(&pool) == CH_OK ? 0 : 1;
}
