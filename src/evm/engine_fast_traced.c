/* engine_fast_traced.c: see interpreter.inc. */
#define ENGINE        chevmi_run_fast_traced
#define ENGINE_GOTO   1
#define ENGINE_TRACED 1
#include "interpreter.inc"
