/* sha256.c: SHA-256 by blst, whose assembly picks SHA-NI or SSSE3 where it runs. */
#include <coldevm/hash.h>

#include <blst.h>

void chevm_sha256(uint8_t out[32], const uint8_t *data, size_t size) {
    blst_sha256(out, data, size);
}
