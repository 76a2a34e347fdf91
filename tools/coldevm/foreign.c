/* foreign.c: EVMC libraries; see foreign.h. */
#include "foreign.h"

#include "codes.h"
#include "message.h"

int foreign_load(foreign_vm **vm, flag_text flag) {
    *vm = NULL;
    return message_argument(EXIT_FLAG, flag.position, "%s: this build loads no EVMC library",
                            flag.text);
}

const char *foreign_name(const foreign_vm *vm) {
    (void)vm;
    return "";
}

void foreign_call(foreign_vm *vm, chevm_state *state, chevm_fork fork, const chevm_message *message,
                  chevm_result *result) {
    (void)vm, (void)state, (void)fork, (void)message;
    *result = (chevm_result){.status = CHEVM_INTERNAL};
}
