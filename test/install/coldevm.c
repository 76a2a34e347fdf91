/* coldevm.c: a user of the installed libcoldevm. */
#include <coldevm/types.h>

#include <string.h>

int main(void) {
    chevm_fork fork = CHEVM_FRONTIER;
    return chevm_fork_parse("London", &fork) && strcmp(chevm_fork_name(fork), "London") == 0 ? 0
                                                                                             : 1;
}
