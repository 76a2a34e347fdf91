/* text.c: decimal and hexadecimal text of 256-bit words, both ways, in the caller's buffers. */
#include <coldevm/u256.h>

#define DECIMAL_CHUNK        10000000000000000000u /* 10^19, the largest power below 2^64 */
#define DECIMAL_CHUNK_DIGITS 19u

size_t chevm_u256_to_decimal(char text[CHEVM_U256_DECIMAL_SIZE], const chevm_u256 *a) {
    char digits[5 * DECIMAL_CHUNK_DIGITS];
    size_t start = sizeof digits;
    chevm_u256 rest, chunk, ten19;
    chevm_u256_copy(&rest, a);
    chevm_u256_set_u64(&ten19, DECIMAL_CHUNK);
    while (!chevm_u256_is_zero(&rest)) {
        chevm_u256_divmod(&rest, &chunk, &rest, &ten19);
        uint64_t low = chunk.limbs[0];
        for (unsigned i = 0; i < DECIMAL_CHUNK_DIGITS; i++, low /= 10u) {
            digits[--start] = (char)('0' + low % 10u);
        }
    }
    while (start < sizeof digits && digits[start] == '0') {
        start++;
    }
    if (start == sizeof digits) {
        digits[--start] = '0';
    }
    const size_t length = sizeof digits - start;
    memcpy(text, digits + start, length);
    text[length] = 0;
    return length;
}

size_t chevm_u256_to_hex(char text[CHEVM_U256_HEX_SIZE], const chevm_u256 *a) {
    const unsigned bits = chevm_u256_bit_length(a);
    const unsigned count = bits == 0 ? 1u : (bits + 3u) / 4u;
    text[0] = '0';
    text[1] = 'x';
    for (unsigned i = 0; i < count; i++) {
        text[1u + count - i] = "0123456789abcdef"[a->limbs[i / 16u] >> (4u * (i % 16u)) & 15u];
    }
    text[2u + count] = 0;
    return 2u + count;
}

bool chevm_u256_from_decimal(chevm_u256 *out, const char *text, size_t size) {
    uint64_t limbs[4] = {0, 0, 0, 0};
    if (size == 0) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        const unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        uint64_t carry = digit;
        if (digit > 9) {
            return false;
        }
        for (unsigned j = 0; j < 4; j++) {
            limbs[j] = chevm_limb_muladd(&carry, limbs[j], 10, carry, 0);
        }
        if (carry != 0) {
            return false;
        }
    }
    chevm_u256_set_limbs(out, limbs[0], limbs[1], limbs[2], limbs[3]);
    return true;
}

static unsigned hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10u;
    }
    if (c >= 'A' && c <= 'F') {
        return (unsigned)(c - 'A') + 10u;
    }
    return 16;
}

bool chevm_u256_from_hex(chevm_u256 *out, const char *text, size_t size) {
    if (size >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
        size -= 2;
    }
    if (size == 0) {
        return false;
    }
    chevm_u256 value = {{0, 0, 0, 0}};
    for (size_t i = 0; i < size; i++) {
        const unsigned digit = hex_digit(text[i]);
        if (digit > 15 || value.limbs[3] >> 60 != 0) {
            return false;
        }
        chevm_u256_shl_bits(&value, &value, 4);
        value.limbs[0] |= digit;
    }
    chevm_u256_copy(out, &value);
    return true;
}
