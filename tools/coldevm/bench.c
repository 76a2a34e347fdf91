#include "command.h"
const command command_bench = {.name = "bench", .summary = "x"};
