/* engine_fast.c: see interpreter.inc. */
#define ENGINE        chevmi_run_fast
#define ENGINE_GOTO   1
#define ENGINE_TRACED 0
#include "interpreter.inc"
