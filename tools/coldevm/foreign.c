/* foreign.c: EVMC libraries; see foreign.h. The VMs live in a table of this process: they are few
 * and stay until it ends. */
#include "foreign.h"

#include "codes.h"
#include "evmc_host.h"
#include "evmc_loader.h"
#include "message.h"

#define FOREIGN_MAX 16u

struct foreign_vm {
    evmc_host host;
};

static foreign_vm machines[FOREIGN_MAX];
static unsigned machine_count;

int foreign_load(foreign_vm **vm, flag_text flag) {
    *vm = NULL;
    if (machine_count == FOREIGN_MAX) {
        return message_argument(EXIT_FLAG, flag.position, "at most %u EVMC libraries", FOREIGN_MAX);
    }
    chevm12_vm *loaded = NULL;
    if (evmc_load_config(&loaded, flag.text) != EVMC_LOADED) {
        return message_argument(EXIT_FLAG, flag.position, "%s", evmc_loader_error());
    }
    *vm = &machines[machine_count++];
    (*vm)->host = (evmc_host){.vm = loaded};
    return 0;
}

const char *foreign_name(const foreign_vm *vm) {
    return vm->host.vm->name;
}

void foreign_call(foreign_vm *vm, chevm_state *state, chevm_fork fork, const chevm_message *message,
                  chevm_result *result) {
    vm->host.host = chevm_state_host();
    vm->host.context = state;
    vm->host.revision = evmc_host_revision(fork);
    evmc_host_call(&vm->host, message, result);
}

void foreign_close(void) {
    while (machine_count > 0) {
        foreign_vm *last = &machines[--machine_count];
        evmc_host_fini(&last->host);
        last->host.vm->destroy(last->host.vm);
    }
}
