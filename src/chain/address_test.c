/* Addresses of contracts: published examples, and every length of nonce. */
#include <coldevm/hash.h>

#include "harness.h"
#include "state_rig.h"

static chevm_address parse(const char *hex) {
    chevm_u256 number;
    uint8_t bytes[32];
    chevm_address address;
    CHECK(chevm_u256_from_hex(&number, hex, strlen(hex)));
    chevm_u256_to_be32(bytes, &number);
    memcpy(address.bytes, bytes + 12, 20);
    return address;
}

TEST(create_address_agrees_with_known_deployments) {
    static const char *const expected[] = {
        "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d",
        "343c43a37d37dff08ae8c4a11544c718abb4fcf8",
        "f778b86fa74e846c4f0a1fbd1335fe81c00a0c91",
        "fffd933a0bc612844eaf0c6fe3e5b8e9b6c1d19c",
    };
    const chevm_address sender = parse("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0");
    for (uint64_t nonce = 0; nonce < 4; nonce++) {
        chevm_address address;
        const chevm_address want = parse(expected[nonce]);
        chevm_create_address(&address, &sender, nonce);
        CHECK_BYTES(address.bytes, want.bytes, 20);
    }
}

/* RLP by hand, for each length of the nonce. */
TEST(create_address_encodes_every_length_of_nonce) {
    const chevm_address sender = account(5);
    for (unsigned bits = 0; bits <= 64; bits++) {
        const uint64_t nonce = bits == 0 ? 0 : UINT64_MAX >> (64 - bits);
        uint8_t tail[9];
        size_t tail_size = 0;
        uint8_t digits[8];
        size_t digit_count = 0;
        for (uint64_t rest = nonce; rest != 0; rest >>= 8) {
            digits[digit_count++] = (uint8_t)rest;
        }
        if (digit_count != 1 || digits[0] > 0x7f) {
            tail[tail_size++] = (uint8_t)(0x80 + digit_count);
        }
        while (digit_count > 0) {
            tail[tail_size++] = digits[--digit_count];
        }
        uint8_t rlp[40];
        rlp[0] = (uint8_t)(0xc0 + 21 + tail_size);
        rlp[1] = 0x94;
        memcpy(rlp + 2, sender.bytes, 20);
        memcpy(rlp + 22, tail, tail_size);
        uint8_t hash[32];
        chevm_keccak256(hash, rlp, 22 + tail_size);
        chevm_address address;
        chevm_create_address(&address, &sender, nonce);
        CHECK_BYTES(address.bytes, hash + 12, 20);
    }
}

/* The examples of EIP-1014. */
TEST(create2_address_agrees_with_the_examples_of_eip1014) {
    static const struct {
        const char *sender, *salt, *code;
        size_t code_size;
        const char *expected;
    } rows[] = {
        {"0", "0", "\0", 1, "4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38"},
        {"deadbeef00000000000000000000000000000000", "0", "\0", 1,
         "B928f69Bb1D91Cd65274e3c79d8986362984fDA3"},
        {"deadbeef00000000000000000000000000000000", "feed000000000000000000000000000000000000",
         "\0", 1, "D04116cDd17beBE565EB2422F2497E06cC1C9833"},
        {"0", "0", "\xde\xad\xbe\xef", 4, "70f2b2914A2a4b783FaEFb75f459A580616Fcb5e"},
        {"00000000000000000000000000000000deadbeef", "cafebabe", "\xde\xad\xbe\xef", 4,
         "60f3f640a8508fC6a86d45DF051962668E1e8AC7"},
        {"0", "0", "", 0, "E33C0C7F7df4809055C3ebA6c09CFe4BaF1BD9e0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const chevm_address sender = parse(rows[i].sender);
        const chevm_address want = parse(rows[i].expected);
        chevm_u256 salt;
        chevm_address address;
        CHECK(chevm_u256_from_hex(&salt, rows[i].salt, strlen(rows[i].salt)));
        chevm_create2_address(&address, &sender, &salt, (const uint8_t *)rows[i].code,
                              rows[i].code_size);
        CHECK_BYTES(address.bytes, want.bytes, 20);
    }
}
