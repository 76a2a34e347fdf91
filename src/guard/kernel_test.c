/* What the settings ask for is armed and told, or refused. */
#define _GNU_SOURCE
#include "kernel.h"

#include <sys/syscall.h>

#include "harness.h"
#include "kernel_rig.h"
#include "session_rig.h"
#include "state.h"

/* Runs this program under a session; the state of its image. */
static uint32_t image_of(session_rig *rig, uint32_t forbidden) {
    char text[4096];
    rig->session->image_count = 0;
    memset(rig->session->images, 0, sizeof rig->session->images[0]);
    (void)kernel_rig_status(rig->variable, forbidden, 0, text, sizeof text);
    return rig->session->images[0].state;
}

TEST(g33_the_image_says_which_mechanism_it_uses) {
    static session_rig rig;
    if (!CHECK(session_rig_init(&rig))) {
        return;
    }
    chi_session_image *image = &rig.session->images[0];
    rig.session->config.check_faults = CHI_FAULTS_COUNT;
    CHECK_EQUAL(image_of(&rig, 0), CHI_IMAGE_ARMED);
    CHECK_EQUAL(image->mechanisms & ~CHI_MECHANISM_HOOKS, CHI_MECHANISM_RUSAGE);
    if ((chi_kernel_possible() & CH_OP_SYSCALL) != 0) {
        rig.session->config.check_syscalls = 1;
        CHECK_EQUAL(image_of(&rig, 0), CHI_IMAGE_ARMED);
        CHECK_EQUAL(image->mechanisms & ~CHI_MECHANISM_HOOKS,
                    CHI_MECHANISM_RUSAGE | CHI_MECHANISM_DISPATCH);
    }
    if ((chi_kernel_possible() & CH_OP_FAULT) != 0) {
        rig.session->config.check_syscalls = 0;
        rig.session->config.check_faults = CHI_FAULTS_LOCATE;
        CHECK_EQUAL(image_of(&rig, 0), CHI_IMAGE_ARMED);
        CHECK_EQUAL(image->mechanisms & ~CHI_MECHANISM_HOOKS, CHI_MECHANISM_PERF);
    }
    session_rig_fini(&rig);
}

TEST(g33_an_image_that_cannot_be_armed_is_refused) {
    static session_rig rig;
    if (!CHECK(session_rig_init(&rig))) {
        return;
    }
    rig.session->config.check_faults = CHI_FAULTS_LOCATE;
    CHECK_EQUAL(image_of(&rig, SYS_perf_event_open), CHI_IMAGE_REFUSED);
    CHECK(strstr(rig.session->images[0].why, "page faults cannot be located") != NULL);
    CHECK_EQUAL(rig.session->images[0].mechanisms, 0);
    session_rig_fini(&rig);
}

TEST(g03_marks_are_about_what_the_settings_add) { /* G34, G35 */
    static const ch_hot_mark heap = {"h", "f.c", "f", 1, CH_OP_FREE};
    static const ch_hot_mark map = {"m", "f.c", "f", 1, CH_OP_MAP};
    static const ch_hot_mark permit = {"p", "f.c", "f", 1, CH_OP_HEAP | CH_MARK_PERMIT};
    CHECK_EQUAL(chi_kernel_mark_ops(&heap), CH_OP_FREE);
    chi_kernel_ops = CH_OP_SYSCALL;
    CHECK_EQUAL(chi_kernel_mark_ops(&heap), CH_OP_FREE | CH_OP_SYSCALL);
    CHECK_EQUAL(chi_kernel_mark_ops(&map), CH_OP_MAP);
    CHECK_EQUAL(chi_kernel_mark_ops(&permit), CH_OP_HEAP | CH_OP_SYSCALL);
    chi_kernel_ops = 0;
}
