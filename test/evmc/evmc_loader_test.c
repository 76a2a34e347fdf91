/* evmc_loader_test.c: every code of the loader, with our own library and with libraries that are
 * wrong in one way each. */
#include "evmc_loader.h"

#include "harness.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *environment(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        ch_test_skip("run by ctest, which names the libraries");
    }
    return value;
}

static char text[EVMC_CONFIG_MAX + 100];

static const char *join(const char *a, const char *b) {
    snprintf(text, sizeof text, "%s%s", a, b);
    return text;
}

/* Loads, expects `code`, and destroys what came. */
static void expect(const char *config, evmc_loader_code code) {
    chevm12_vm *vm = (chevm12_vm *)(void *)text;
    const evmc_loader_code got = evmc_load_config(&vm, config);
    CHECK_EQUAL(got, code);
    CHECK((vm != NULL) == (got == EVMC_LOADED));
    if (code != EVMC_LOADED) {
        const char *why = evmc_loader_error();
        CHECK(why != NULL && why[0] != 0);
    }
    CHECK(evmc_loader_error() == NULL); /* read once, and none after success */
    if (vm != NULL) {
        CHECK_EQUAL(vm->abi_version, CHEVM12_ABI_VERSION);
        vm->destroy(vm);
    }
}

TEST(library_opens_with_and_without_options) {
    const char *library = environment("EVMC_LIBRARY");
    if (library == NULL) {
        return;
    }
    expect(library, EVMC_LOADED);
    expect(join(library, ","), EVMC_LOADED);
    expect(join(library, ",engine=portable"), EVMC_LOADED);
    expect(join(library, ",engine=portable,slots=7,memory=65536,"), EVMC_LOADED);
    expect(join(library, ",engine"), EVMC_BAD_OPTION_VALUE);
    expect(join(library, ",engine="), EVMC_BAD_OPTION_VALUE);
    expect(join(library, ",engine=fast=portable"), EVMC_BAD_OPTION_VALUE); /* first '=' splits */
    expect(join(library, ",nonsense=1"), EVMC_UNKNOWN_OPTION);
    expect(join(library, ",=1"), EVMC_UNKNOWN_OPTION);
    expect(join(library, ",,engine=fast"), EVMC_UNKNOWN_OPTION); /* an empty name is passed on */
    expect(join(library, ",engine=fast,nonsense"), EVMC_UNKNOWN_OPTION);
}

TEST(renamed_library_is_found_by_its_short_function) {
    const char *library = environment("EVMC_LIBRARY");
    char folder[] = "./evmc-loader-XXXXXX";
    if (library == NULL || !CHECK(mkdtemp(folder) != NULL)) {
        return;
    }
    static const char *const names[] = {"renamed.so", "libcoldevm.so.0", "lib.so", "my-own-vm"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        CHECK(symlink(library, path) == 0);
        expect(path, EVMC_LOADED);
        CHECK(unlink(path) == 0);
    }
    CHECK(rmdir(folder) == 0);
}

TEST(missing_or_unfit_files_cannot_be_opened) {
    expect("/nowhere/libnothing.so", EVMC_CANNOT_OPEN);
    expect("libnothing-of-this-name.so", EVMC_CANNOT_OPEN);
    expect("/dev/null", EVMC_CANNOT_OPEN);
    const char *other = environment("EVMC_OTHER");
    if (other != NULL) {
        expect(other, EVMC_NO_CREATE);
    }
}

TEST(arguments_are_checked_first) {
    expect(NULL, EVMC_INVALID_ARGUMENT);
    expect("", EVMC_INVALID_ARGUMENT);
    expect(",engine=fast", EVMC_INVALID_ARGUMENT);
    memset(text, 'a', EVMC_CONFIG_MAX + 1);
    text[EVMC_CONFIG_MAX + 1] = 0;
    char *config = strdup(text);
    expect(config, EVMC_INVALID_ARGUMENT);
    config[EVMC_CONFIG_MAX] = 0;
    expect(config, EVMC_CANNOT_OPEN); /* just not too long */
    free(config);
}

static unsigned destroyed_in(const char *path) {
    void *library = dlopen(path, RTLD_LAZY);
    unsigned (*count)(void) = NULL;
    void *found = library != NULL ? dlsym(library, "fake_destroyed") : NULL;
    memcpy(&count, &found, sizeof found);
    return CHECK(count != NULL) ? count() : 0;
}

TEST(wrong_libraries_are_told_apart) {
    const char *folder = environment("EVMC_FAKES");
    if (folder == NULL) {
        return;
    }
    char path[512];
    snprintf(path, sizeof path, "%s/libfake-null.so", folder);
    expect(path, EVMC_CREATE_FAILED);
    snprintf(path, sizeof path, "%s/libfake-old.so", folder);
    expect(path, EVMC_WRONG_ABI);
    CHECK_EQUAL(destroyed_in(path), 1);
    snprintf(path, sizeof path, "%s/libfake-silent.so", folder);
    expect(path, EVMC_LOADED);
    CHECK_EQUAL(destroyed_in(path), 1);
    snprintf(path, sizeof path, "%s/libfake-silent.so,a=b", folder);
    expect(path, EVMC_UNKNOWN_OPTION);
    path[strlen(path) - 4] = 0;
    CHECK_EQUAL(destroyed_in(path), 2); /* an instance whose options fail does not stay */
}
