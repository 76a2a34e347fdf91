/* kernel_plain.c: the build of the word operations that runs anywhere. */
#define CHEVMI_NUM_KERNEL chevmi_num_plain
#define CHEVMI_NUM_NEEDS  0u
#include "kernel_tmpl.h"
