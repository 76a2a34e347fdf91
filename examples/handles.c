/* handles.c: ships in a vector that fills gaps from its end, so they move; who holds a handle finds
 * his ship, or learns that it is gone, also when another ship has its place. */
#include <coldheap/handles.h>

#include <stdio.h>

typedef struct ship {
    ch_handle self;
    const char *name;
} ship;

#define CH_VEC_NAME ships
#define CH_VEC_TYPE ship
#define CH_VEC_CAP  8
#include <coldheap/tmpl/vec.h>

static ships fleet;
static ch_handles names;

static ch_handle build(const char *name) {
    ship built = {.name = name};
    if (ch_handles_acquire(&names, &built.self, (uint32_t)ships_count(&fleet)) == CH_OK) {
        (void)ships_push(&fleet, &built);
    }
    return built.self;
}

/* The last ship takes the place of the one that sinks; its handle learns where it is now. */
static void sink(ch_handle handle) {
    uint32_t index = 0;
    if (ch_handles_get(&names, &index, handle) != CH_OK) {
        return;
    }
    (void)ch_handles_release(&names, handle);
    (void)ships_remove_swap(&fleet, index);
    const ship *moved = ships_get(&fleet, index);
    if (moved != NULL) {
        (void)ch_handles_move(&names, moved->self, index);
    }
}

static const char *name_of(ch_handle handle) {
    uint32_t index = 0;
    return ch_handles_get(&names, &index, handle) == CH_OK ? ships_get(&fleet, index)->name
                                                           : "(sunk)";
}

int main(void) {
    static uint32_t memory[16];
    const ch_handles_options options = {.capacity = 8, .name = "ships"};
    if (ships_init(&fleet) != CH_OK ||
        ch_handles_init(&names, memory, sizeof memory, &options) != CH_OK) {
        return 1;
    }
    const ch_handle first = build("Argo");
    const ch_handle second = build("Beagle");
    const ch_handle third = build("Calypso");
    sink(first);
    const ch_handle fourth = build("Dunbrody");
    printf("%s, %s, %s, %s\n", name_of(first), name_of(second), name_of(third), name_of(fourth));
    return ch_handles_in_use(&names) == 3 && name_of(third)[0] == 'C' && name_of(first)[0] == '('
               ? 0
               : 1;
}
