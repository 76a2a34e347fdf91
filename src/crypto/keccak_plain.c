/* keccak_plain.c: the build of Keccak that runs anywhere. */
#define CHEVMI_KECCAK_BUILD chevmi_keccak_plain
#define CHEVMI_KECCAK_NEEDS 0u
#include "keccak_tmpl.h"
