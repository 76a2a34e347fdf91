/* engine_portable.c: see interpreter.inc. */
#define ENGINE        chevmi_run_portable
#define ENGINE_GOTO   0
#define ENGINE_TRACED 0
#include "interpreter.inc"
