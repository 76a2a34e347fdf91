/** kernel_tmpl.h: division, remainder, modular sum and product, power; compiled once per machine
 *  class (kernel_*.c). Before including it define
 *    CHEVMI_NUM_KERNEL    name of the chevmi_num_kernel to fill
 *    CHEVMI_NUM_NEEDS     bits of cpu.h the build needs
 *  and, where wanted, CHEVMI_NUM_DIRECT (divide.h) and CHEVMI_NUM_ADX (product.h).
 *
 *  The one idea: look at the operands' shape first. Values of one limb, powers of two, divisors of
 *  one limb and quotients of one digit have their own short ways; a divisor that comes back is
 *  replaced by a multiplication with its cached reciprocal. docs/design/031 has the figures. */
#include "cpu.h"
#include "kernel.h"
#include "kernel_divide.h"
#include "kernel_modular.h"
#include "kernel_power.h"

#ifndef CHEVMI_NUM_KERNEL
#error "kernel_tmpl.h: CHEVMI_NUM_KERNEL is missing"
#endif

#define KERNEL_TEXT(name) #name
#define KERNEL_NAME(name) KERNEL_TEXT(name)
const chevmi_num_kernel CHEVMI_NUM_KERNEL = {
    .name = KERNEL_NAME(CHEVMI_NUM_KERNEL),
    .features = CHEVMI_NUM_NEEDS,
    .div = kernel_div,
    .mod = kernel_mod,
    .addmod = kernel_addmod,
    .mulmod = kernel_mulmod,
    .exp = kernel_exp,
};
