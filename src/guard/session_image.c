/* session_image.c: which program images came to life. Two sides write rows: whoever calls exec or
 * spawn announces an image, and the image itself, loaded, tells that it is armed. An image whose
 * environment was cleaned, or that cannot be preloaded at all, never answers: that is how the
 * command learns of it. */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "session_shared.h"
#include "state.h"
#include "unseen.h"

static chi_session_image *mine;

static chi_session_image *take_row(const char *path, int process) {
    if (chi_guard_session == NULL) {
        return NULL;
    }
    CHI_UNSEEN;
    const uint32_t index = __atomic_fetch_add(&chi_guard_session->image_count, 1, __ATOMIC_RELAXED);
    if (index >= CHI_SESSION_IMAGES) {
        return NULL;
    }
    chi_session_image *image = &chi_guard_session->images[index];
    chi_session_copy(image->path, sizeof image->path, path);
    __atomic_store_n(&image->process, process, __ATOMIC_RELAXED);
    __atomic_store_n(&image->state, CHI_IMAGE_EXPECTED, __ATOMIC_RELEASE);
    return image;
}

void chi_session_image_begin(void) {
    char path[CHI_SESSION_PATH_BYTES];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    mine = take_row(path, (int)getpid());
}

void chi_session_image_armed(void) {
    if (mine != NULL) {
        __atomic_store_n(&mine->state, CHI_IMAGE_ARMED, __ATOMIC_RELEASE);
    }
}

void chi_session_image_hooks(const char *unseen) {
    if (mine != NULL) {
        chi_session_copy(mine->notes, sizeof mine->notes, unseen);
        __atomic_fetch_or(&mine->mechanisms, CHI_MECHANISM_HOOKS, __ATOMIC_RELEASE);
    }
}

void chi_session_image_refused(const char *why) {
    if (mine != NULL) {
        chi_session_copy(mine->why, sizeof mine->why, why);
        __atomic_store_n(&mine->state, CHI_IMAGE_REFUSED, __ATOMIC_RELEASE);
    }
}

chi_session_image *chi_session_image_mine(void) {
    return mine;
}

void chi_session_image_ended(int status) {
    if (mine != NULL && mine->process == (int)getpid()) {
        __atomic_store_n(&mine->status, status, __ATOMIC_RELAXED);
        __atomic_store_n(&mine->ended, 1, __ATOMIC_RELEASE);
    }
}

void chi_session_image_sealed(const char *name, uint64_t seal_ns) {
    if (mine != NULL) {
        chi_session_copy(mine->seal, sizeof mine->seal, name);
        __atomic_store_n(&mine->seal_ns, seal_ns, __ATOMIC_RELAXED);
        __atomic_store_n(&mine->sealed, 1, __ATOMIC_RELEASE);
    }
}

void chi_session_image_will_seal(const char *name, uint64_t seal_ns) {
    if (mine != NULL) {
        chi_session_copy(mine->seal, sizeof mine->seal, name);
        __atomic_store_n(&mine->seal_ns, seal_ns, __ATOMIC_RELEASE);
    }
}

void chi_session_image_init(uint64_t allocs, uint64_t bytes) {
    if (mine != NULL) {
        __atomic_store_n(&mine->init_allocs, allocs, __ATOMIC_RELAXED);
        __atomic_store_n(&mine->init_bytes, bytes, __ATOMIC_RELAXED);
    }
}

chi_session_image *chi_session_expect(const char *path, int process) {
    return take_row(path, process);
}

void chi_session_expect_path(chi_session_image *image, const char *path) {
    if (image != NULL) {
        chi_session_copy(image->path, sizeof image->path, path);
    }
}

void chi_session_expect_process(chi_session_image *image, int process) {
    if (image != NULL) {
        __atomic_store_n(&image->process, process, __ATOMIC_RELEASE);
    }
}

void chi_session_expect_gone(chi_session_image *image) {
    if (image != NULL) {
        __atomic_store_n(&image->state, CHI_IMAGE_GONE, __ATOMIC_RELEASE);
    }
}
