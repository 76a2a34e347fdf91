/* store.h: the memory the tool itself lives on: one arena over one region, in which code, input,
 * parsed JSON and case tables are laid out before anything runs. It is address space until used;
 * the process exits with a message if it ever ends. Nothing is given back one by one: take a mark,
 * do the work, release it.
 *
 * Each thread has a store of its own: one that opens none must not call the others. */
#ifndef TOOLS_COMMON_STORE_H
#define TOOLS_COMMON_STORE_H

#include <coldheap/arena.h>

/* store_open reserves the region of the calling thread; an exit code, its message out. */
int store_open(void);
void store_close(void);

/* store_alloc gives `size` bytes, not zeroed; never NULL. */
void *store_alloc(size_t size, size_t align);

/* store_try gives NULL instead of ending the program. */
void *store_try(size_t size, size_t align);

/* store_array gives `count` zeroed elements; store_text copies `size` characters and ends them. */
void *store_array(size_t count, size_t size, size_t align);
char *store_text(const char *text, size_t size);

/* store_format is sprintf into the store. */
char *store_format(const char *format, ...) CH_PRINTF(1, 2);

#define STORE_NEW(type)          ((type *)store_array(1, sizeof(type), _Alignof(type)))
#define STORE_ARRAY(type, count) ((type *)store_array((count), sizeof(type), _Alignof(type)))

/* store_extend grows the block that was taken last from `size` to `new_size` bytes in place. */
bool store_extend(void *block, size_t size, size_t new_size);

ch_arena_point store_mark(void);
void store_release(ch_arena_point point);

#endif
