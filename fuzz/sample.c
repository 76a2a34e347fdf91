/* sample.c: a target with a planted bug, for standalone_test.c: it dies on inputs that begin with
 * '!', and hangs on none. */
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 0 && data[0] == '!') {
        abort();
    }
    return 0;
}
