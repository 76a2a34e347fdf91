/** next.h: the allocator behind the guard. With glibc it is called by its __libc_ names: no lookup,
 *  nothing to set up, usable from the first instruction of the process. Otherwise (or with
 *  CHI_GUARD_NEXT_DLSYM, which the tests build) the next definitions are looked up once, and calls
 *  made by the lookup itself are served from a small boot arena that chi_next_free recognises. */
#ifndef CH_GUARD_NEXT_H
#define CH_GUARD_NEXT_H

#include <stddef.h>

#ifndef __GLIBC__
#include <features.h>
#endif

#if !defined(__GLIBC__) && !defined(CHI_GUARD_NEXT_DLSYM)
#define CHI_GUARD_NEXT_DLSYM 1
#endif

#ifdef CHI_GUARD_NEXT_DLSYM

#pragma GCC visibility push(hidden)

void *chi_next_malloc(size_t size_bytes);
void *chi_next_calloc(size_t count, size_t size_bytes);
void *chi_next_realloc(void *pointer, size_t size_bytes);
void chi_next_free(void *pointer);
void *chi_next_memalign(size_t align, size_t size_bytes);
void *chi_next_valloc(size_t size_bytes);
void *chi_next_pvalloc(size_t size_bytes);

#pragma GCC visibility pop

#else

extern void *__libc_malloc(size_t size_bytes);
extern void *__libc_calloc(size_t count, size_t size_bytes);
extern void *__libc_realloc(void *pointer, size_t size_bytes);
extern void __libc_free(void *pointer);
extern void *__libc_memalign(size_t align, size_t size_bytes);
extern void *__libc_valloc(size_t size_bytes);
extern void *__libc_pvalloc(size_t size_bytes);

#define chi_next_malloc   __libc_malloc
#define chi_next_calloc   __libc_calloc
#define chi_next_realloc  __libc_realloc
#define chi_next_free     __libc_free
#define chi_next_memalign __libc_memalign
#define chi_next_valloc   __libc_valloc
#define chi_next_pvalloc  __libc_pvalloc

#endif

#pragma GCC visibility push(hidden)

/* These differ between versions of libc, so the real function answers wherever it can be found. */
void *chi_next_aligned_alloc(size_t align, size_t size_bytes);
int chi_next_posix_memalign(void **pointer, size_t align, size_t size_bytes);
size_t chi_next_usable_size(void *pointer);

#pragma GCC visibility pop

#endif
