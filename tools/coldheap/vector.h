/* vector.h: the length of vector instructions that the decoder does not know. */
#ifndef COLDHEAP_TOOL_VECTOR_H
#define COLDHEAP_TOOL_VECTOR_H

#include <stddef.h>
#include <stdint.h>

/* vector_length returns the bytes of the VEX- or EVEX-encoded instruction (AVX, AVX-512) that
 * begins at `bytes`; 0 if it is none, or cut off by `size`. None of them jumps, calls, or names
 * code; some write a general register. 64-bit code only. */
size_t vector_length(const uint8_t *bytes, size_t size);

#endif
