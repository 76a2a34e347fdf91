/* engine_portable_traced.c: see interpreter.inc. */
#define ENGINE        chevmi_run_portable_traced
#define ENGINE_GOTO   0
#define ENGINE_TRACED 1
#include "interpreter.inc"
