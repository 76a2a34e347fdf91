/* address.c: where new contracts live. */
#include <coldevm/hash.h>
#include <coldevm/state.h>

#include <string.h>

static void address_of(chevm_address *address, const uint8_t *bytes, size_t size) {
    uint8_t hash[32];
    chevm_keccak256(hash, bytes, size);
    memcpy(address->bytes, hash + 12, sizeof address->bytes);
}

/* keccak256(RLP([sender, nonce])): a list of at most 30 bytes, so every header is one byte. */
void chevm_create_address(chevm_address *address, const chevm_address *sender, uint64_t nonce) {
    uint8_t rlp[31] = {0, 0x94};
    size_t size = 2 + sizeof sender->bytes;
    memcpy(rlp + 2, sender->bytes, sizeof sender->bytes);
    size_t nonce_size = 0;
    for (uint64_t rest = nonce; rest != 0; rest >>= 8) {
        nonce_size++;
    }
    if (nonce == 0 || nonce >= 0x80) {
        rlp[size++] = (uint8_t)(0x80 + nonce_size);
    }
    for (size_t i = nonce_size; i-- > 0;) {
        rlp[size++] = (uint8_t)(nonce >> (8 * i));
    }
    rlp[0] = (uint8_t)(0xc0 + size - 1);
    address_of(address, rlp, size);
}

/* keccak256(0xff ++ sender ++ salt ++ keccak256(initcode)). */
void chevm_create2_address(chevm_address *address, const chevm_address *sender,
                           const chevm_u256 *salt, const uint8_t *initcode, size_t initcode_size) {
    uint8_t bytes[85] = {0xff};
    memcpy(bytes + 1, sender->bytes, sizeof sender->bytes);
    chevm_u256_to_be32(bytes + 21, salt);
    chevm_keccak256(bytes + 53, initcode, initcode_size);
    address_of(address, bytes, sizeof bytes);
}
