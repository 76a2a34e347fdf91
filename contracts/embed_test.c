/* embed_test.c: the embedded table says what the files of contracts/ say. The files are read by a
 * text scan of this test's own, so a mistake of the generator cannot hide behind its own parser. */
#include "harness.h"

#include "contracts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_SIZE_MAX = 1 << 20 };

static char file_text[FILE_SIZE_MAX];
static char expected_text[FILE_SIZE_MAX];

static const char *read_file(char *text, const char *folder, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s%s%s", CONTRACTS_FOLDER, folder, *folder ? "/" : "", name);
    FILE *file = fopen(path, "rb");
    if (!CHECK(file != NULL)) {
        printf("#   %s\n", path);
        return NULL;
    }
    size_t size = fread(text, 1, FILE_SIZE_MAX - 1, file);
    text[size] = 0;
    CHECK(size < FILE_SIZE_MAX - 1);
    fclose(file);
    return text;
}

static int digit(char c) {
    const char *digits = "0123456789abcdef";
    const char *at = c != 0 ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/** Compares bytes with hex digits up to the first other character; prints the first difference. */
static bool hex_is(const char *hex, const uint8_t *bytes, size_t size) {
    size_t count = 0;
    for (; digit(hex[0]) >= 0 && digit(hex[1]) >= 0; hex += 2, count++) {
        if (count >= size || bytes[count] != digit(hex[0]) * 16 + digit(hex[1])) {
            printf("#   byte %zu differs, table has %zu bytes\n", count, size);
            return false;
        }
    }
    return digit(hex[0]) < 0 && count == size;
}

/** The text after `"key": ` inside the case of that name in expected.json. */
static const char *field(const char *name, const char *key) {
    char quoted[96];
    snprintf(quoted, sizeof quoted, "    \"%s\": {\n", name);
    const char *start = strstr(expected_text, quoted);
    const char *end = start != NULL ? strchr(start, '}') : NULL;
    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *found = start != NULL ? strstr(start, quoted) : NULL;
    if (!CHECK(found != NULL && found < end)) {
        printf("#   %s of %s\n", key, name);
        return "";
    }
    return found + strlen(quoted);
}

static uint64_t number(const char *name, const char *key) {
    return strtoull(field(name, key), NULL, 10);
}

TEST(code_and_input_are_the_files_bytes) {
    for (size_t i = 0; i < coldevm_contract_count; i++) {
        const coldevm_contract *contract = &coldevm_contracts[i];
        const char *code = read_file(file_text, contract->name, "code.hex");
        CHECK(code != NULL && hex_is(code, contract->code, contract->code_size_bytes));
        CHECK(contract->code_size_bytes > 0);
        const char *input = read_file(file_text, contract->name, "input.hex");
        CHECK(input != NULL && hex_is(input, contract->input, contract->input_size_bytes));
    }
}

TEST(no_case_of_expected_json_is_left_out) {
    const char *at = read_file(expected_text, "", "expected.json");
    size_t count = 0;
    for (; at != NULL && (at = strstr(at, "\"exec_gas\"")) != NULL; at++) {
        count++;
    }
    CHECK(count > 0);
    CHECK_EQUAL(coldevm_contract_count, count);
}

TEST(numbers_are_those_of_expected_json) {
    read_file(expected_text, "", "expected.json");
    for (size_t i = 0; i < coldevm_contract_count; i++) {
        const coldevm_contract *contract = &coldevm_contracts[i];
        const char *name = contract->name;
        bool initcode = contract->mode == COLDEVM_CONTRACT_INITCODE;
        CHECK_EQUAL(contract->exec_gas, number(name, "exec_gas"));
        CHECK_EQUAL(contract->gas_limit, number(name, "gas_limit"));
        CHECK_EQUAL(contract->refund, number(name, "refund"));
        CHECK_EQUAL(contract->logs_count, number(name, "logs"));
        CHECK_EQUAL(contract->deploy_exec_gas, initcode ? number(name, "deploy_exec_gas") : 0);
        CHECK(strncmp(field(name, "mode"), initcode ? "\"initcode\"" : "\"runtime\"", 9) == 0);
        CHECK(strncmp(field(name, "fork") + 1, contract->fork, strlen(contract->fork)) == 0);
        CHECK(hex_is(field(name, "logs_hash") + 3, contract->logs_hash, 32));
        CHECK(hex_is(field(name, "address") + 3, contract->address, 20));
    }
}

TEST(outputs_are_those_of_expected_json) {
    read_file(expected_text, "", "expected.json");
    for (size_t i = 0; i < coldevm_contract_count; i++) {
        const coldevm_contract *contract = &coldevm_contracts[i];
        const char *output = field(contract->name, "output");
        if (contract->output_hashed != 0) {
            CHECK(strncmp(output, "\"keccak:0x", 10) == 0 &&
                  hex_is(output + 10, contract->output_hash, 32));
            CHECK_EQUAL(contract->output_size_bytes,
                        strtoull(strstr(output, "len=") + 4, NULL, 10));
        } else {
            CHECK(hex_is(output + 3, contract->output, contract->output_size_bytes));
        }
    }
}

TEST(sender_is_that_of_the_environment) {
    const char *text = read_file(expected_text, "", "expected.json");
    const char *sender = text != NULL ? strstr(text, "\"sender\": \"0x") : NULL;
    CHECK(sender != NULL && hex_is(sender + 13, coldevm_contract_sender, 20));
}
