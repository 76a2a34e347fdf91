/* foreign.h: an EVMC library as another machine under our state: loaded by its path, called with
 * the same messages. The only border to the EVMC adaptor. */
#ifndef COLDEVM_FOREIGN_H
#define COLDEVM_FOREIGN_H

#include "options.h"

#include <coldevm/state.h>

typedef struct foreign_vm foreign_vm;

/* foreign_load opens `LIB[,option=value]...` as `flag` says; an exit code, its message out. The
 * library stays loaded until the program ends. */
int foreign_load(foreign_vm **vm, flag_text flag);

/* foreign_name is what the library calls itself. */
const char *foreign_name(const foreign_vm *vm);

/* foreign_call plays a message of depth 0, host side as chevm_call does it for our machine. The
 * output is valid until the next foreign_call of this library. */
void foreign_call(foreign_vm *vm, chevm_state *state, chevm_fork fork, const chevm_message *message,
                  chevm_result *result);

/* foreign_close destroys all of them. */
void foreign_close(void);

#endif
