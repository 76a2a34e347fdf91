/* engine_fast_v3.c: see interpreter.inc. */
#define ENGINE        chevmi_run_fast_v3
#define ENGINE_GOTO   1
#define ENGINE_TRACED 0
#include "interpreter.inc"
