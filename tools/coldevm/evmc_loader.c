/* evmc_loader.c: the steps of spec evmc.md V9, one function each. */
#include "evmc_loader.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SYMBOL_PREFIX "evmc_create"
#define TEXT_BYTES    (EVMC_CONFIG_MAX + 512)

typedef chevm12_vm *(*create_function)(void);

static _Thread_local char error_text[TEXT_BYTES];
static _Thread_local bool has_error;

__attribute__((format(printf, 2, 3))) static evmc_loader_code fail(evmc_loader_code code,
                                                                   const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error_text, sizeof error_text, format, arguments);
    va_end(arguments);
    has_error = true;
    return code;
}

const char *evmc_loader_error(void) {
    const bool had = has_error;
    has_error = false;
    return had ? error_text : NULL;
}

/* "dir/libmy-vm.so.1" gives "evmc_create_my_vm". */
static void symbol_name(char *symbol, size_t size, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    name += strncmp(name, "lib", 3) == 0 ? 3 : 0;
    snprintf(symbol, size, SYMBOL_PREFIX "_%.*s", (int)strcspn(name, "."), name);
    for (char *c = symbol; *c != 0; c++) {
        *c = *c == '-' ? '_' : *c;
    }
}

static evmc_loader_code find_create(create_function *create, const char *path) {
    char symbol[EVMC_CONFIG_MAX + sizeof SYMBOL_PREFIX + 2];
    void *library = dlopen(path, RTLD_LAZY);
    if (library == NULL) {
        const char *why = dlerror();
        return fail(EVMC_CANNOT_OPEN, "%s", why != NULL ? why : "cannot open");
    }
    symbol_name(symbol, sizeof symbol, path);
    void *found = dlsym(library, symbol);
    found = found != NULL ? found : dlsym(library, SYMBOL_PREFIX);
    if (found == NULL) {
        dlclose(library);
        return fail(EVMC_NO_CREATE, "neither %s nor %s is in %s", symbol, SYMBOL_PREFIX, path);
    }
    memcpy(create, &found, sizeof found); /* ISO C has no cast from data to function */
    return EVMC_LOADED;
}

static evmc_loader_code make(chevm12_vm **vm, const char *path) {
    create_function create = NULL;
    const evmc_loader_code code = find_create(&create, path);
    if (code != EVMC_LOADED) {
        return code;
    }
    chevm12_vm *made = create();
    if (made == NULL) {
        return fail(EVMC_CREATE_FAILED, "%s made no instance", path);
    }
    if (made->abi_version != CHEVM12_ABI_VERSION) {
        const int version = made->abi_version;
        made->destroy(made);
        return fail(EVMC_WRONG_ABI, "%s has ABI version %d, this program speaks %d", path, version,
                    CHEVM12_ABI_VERSION);
    }
    *vm = made;
    return EVMC_LOADED;
}

/* Applies one "name" or "name=value", which is cut in place. */
static evmc_loader_code apply(chevm12_vm *vm, char *option) {
    char *value = strchr(option, '=');
    if (value != NULL) {
        *value++ = 0;
    }
    const char *given = value != NULL ? value : "";
    if (vm->set_option == NULL) {
        return fail(EVMC_UNKNOWN_OPTION, "%s takes no options, so not \"%s\"", vm->name, option);
    }
    const uint32_t answer = vm->set_option(vm, option, given);
    if (answer == CHEVM12_OPTION_SUCCESS) {
        return EVMC_LOADED;
    }
    if (answer == CHEVM12_OPTION_INVALID_NAME) {
        return fail(EVMC_UNKNOWN_OPTION, "%s has no option \"%s\"", vm->name, option);
    }
    return fail(EVMC_BAD_OPTION_VALUE, "%s: \"%s\" is no value for option \"%s\"", vm->name, given,
                option);
}

evmc_loader_code evmc_load_config(chevm12_vm **vm, const char *config) {
    char text[EVMC_CONFIG_MAX + 1];
    *vm = NULL;
    if (config == NULL || config[0] == 0 || config[0] == ',') {
        return fail(EVMC_INVALID_ARGUMENT, "no path of an EVMC library given");
    }
    const size_t length = strlen(config);
    if (length > EVMC_CONFIG_MAX) {
        return fail(EVMC_INVALID_ARGUMENT, "longer than %u characters", EVMC_CONFIG_MAX);
    }
    memcpy(text, config, length + 1);
    char *rest = strchr(text, ',');
    if (rest != NULL) {
        *rest++ = 0;
    }
    chevm12_vm *made = NULL;
    evmc_loader_code code = make(&made, text);
    while (code == EVMC_LOADED && rest != NULL && *rest != 0) {
        char *option = rest;
        rest = strchr(option, ',');
        if (rest != NULL) {
            *rest++ = 0;
        }
        code = apply(made, option);
    }
    if (code == EVMC_LOADED) {
        *vm = made;
    } else if (made != NULL) {
        made->destroy(made);
    }
    return code;
}
