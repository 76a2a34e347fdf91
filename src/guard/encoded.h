/** encoded.h: numbers and pointers as .eh_frame and .eh_frame_hdr write them. A reader that comes
 *  to its end is `bad` from then on, and gives 0. */
#ifndef CH_GUARD_ENCODED_H
#define CH_GUARD_ENCODED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

typedef struct chi_encoded {
    uintptr_t at;
    uintptr_t end;
    bool bad;
} chi_encoded;

/** chi_encoded_fixed reads `size` bytes, at most 8, as a number. */
uint64_t chi_encoded_fixed(chi_encoded *from, size_t size);

/** The same with its sign. */
int64_t chi_encoded_fixed_signed(chi_encoded *from, size_t size);

uint64_t chi_encoded_uleb(chi_encoded *from);
int64_t chi_encoded_sleb(chi_encoded *from);

/** chi_encoded_pointer reads a pointer written as `encoding` says (DW_EH_PE_), `data` being what
 *  data-relative ones are relative to. */
uintptr_t chi_encoded_pointer(chi_encoded *from, uint8_t encoding, uintptr_t data);

/** chi_encoded_sub reads a length and returns a reader for that many bytes, which `from` passes. */
chi_encoded chi_encoded_sub(chi_encoded *from);

#pragma GCC visibility pop

#endif
