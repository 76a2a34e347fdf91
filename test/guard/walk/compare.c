/* compare.c: the preload library with another event.c: every heap call of a program is walked
 * twice, by us and by the compiler's unwinder, and the frames must be the same. At its end a
 * process adds a line to the file that COLDHEAP_COMPARE names: "stacks N frames N deepest N bad N
 * PROGRAM".
 *
 * The unwinder stops where there are no rules; then we may know more, never less. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shortcut.h"
#include "state.h"
#include "text.h"
#include "walk.h"

#define FRAMES     256u
#define STACKS_ALL 20000u /* afterwards one in some */
#define ONE_IN     16u
#define SHOWN_MAX  4u

uint32_t chi_guard_flags;

static uint64_t calls;
static uint64_t stacks;
static uint64_t frame_count;
static uint64_t deepest;
static uint64_t bad;
static const char *file;

static void add(uint64_t *number, uint64_t amount) {
    (void)__atomic_fetch_add(number, amount, __ATOMIC_RELAXED);
}

/* Both stacks, side by side from the first difference on. */
static void show(const void *const *ours, size_t our_count, const void *const *theirs,
                 size_t their_count) {
    const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    chi_text text = {.fd = fd};
    size_t i = 0;
    while (i < our_count && i < their_count && ours[i] == theirs[i]) {
        i++;
    }
    chi_text_add(&text, "# differs from frame ");
    chi_text_add_number(&text, i);
    chi_text_end_line(&text);
    for (size_t end = i + 4, j = i == 0 ? 0 : i - 1; j < end; j++) {
        chi_text_add(&text, "#    ours ");
        chi_text_add_hex(&text, j < our_count ? (uint64_t)(uintptr_t)ours[j] : 0);
        chi_text_add(&text, "  unwinder ");
        chi_text_add_hex(&text, j < their_count ? (uint64_t)(uintptr_t)theirs[j] : 0);
        chi_text_end_line(&text);
    }
    close(fd);
}

static bool has_no_rules(const void *pc) {
    const uint64_t word = chi_shortcut((uintptr_t)pc - 1, chi_shortcut_salt());
    const uint64_t way = word & CHI_SHORTCUT_WAY;
    return way == CHI_WAY_NONE || way == CHI_WAY_OUTSIDE;
}

static void compare(const chi_guard_call *call, const void *frame) {
    const void *ours[FRAMES];
    const void *theirs[FRAMES];
    uintptr_t stack_pointer = 0;
    const size_t our_count = chi_guard_walk(ours, FRAMES, call->caller, frame);
    const size_t their_count = chi_guard_backtrace(theirs, &stack_pointer, call->caller, FRAMES);
    const bool same = our_count >= their_count &&
                      memcmp(ours, theirs, their_count * sizeof ours[0]) == 0 &&
                      (our_count == their_count || has_no_rules(ours[their_count - 1]));
    add(&stacks, 1);
    add(&frame_count, our_count);
    if (our_count > __atomic_load_n(&deepest, __ATOMIC_RELAXED)) {
        __atomic_store_n(&deepest, our_count, __ATOMIC_RELAXED);
    }
    if (!same && __atomic_fetch_add(&bad, 1, __ATOMIC_RELAXED) < SHOWN_MAX) {
        show(ours, our_count, theirs, their_count);
    }
}

bool chi_guard_event(const chi_guard_call *call) {
    if (chi_guard_self.probing != 0) {
        chi_guard_self.probe_hits += (chi_guard_denied() & call->op) != 0;
        return true;
    }
    if (chi_guard_self.hook_frame != 0 || file == NULL) {
        return true;
    }
    CHI_HOOK_SCOPE;
    const uint64_t number = __atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
    if (number < STACKS_ALL || number % ONE_IN == 0) {
        compare(call, CHI_WALK_FRAME);
    }
    return true;
}

__attribute__((constructor(200))) static void begin(void) {
    file = getenv("COLDHEAP_COMPARE");
    if (file != NULL) {
        __atomic_fetch_or(&chi_guard_flags, CHI_FLAG_RANGES, __ATOMIC_RELAXED);
    }
}

__attribute__((destructor)) static void finish(void) {
    if (file == NULL) {
        return;
    }
    char path[256] = "?";
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    chi_text text = {.fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)};
    const struct {
        const char *name;
        uint64_t number;
    } parts[] = {
        {"stacks ", stacks}, {" frames ", frame_count}, {" deepest ", deepest}, {" bad ", bad}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        chi_text_add(&text, parts[i].name);
        chi_text_add_number(&text, parts[i].number);
    }
    chi_text_add(&text, " ");
    chi_text_add(&text, path);
    chi_text_end_line(&text);
    close(text.fd);
}
