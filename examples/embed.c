/* embed.c: libcoldevm in a program: how many bytes it takes is known first; then a world, a
 * contract, a call. No heap call happens after chevm_create. */
#include <coldevm/machine.h>
#include <coldevm/state.h>

#include <stdio.h>

int main(void) {
    /* PUSH1 1 PUSH1 2 ADD PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN */
    static const uint8_t CODE[] = {0x60, 0x01, 0x60, 0x02, 0x01, 0x60, 0x00,
                                   0x52, 0x60, 0x20, 0x60, 0x00, 0xf3};
    const chevm_options options = {.fork = CHEVM_OSAKA, .gas_limit = 1000000};
    const chevm_state_options world = {.gas_limit = 1000000, .account_count = 1000};
    chevm_footprint_parts machine_bytes;
    chevm_state_parts world_bytes;
    chevm *vm = NULL;
    chevm_state *state = NULL;
    if (chevm_footprint(&options, &machine_bytes) != CH_OK ||
        chevm_state_footprint(&world, &world_bytes) != CH_OK ||
        chevm_create(&vm, &options) != CH_OK || chevm_state_create(&state, &world) != CH_OK) {
        return 1;
    }
    printf("worst case for 1,000,000 gas: %s\n",
           machine_bytes.total > 0 && world_bytes.total > 0 ? "known before the start" : "?");

    const chevm_tx_context around = {.block_number = 1};
    chevm_message message = {.gas = 1000000};
    message.sender.bytes[19] = 1;
    message.recipient.bytes[19] = message.code_address.bytes[19] = 0xcc;
    chevm_result result;
    if (chevm_state_set_code(state, &message.recipient, CODE, sizeof CODE) != CHEVM_OK ||
        chevm_state_begin_transaction(state, CHEVM_OSAKA, &around) != CHEVM_OK) {
        return 1;
    }
    chevm_call(vm, chevm_state_host(), state, &message, &result);
    printf("%s, gas used %lld, output ends in %02x\n", chevm_status_phrase(result.status),
           (long long)(message.gas - result.gas_left), result.output[31]);
    int right = result.status == CHEVM_OK && result.output_size == 32 && result.output[31] == 3;
    (void)chevm_state_end_transaction(state);
    chevm_state_destroy(state);
    chevm_destroy(vm);
    return right ? 0 : 1;
}
