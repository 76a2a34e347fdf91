/* armed.c: says whether the run time that its link has brought is armed; for the link tests. */
#include <coldheap/guard.h>

#include <unistd.h>

int main(void) {
    CH_HOT_SCOPE("main");
    const bool armed = ch_guard_armed();
    return write(1, armed ? "armed\n" : "not armed\n", armed ? 6 : 10) < 0;
}
