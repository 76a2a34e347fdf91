/* vector.c: Intel SDM volume 2, 2.3 and 2.7: prefix C5 and one byte, C4 and two, or 62 and three;
 * then opcode, ModRM, SIB, displacement, and one byte of immediate for some. */
#include "vector.h"

#include <stdbool.h>

/* Map 1 (0F): shuffles, shifts by a constant, compares, inserts and extracts. Map 3 (0F3A): all. */
static bool has_immediate(unsigned map, uint8_t opcode) {
    return map == 3 || (map == 1 && (opcode == 0xc2 || (opcode >= 0xc4 && opcode <= 0xc6) ||
                                     (opcode >= 0x70 && opcode <= 0x73)));
}

/* Where the opcode stands, and in which map; 0 if there is no such prefix. */
static size_t prefix_length(const uint8_t *bytes, unsigned *map) {
    switch (bytes[0]) {
    case 0xc5:
        *map = 1;
        return 2;
    case 0xc4:
        *map = bytes[1] & 31;
        return *map >= 1 && *map <= 3 ? 3 : 0;
    case 0x62:
        *map = bytes[1] & 7;
        return (bytes[2] & 4) != 0 && *map != 0 && *map != 4 && *map != 7 ? 4 : 0;
    default:
        return 0;
    }
}

size_t vector_length(const uint8_t *bytes, size_t size) {
    unsigned map;
    size_t prefix = size >= 7 || (size >= 4 && bytes[0] == 0xc5) || (size >= 5 && bytes[0] == 0xc4)
                        ? prefix_length(bytes, &map)
                        : 0;
    if (prefix == 0 || prefix + 2 > size) {
        return 0;
    }
    uint8_t opcode = bytes[prefix];
    unsigned mode = bytes[prefix + 1] >> 6;
    unsigned base = bytes[prefix + 1] & 7;
    size_t length = prefix + 2;
    if (mode != 3 && base == 4) {
        if (length + 1 > size) {
            return 0;
        }
        base = bytes[length++] & 7;
        length += mode == 0 && base == 5 ? 4 : 0;
    } else if (mode == 0 && base == 5) {
        length += 4; /* relative to the next instruction */
    }
    length += mode == 1 ? 1 : mode == 2 ? 4 : 0;
    length += has_immediate(map, opcode);
    return length <= size ? length : 0;
}
