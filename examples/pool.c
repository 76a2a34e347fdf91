/* pool.c: connections that come and go. Their number is known, and so are their bytes; one too many
 * is refused; a name of a connection that ended is recognised, even when its slot has a new owner.
 */
#include <coldheap/pool.h>

#include <stdio.h>

typedef struct connection {
    unsigned peer;
    unsigned requests;
} connection;

int main(void) {
    static _Alignas(64) unsigned char block[4096];
    const ch_pool_options options = {.object_bytes = sizeof(connection),
                                     .align = _Alignof(connection),
                                     .count = 8,
                                     .flags = CH_POOL_ZERO_ON_RELEASE,
                                     .name = "connections"};
    ch_pool pool;
    printf("bytes needed: %zu\n", ch_pool_footprint(&options));
    if (ch_pool_init(&pool, block, sizeof block, &options) != CH_OK) {
        return 1;
    }
    ch_pool_handle open[9] = {{0}};
    unsigned refused = 0;
    for (unsigned peer = 0; peer < 9; peer++) {
        connection *one = ch_pool_acquire_handle(&pool, &open[peer]);
        if (one == NULL) {
            refused++; /* exhaustion is an answer, not a crash */
            continue;
        }
        one->peer = peer; /* all other bytes are 0 */
    }
    ch_pool_handle old = open[3];
    connection *later = NULL;
    if (ch_pool_release_handle(&pool, old) != CH_OK ||
        (later = ch_pool_acquire_handle(&pool, &open[3])) == NULL) {
        return 1;
    }
    printf("refused %u; the old name finds %s, the new one a connection with %u requests\n",
           refused, ch_pool_get(&pool, old) == NULL ? "nothing" : "something", later->requests);
    bool good = refused == 1 && ch_pool_get(&pool, old) == NULL && later->requests == 0;
    return good && ch_pool_fini(&pool) == CH_OK ? 0 : 1;
}
