/* checked.h: what objects tell memory checkers: ASan by shadow poisoning, Valgrind by client
 * requests, nothing in a plain build.
 *
 * The one idea: whether a process checks is asked once, when an object is set up. A checked object
 * sends every call out of line, and only there do these functions run; so the inline paths are the
 * same in all builds and cost nothing for the tools. Poison outlives an unmap: whoever poisons must
 * open the bytes again before they go back to their owner. */
#ifndef CHI_CHECKED_H
#define CHI_CHECKED_H

#include <coldheap/base.h>

#if defined(__SANITIZE_ADDRESS__)
#define CHI_HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CHI_HAVE_ASAN 1
#endif
#endif

enum { CHI_REDZONE_BYTES = 16, CHI_GRANULE_BYTES = 8 };

/* chi_checked is true if objects set up now must check: ASan or verify build, or Valgrind. */
bool chi_checked(void);

/* chi_thread_token names the calling thread in verify builds, NULL in others. */
const void *chi_thread_token(void);

/* chi_close makes bytes no-access, chi_open accessible again (contents undefined to Valgrind),
 * chi_open_defined accessible with contents kept. */
void chi_close(const void *memory, size_t size_bytes);
void chi_open(const void *memory, size_t size_bytes);
void chi_open_defined(const void *memory, size_t size_bytes);

/* Valgrind's memory pools: one per chunk of bytes, named by any unique address. Blocks show up in
 * its diagnoses. chi_group_keep forgets every block outside [memory, memory+size). */
void chi_group_begin(const void *group);
void chi_group_add(const void *group, const void *block, size_t size_bytes);
void chi_group_drop(const void *group, const void *block);
void chi_group_change(const void *group, const void *block, size_t size_bytes);
void chi_group_keep(const void *group, const void *memory, size_t size_bytes);
void chi_group_end(const void *group);

#endif
