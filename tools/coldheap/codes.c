/* codes.c: what the shared rooms of the tools must know of this one. */
#include "codes.h"

#include "tool.h"

const tool_identity tool = {.name = "coldheap",
                            .usage = EXIT_USAGE,
                            .file = EXIT_NOT_ARMED,
                            .internal = EXIT_INTERNAL,
                            .limit = EXIT_INTERNAL};
