/* heap_vm.c: an EVMC library that calls the heap in every execute, and takes one option: what the
 * seal must catch, and what a loader meets. It runs nothing: any code succeeds and gives 3 bytes.
 */
#include <coldevm/evmc12.h>

#include <stdlib.h>
#include <string.h>

#define OUTPUT_SIZE 3u

static void release(const chevm12_result *result) {
    free((void *)(uintptr_t)result->output_data);
}

static chevm12_result execute(chevm12_vm *vm, const chevm12_host_interface *host,
                              chevm12_host_context *context, uint32_t revision,
                              const chevm12_message *message, const uint8_t *code,
                              size_t code_size) {
    (void)vm, (void)host, (void)context, (void)revision, (void)code, (void)code_size;
    uint8_t *output = malloc(OUTPUT_SIZE);
    chevm12_result result = {.status_code = output != NULL ? 0 : -3,
                             .gas_left = output != NULL ? message->gas - 7 : 0};
    if (output != NULL) {
        memcpy(output, "\xc0\xff\xee", OUTPUT_SIZE);
        result.output_data = output;
        result.output_size = OUTPUT_SIZE;
        result.release = release;
    }
    return result;
}

static uint32_t capabilities(chevm12_vm *vm) {
    (void)vm;
    return 1;
}

static uint32_t set_option(chevm12_vm *vm, const char *name, const char *value) {
    (void)vm;
    if (strcmp(name, "taste") != 0) {
        return 1;
    }
    return strcmp(value, "good") == 0 ? 0 : 2;
}

static void destroy(chevm12_vm *vm) {
    (void)vm;
}

CHEVM12_EXPORT chevm12_vm *evmc_create_heap_vm(void);

CHEVM12_EXPORT chevm12_vm *evmc_create_heap_vm(void) {
    static chevm12_vm vm = {.abi_version = 12,
                            .name = "heap-vm",
                            .version = "1",
                            .destroy = destroy,
                            .execute = execute,
                            .get_capabilities = capabilities,
                            .set_option = set_option};
    return &vm;
}
