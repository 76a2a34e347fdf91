/** fuzz.h: the shape of a fuzz target. An X_fuzz.c holds one function and nothing else that runs:
 *
 *      int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
 *          ... CH_REQUIRE(what must hold); ...
 *          return 0;
 *      }
 *
 *  A broken promise ends the process (CH_REQUIRE, a sanitizer); the driver writes the input to a
 * file and prints the line that runs it again. The same source is built twice: by libFuzzer (`cmake
 *  --preset fuzz`) and, in every other preset, with the driver standalone.c, which runs the
 * checked-in corpus fuzz/corpus/LAYER_X/ and then seeded random inputs, as an ordinary CTest
 * program. */
#ifndef CH_FUZZ_H
#define CH_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** Runs the target on one input of `size` bytes (0 is legal; data may be NULL then). Returns 0.
 * Keeps no pointer to data. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
