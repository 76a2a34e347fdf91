/* evex.c: Intel SDM volume 2, 2.7: prefix 62 and three bytes, opcode, ModRM, SIB, displacement, and
 * one byte of immediate for some. */
#include "evex.h"

#include <stdbool.h>

/* Map 1 (0F): shuffles, shifts by a constant, compares, inserts and extracts. Map 3 (0F3A): all. */
static bool has_immediate(unsigned map, uint8_t opcode) {
    return map == 3 || (map == 1 && (opcode == 0xc2 || (opcode >= 0xc4 && opcode <= 0xc6) ||
                                     (opcode >= 0x70 && opcode <= 0x73)));
}

size_t evex_length(const uint8_t *bytes, size_t size) {
    if (size < 6 || bytes[0] != 0x62 || (bytes[2] & 4) == 0) {
        return 0;
    }
    unsigned map = bytes[1] & 7;
    uint8_t modrm = bytes[5];
    unsigned mode = modrm >> 6;
    unsigned base = modrm & 7;
    size_t length = 6;
    if (map == 0 || map == 4 || map == 7) {
        return 0;
    }
    if (mode != 3 && base == 4) {
        if (size < 7) {
            return 0;
        }
        base = bytes[6] & 7;
        length++;
        length += mode == 0 && base == 5 ? 4 : 0;
    } else if (mode == 0 && base == 5) {
        length += 4; /* relative to the next instruction */
    }
    length += mode == 1 ? 1 : mode == 2 ? 4 : 0;
    length += has_immediate(map, bytes[4]);
    return length <= size ? length : 0;
}
