/* clone.c: see clone.h. gcc and clang separate the suffix by a dot, which no name of C or C++ has.
 */
#include "clone.h"

#include "demangle.h"

#include <string.h>

static const char *const SUFFIXES[] = {".constprop", ".isra",  ".part",       ".cold",
                                       ".lto_priv",  ".llvm.", ".localalias", ".simdclone"};

size_t clone_length(const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof SUFFIXES[0]; i++) {
        const char *at = strstr(name, SUFFIXES[i]);
        if (at != NULL && at != name && (size_t)(at - name) < length) {
            length = (size_t)(at - name);
        }
    }
    return length;
}

bool clone_origin(char *plain, const char *name) {
    size_t length = clone_length(name);
    if (name[length] == 0 || length >= CLONE_BYTES) {
        return false;
    }
    memcpy(plain, name, length);
    plain[length] = 0;
    return true;
}

bool clone_fits(const char *glob, const char *name) {
    char plain[CLONE_BYTES];
    return demangle_matches(glob, name) ||
           (clone_origin(plain, name) && demangle_matches(glob, plain));
}

bool clone_is_cold(const char *name) {
    return strstr(name, ".cold") != NULL;
}
