/* address.c: where new contracts live. */
#include <coldevm/hash.h>
#include <coldevm/rlp.h>
#include <coldevm/state.h>

#include <string.h>

static void address_of(chevm_address *address, const uint8_t *bytes, size_t size) {
    uint8_t hash[32];
    chevm_keccak256(hash, bytes, size);
    memcpy(address->bytes, hash + 12, sizeof address->bytes);
}

/* keccak256(RLP([sender, nonce])): a list of at most 30 bytes, so its header is one byte. */
void chevm_create_address(chevm_address *address, const chevm_address *sender, uint64_t nonce) {
    uint8_t rlp[31];
    uint8_t *end = chevm_rlp_put_list_header(rlp, 21 + chevm_rlp_u64_size(nonce));
    end = chevm_rlp_put_string(end, sender->bytes, sizeof sender->bytes);
    end = chevm_rlp_put_u64(end, nonce);
    address_of(address, rlp, (size_t)(end - rlp));
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
