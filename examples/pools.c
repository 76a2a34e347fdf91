/* pools.c: what a parser needs of three kinds, as one set of pools in one block: named, counted,
 * and laid out before the first token. */
#include <coldheap/pools.h>

#include <stdio.h>

enum { TOKEN, NODE, SCOPE, KINDS };

int main(void) {
    static _Alignas(CH_POOLS_BORDER) unsigned char block[32768];
    static const ch_pool_spec SPECS[KINDS] = {
        [TOKEN] = {.name = "tokens", .object_bytes = 24, .align = 8, .count = 200},
        [NODE] = {.name = "nodes", .object_bytes = 56, .align = 8, .count = 100},
        [SCOPE] = {.name = "scopes", .object_bytes = 128, .align = 16, .count = 0}, /* absent */
    };
    ch_pools set;
    printf("bytes needed: %zu\n", ch_pools_footprint(SPECS, KINDS));
    if (ch_pools_init(&set, block, sizeof block, SPECS, KINDS) != CH_OK) {
        return 1;
    }
    ch_pool *nodes = ch_pools_get(&set, NODE);
    void *node = ch_pool_acquire(nodes);
    printf("a node is one of %zu; scopes are %s\n", ch_pool_capacity(nodes),
           ch_pools_get(&set, SCOPE) == NULL ? "absent" : "there");
    bool good =
        node != NULL && ch_pools_get(&set, SCOPE) == NULL && ch_pool_release(nodes, node) == CH_OK;
    return good && ch_pools_fini(&set) == CH_OK ? 0 : 1;
}
