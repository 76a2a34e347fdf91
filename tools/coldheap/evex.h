/* evex.h: the length of vector instructions that the decoder does not know. */
#ifndef COLDHEAP_TOOL_EVEX_H
#define COLDHEAP_TOOL_EVEX_H

#include <stddef.h>
#include <stdint.h>

/* evex_length returns the bytes of the EVEX-encoded instruction (AVX-512) that begins at `bytes`; 0
 * if it is none, or cut off by `size`. None of them jumps, calls, or names code. */
size_t evex_length(const uint8_t *bytes, size_t size);

#endif
