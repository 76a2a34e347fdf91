/* encoded.c: the encodings of DWARF's call frame information. */
#include "encoded.h"

#include <string.h>

#define ENCODING_OMIT     0xffu
#define ENCODING_FORM     0x0fu
#define ENCODING_RELATIVE 0x70u
#define ENCODING_INDIRECT 0x80u
#define LEB_BITS_MAX      63u

uint64_t chi_encoded_fixed(chi_encoded *from, size_t size) {
    uint64_t value = 0;
    if (from->bad || from->at > from->end || from->end - from->at < size) {
        from->bad = true;
        return 0;
    }
    memcpy(&value, (const void *)from->at, size);
    from->at += size;
    return value;
}

int64_t chi_encoded_fixed_signed(chi_encoded *from, size_t size) {
    const unsigned shift = (unsigned)(64 - 8 * size);
    return (int64_t)(chi_encoded_fixed(from, size) << shift) >> shift;
}

uint64_t chi_encoded_uleb(chi_encoded *from) {
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        const uint64_t byte = chi_encoded_fixed(from, 1);
        value |= shift <= LEB_BITS_MAX ? (byte & 0x7f) << shift : 0;
        if ((byte & 0x80) == 0) {
            return value;
        }
    }
}

int64_t chi_encoded_sleb(chi_encoded *from) {
    uint64_t value = 0;
    for (unsigned shift = 0;;) {
        const uint64_t byte = chi_encoded_fixed(from, 1);
        value |= shift <= LEB_BITS_MAX ? (byte & 0x7f) << shift : 0;
        shift += 7;
        if ((byte & 0x80) == 0) {
            if ((byte & 0x40) != 0 && shift <= LEB_BITS_MAX) {
                value |= ~UINT64_C(0) << shift;
            }
            return (int64_t)value;
        }
    }
}

uintptr_t chi_encoded_pointer(chi_encoded *from, uint8_t encoding, uintptr_t data) {
    const uintptr_t place = from->at;
    uintptr_t value = 0;
    if (encoding == ENCODING_OMIT) {
        return 0;
    }
    switch (encoding & ENCODING_FORM) {
    case 0x00: /* an address */
    case 0x04:
    case 0x0c:
        value = (uintptr_t)chi_encoded_fixed(from, 8);
        break;
    case 0x01:
        value = (uintptr_t)chi_encoded_uleb(from);
        break;
    case 0x02:
        value = (uintptr_t)chi_encoded_fixed(from, 2);
        break;
    case 0x03:
        value = (uintptr_t)chi_encoded_fixed(from, 4);
        break;
    case 0x09:
        value = (uintptr_t)chi_encoded_sleb(from);
        break;
    case 0x0a:
        value = (uintptr_t)chi_encoded_fixed_signed(from, 2);
        break;
    case 0x0b:
        value = (uintptr_t)chi_encoded_fixed_signed(from, 4);
        break;
    default:
        from->bad = true;
        return 0;
    }
    switch (encoding & ENCODING_RELATIVE) {
    case 0x00:
        break;
    case 0x10:
        value += place;
        break;
    case 0x30:
        value += data;
        break;
    default: /* relative to text or function: nobody on x86-64 writes them */
        from->bad = true;
    }
    /* An indirect one, of a personality routine: only its length matters here. */
    return (encoding & ENCODING_INDIRECT) != 0 ? 0 : value;
}

chi_encoded chi_encoded_sub(chi_encoded *from) {
    const uint64_t size = chi_encoded_uleb(from);
    if (from->bad || size > from->end - from->at) {
        from->bad = true;
        return (chi_encoded){.at = from->end, .end = from->end};
    }
    const chi_encoded sub = {.at = from->at, .end = from->at + (uintptr_t)size};
    from->at = sub.end;
    return sub;
}
