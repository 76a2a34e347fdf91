/* coldheap.c: a user of the installed libcoldheap. */
#include <coldheap/base.h>
#include <coldheap/status.h>

#include <string.h>

int main(void) {
    CH_REQUIRE(strcmp(ch_status_name(CH_EFULL), "CH_EFULL") == 0);
    return ch_status_text(CH_OK)[0] == 'o' ? 0 : 1;
}
