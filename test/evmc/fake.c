/* fake.c: EVMC libraries that are wrong: null makes no instance, old has another ABI version,
 * silent has no set_option. The loader must tell them apart. */
#include <coldevm/evmc12.h>

#if defined(FAKE_null)
CHEVM12_EXPORT chevm12_vm *evmc_create_fake_null(void);
chevm12_vm *evmc_create_fake_null(void) {
    return NULL;
}
#else
static unsigned destroyed;

static void destroy(chevm12_vm *vm) {
    (void)vm;
    destroyed++;
}

#if defined(FAKE_old)
static chevm12_vm instance = {.abi_version = 11, .name = "old", .version = "1", .destroy = destroy};
#define CREATE evmc_create_fake_old
#else
static chevm12_vm instance = {
    .abi_version = CHEVM12_ABI_VERSION, .name = "silent", .version = "1", .destroy = destroy};
#define CREATE evmc_create_fake_silent
#endif

CHEVM12_EXPORT chevm12_vm *CREATE(void);
chevm12_vm *CREATE(void) {
    return &instance;
}

/* How often an instance was destroyed. */
CHEVM12_EXPORT unsigned fake_destroyed(void);
unsigned fake_destroyed(void) {
    return destroyed;
}
#endif
