/* kernel_adx.c: x86-64 with mulx, adcx and adox, but with a slow division. */
#include "kernel.h"

#if defined(__x86_64__) && CHEVM_LIMB_VARIANT == CHEVM_LIMB_ASM
#define CHEVMI_NUM_KERNEL chevmi_num_adx
#define CHEVMI_NUM_NEEDS  (CHEVMI_CPU_BMI2 | CHEVMI_CPU_ADX)
#define CHEVMI_NUM_ADX    1
#include "kernel_tmpl.h"
#endif
