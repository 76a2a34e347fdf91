/** cpu.h: which of the instructions that our builds use this machine and its system offer. */
#ifndef CHEVMI_CPU_H
#define CHEVMI_CPU_H

#include <coldheap/base.h>

#define CHEVMI_CPU_BMI2        1u /* BMI1, BMI2 and lzcnt: andn, rorx, mulx */
#define CHEVMI_CPU_ADX         2u /* adcx, adox */
#define CHEVMI_CPU_AVX2        4u
#define CHEVMI_CPU_AVX512      8u  /* F, VL and BW */
#define CHEVMI_CPU_FAST_DIVIDE 16u /* 128 by 64 bits in about 20 cycles instead of 40 to 90 */

/** chevmi_cpu_features asks the processor; 0 on machines other than x86-64.
 *  Cost: a few cpuid instructions, each possibly trapped by a hypervisor: ask once. */
unsigned chevmi_cpu_features(void);

#endif
