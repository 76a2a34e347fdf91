/* os.h: everything the libraries ask of the operating system, one implementation per system
 * (os_linux.c). No other file makes system calls. Ranges are page-aligned; callers check them. */
#ifndef CHI_OS_H
#define CHI_OS_H

#include <coldheap/base.h>
#include <coldheap/status.h>

/* chi_os_page_bytes returns the size of a normal page. */
size_t chi_os_page_bytes(void);

/* chi_os_reserve takes `size` bytes of address space: no access, no memory behind it. */
ch_status chi_os_reserve(uint8_t **base, size_t size);

/* chi_os_reserve_huge replaces a reserved range by one of huge pages of 2^page_log2 bytes, which
 * are set aside at once, so that touching them later cannot fail. On failure the range is as it
 * was, or (CH_EOS) lost to somebody else and no longer ours. */
ch_status chi_os_reserve_huge(uint8_t *base, size_t size, unsigned page_log2);

/* chi_os_commit makes reserved pages readable and writable; a page reads as zero until written. */
ch_status chi_os_commit(uint8_t *base, size_t size);

/* chi_os_decommit gives the memory back and keeps the address space, without access. */
ch_status chi_os_decommit(uint8_t *base, size_t size);

/* chi_os_unreserve gives the address space back. */
ch_status chi_os_unreserve(uint8_t *base, size_t size);

/* chi_os_advise_huge asks for transparent huge pages; CH_EUNSUP if the system has them off. */
ch_status chi_os_advise_huge(uint8_t *base, size_t size);

/* chi_os_bind_node puts later pages on one NUMA node, strictly or by preference. */
ch_status chi_os_bind_node(uint8_t *base, size_t size, unsigned node, bool strict);

/* chi_os_prefault makes committed pages present and writable, so that no access faults. */
ch_status chi_os_prefault(uint8_t *base, size_t size);

/* chi_os_lock keeps committed pages in memory. */
ch_status chi_os_lock(uint8_t *base, size_t size);

/* chi_os_name shows `name` for the range in the process map, where the kernel can. */
ch_status chi_os_name(uint8_t *base, size_t size, const char *name);

/* chi_os_environment returns a variable of the environment, NULL if it is not set. */
const char *chi_os_environment(const char *name);

/* Numbers of the calling process and thread; chi_os_yield lets others run. */
uint64_t chi_os_process(void);
uint64_t chi_os_thread(void);
void chi_os_yield(void);

/* chi_os_thread_end_begin reserves what chi_os_thread_end_watch needs; watching begins it too.
 * chi_os_thread_end_watch calls `hook` with `value` (not NULL) when the calling thread ends by
 * returning or exiting. There is one hook for all threads; CH_EOS if the system has no room.
 * chi_os_thread_end_forget takes it back for all threads. */
ch_status chi_os_thread_end_begin(void (*hook)(void *));
ch_status chi_os_thread_end_watch(void (*hook)(void *), void *value);
void chi_os_thread_end_forget(void);

/* chi_os_write_error writes to standard error, all of it or as much as is taken. */
void chi_os_write_error(const char *text, size_t length);

/* chi_os_abort ends the process abnormally. */
CH_NORETURN void chi_os_abort(void);

#endif
