/* codes.c: what the shared rooms of the tools must know of this one. */
#include "codes.h"

#include "tool.h"

const tool_identity tool = {.name = "coldevm",
                            .usage = EXIT_FLAG,
                            .file = EXIT_FILE,
                            .internal = EXIT_INTERNAL,
                            .limit = EXIT_LIMIT};
