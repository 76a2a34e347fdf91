/* evmc_loader.h: opens EVMC libraries (ABI 12) by path or by a config string, with the loader rules
 * and codes that EVMC hosts know (spec evmc.md V9). A loaded library stays until the process ends.
 */
#ifndef COLDEVM_EVMC_LOADER_H
#define COLDEVM_EVMC_LOADER_H

#include <coldevm/evmc12.h>

/* What loading answers; the numbers are EVMC's. */
typedef enum evmc_loader_code {
    EVMC_LOADED = 0,
    EVMC_CANNOT_OPEN = 1,      /* missing, or not a library */
    EVMC_NO_CREATE = 2,        /* neither evmc_create_NAME nor evmc_create */
    EVMC_INVALID_ARGUMENT = 3, /* NULL, empty or too long */
    EVMC_CREATE_FAILED = 4,    /* it returned NULL */
    EVMC_WRONG_ABI = 5,
    EVMC_UNKNOWN_OPTION = 6, /* also if the VM has no options at all */
    EVMC_BAD_OPTION_VALUE = 7
} evmc_loader_code;

/* Longest path and config string. */
#define EVMC_CONFIG_MAX 4095u

/* evmc_load_config opens "PATH[,name[=value]]..." and applies the options in order: only the first
 * '=' splits, a missing value is "", a trailing comma is ignored. A path without a slash is looked
 * up as the system does. The function called is evmc_create_NAME, NAME being the file's name
 * without folder, without one leading "lib", cut at the first '.', '-' turned into '_'; else
 * evmc_create. Returns: EVMC_LOADED and *vm, the caller's until (*vm)->destroy; else *vm is NULL.
 */
evmc_loader_code evmc_load_config(chevm12_vm **vm, const char *config);

/* evmc_loader_error gives the sentence of the calling thread's last failure, once: then NULL until
 * the next failure. Static per thread. */
const char *evmc_loader_error(void);

#endif
