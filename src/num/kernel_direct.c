/* kernel_direct.c: x86-64 with mulx, adcx, adox and a fast division of two limbs by one. */
#include "kernel.h"

#if defined(__x86_64__) && CHEVM_LIMB_VARIANT == CHEVM_LIMB_ASM
#define CHEVMI_NUM_KERNEL chevmi_num_direct
#define CHEVMI_NUM_NEEDS  (CHEVMI_CPU_BMI2 | CHEVMI_CPU_ADX | CHEVMI_CPU_FAST_DIVIDE)
#define CHEVMI_NUM_ADX    1
#define CHEVMI_NUM_DIRECT 1
#include "kernel_tmpl.h"
#endif
