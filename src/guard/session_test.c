/* The session from inside: files that are refused, rows of images, sections and violations, and
 * what full tables do. What whole programs write is in guard/session. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>

#include "session_shared.h"

#include "harness.h"
#include "session_rig.h"
#include "state.h"

static session_rig rig;

static void begin(void) {
    CHECK(session_rig_init(&rig));
    CHECK(chi_session_attach(rig.path) == NULL);
    /* A process has one session: what this thread remembers of another one is in the way. */
    memset(chi_guard_self.seen, 0, sizeof chi_guard_self.seen);
    memset(chi_guard_self.entered, 0, sizeof chi_guard_self.entered);
}

static void end(void) {
    chi_session_detach();
    session_rig_fini(&rig);
}

static bool refused(const char *path, const char *because) {
    const char *why = chi_session_attach(path);
    return CHECK(why != NULL) && CHECK(strstr(why, because) != NULL) &&
           CHECK(chi_guard_session == NULL);
}

TEST(g19_bad_session_files_are_refused) {
    CHECK(session_rig_init(&rig));
    CHECK(refused("/no/such/file", "cannot be opened"));
    CHECK(refused("/dev/null", "size"));
    CHECK(refused("/proc/self/exe", ""));
    CHECK(refused(".", ""));
    rig.session->magic ^= 1;
    CHECK(refused(rig.path, "no file of coldheap"));
    rig.session->magic ^= 1;
    rig.session->version++;
    CHECK(refused(rig.path, "another version"));
    rig.session->version--;
    rig.session->bytes--;
    CHECK(refused(rig.path, "another version"));
    rig.session->bytes++;
    rig.session->config.mode = 4;
    CHECK(refused(rig.path, "does not exist"));
    rig.session->config.mode = CH_GUARD_DENY;
    rig.session->config.depth = CHI_SESSION_FRAMES + 1;
    CHECK(refused(rig.path, "does not exist"));
    rig.session->config.depth = 0;
    memset(rig.session->config.track_path, 'x', sizeof rig.session->config.track_path);
    CHECK(refused(rig.path, "does not exist"));
    rig.session->config.track_path[0] = 0;
    chi_session_rule *rule = session_rig_rule(&rig, CHI_RULE_WATCH + 1);
    CHECK(refused(rig.path, "rule"));
    rule->kind = CHI_RULE_ALLOW;
    memset(rule->stack, 'x', sizeof rule->stack);
    CHECK(refused(rig.path, "rule"));
    rule->stack[0] = 0;
    CHECK_EQUAL(ftruncate(rig.fd, (off_t)sizeof(chi_session) - 1), 0);
    CHECK(refused(rig.path, "size"));
    CHECK_EQUAL(ftruncate(rig.fd, (off_t)sizeof(chi_session)), 0);
    CHECK(chi_session_attach(rig.path) == NULL);
    end();
}

TEST(g19_without_a_session_nothing_is_written) {
    static const ch_hot_mark mark = {"tick", "f.c", "f", 3, CH_OP_HEAP};
    CHECK_EQUAL(chi_session_section_of(&mark), 0);
    chi_session_section_denied(0, CH_OP_ALLOC, 10);
    chi_session_section_entered(0);
    chi_session_violation_add(0);
    chi_session_image_begin();
    chi_session_image_armed();
    chi_session_image_ended(3);
    CHECK(chi_session_image_mine() == NULL);
    CHECK(chi_session_expect("/bin/true", 1) == NULL);
    chi_session_expect_gone(NULL);
}

static void end_as_child(void *nothing) {
    (void)nothing;
    chi_session_image_ended(9);
}

TEST(g19_image_says_armed_and_how_it_ended) {
    begin();
    chi_session_image_begin();
    const chi_session_image *image = &rig.session->images[0];
    CHECK_EQUAL(rig.session->image_count, 1);
    CHECK_EQUAL(image->state, CHI_IMAGE_EXPECTED);
    CHECK_EQUAL(image->process, getpid());
    CHECK(strstr(image->path, "session_test") != NULL);
    chi_session_image_armed();
    CHECK_EQUAL(image->state, CHI_IMAGE_ARMED);
    CHECK(!ch_test_child_dies(end_as_child, NULL, NULL, 0));
    CHECK_EQUAL(image->ended, 0); /* a fork child is not asked */
    chi_session_image_ended(7);
    CHECK_EQUAL(image->ended, 1);
    CHECK_EQUAL(image->status, 7);
    chi_session_image_hooks("half of it");
    CHECK_EQUAL(image->mechanisms, CHI_MECHANISM_HOOKS);
    CHECK_TEXT(image->notes, "half of it");
    chi_session_image_begin();
    chi_session_image_refused("no reason");
    CHECK_EQUAL(rig.session->images[1].state, CHI_IMAGE_REFUSED);
    CHECK_TEXT(rig.session->images[1].why, "no reason");
    end();
    chi_session_image_begin(); /* no session: none of ours any more */
    CHECK(chi_session_image_mine() == NULL);
}

TEST(g19_more_images_than_rows) {
    begin();
    for (size_t i = 0; i < CHI_SESSION_IMAGES; i++) {
        CHECK(chi_session_expect("/bin/true", (int)i + 1) == &chi_guard_session->images[i]);
    }
    CHECK(chi_session_expect("/bin/true", 1) == NULL);
    CHECK_EQUAL(rig.session->image_count, CHI_SESSION_IMAGES + 1);
    chi_session_expect_gone(&chi_guard_session->images[5]);
    CHECK_EQUAL(rig.session->images[5].state, CHI_IMAGE_GONE);
    end();
}

TEST(g09_section_is_known_by_name_file_and_line) {
    begin();
    const uint32_t first = chi_session_section_find("tick", "f.c", 3, "f");
    CHECK(first != 0);
    CHECK_EQUAL(chi_session_section_find("tick", "f.c", 3, "f"), first);
    CHECK(chi_session_section_find("tick", "f.c", 4, "f") != first);
    CHECK(chi_session_section_find("tick", "g.c", 3, "f") != first);
    CHECK(chi_session_section_find("tock", "f.c", 3, "f") != first);
    CHECK(chi_session_section_find("seal:ready", NULL, 0, NULL) != 0);
    chi_session_section_denied(first, CH_OP_ALLOC, 10);
    chi_session_section_denied(first, CH_OP_FREE, 0);
    chi_session_section_denied(first, CH_OP_REALLOC, 20);
    chi_session_section_denied(first, CH_OP_MAP, 4096);
    chi_session_section_entered(first);
    const chi_session_section *section = &rig.session->sections[first - 1];
    CHECK_EQUAL(section->state, CHI_ROW_READY);
    CHECK_TEXT(section->name, "tick");
    CHECK_TEXT(section->file, "f.c");
    CHECK_TEXT(section->func, "f");
    CHECK_EQUAL(section->line, 3);
    CHECK_EQUAL(section->entered, 1);
    CHECK_EQUAL(section->violations, 4);
    CHECK_EQUAL(section->calls[0], 1);
    CHECK_EQUAL(section->calls[1], 1);
    CHECK_EQUAL(section->calls[2], 1);
    CHECK_EQUAL(section->bytes, 30);
    end();
}

TEST(g09_more_sections_than_rows) {
    begin();
    for (uint32_t line = 0; line < CHI_SESSION_SECTIONS; line++) {
        CHECK(chi_session_section_find("tick", "f.c", line, "f") != 0);
    }
    CHECK_EQUAL(chi_session_section_find("tick", "f.c", CHI_SESSION_SECTIONS, "f"), 0);
    CHECK_EQUAL(rig.session->sections_dropped, 1);
    CHECK(chi_session_section_find("tick", "f.c", 17, "f") != 0);
    end();
}

TEST(g09_long_names_are_cut) {
    begin();
    char name[2000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    const uint32_t index = chi_session_section_find(name, name, 1, name);
    const chi_session_section *section = &rig.session->sections[index - 1];
    CHECK_EQUAL(strlen(section->name), CHI_SESSION_NAME_BYTES - 1);
    CHECK_EQUAL(strlen(section->file), CHI_SESSION_PATH_BYTES - 1);
    end();
}

static void *enter_scopes(void *nothing) {
    for (int i = 0; i < 3; i++) {
        CH_HOT_SCOPE("entered");
        CH_PERMIT_SCOPE("no section");
        if (i == 2) {
            CH_HOT_SCOPE("entered at last");
            __asm__ volatile("" : : : "memory");
        }
    }
    return nothing;
}

TEST(g09_each_thread_enters_a_section_once) {
    begin();
    chi_session_image_begin();
    enter_scopes(NULL);
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        CHECK_EQUAL(pthread_create(&thread, NULL, enter_scopes, NULL), 0);
        pthread_join(thread, NULL);
    }
    const chi_session_section *section = session_rig_section(&rig, "entered");
    if (CHECK(section != NULL)) {
        CHECK_EQUAL(section->entered, 5);
        CHECK_TEXT(section->func, "enter_scopes");
        CHECK(strstr(section->file, "session_test.c") != NULL);
    }
    section = session_rig_section(&rig, "entered at last");
    CHECK(section != NULL && section->entered == 5);
    CHECK(session_rig_section(&rig, "no section") == NULL);
    CHECK(session_rig_section(&rig, "self-test") == NULL);
    CHECK_EQUAL(rig.session->images[0].entries, 10);
    end();
    chi_session_image_begin();
}

/* Marks that take each other's place in what a thread remembers, and more than are remembered. */
TEST(g09_many_marks) {
    static ch_hot_mark marks[3 * CHI_SEEN_MAX];
    begin();
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 3 * CHI_SEEN_MAX; i++) {
            marks[i] = (ch_hot_mark){"many", "f.c", "f", i, CH_OP_HEAP};
            ch_hot_leave(ch_hot_enter(&marks[i], &round));
        }
    }
    size_t entered = 0;
    for (size_t i = 0; i < CHI_SESSION_SECTIONS; i++) {
        entered += rig.session->sections[i].entered;
    }
    CHECK_EQUAL(entered, 3 * CHI_SEEN_MAX);
    end();
}

/* A library was closed and another one lies in its place: the mark's address says nothing. */
TEST(g09_mark_in_the_place_of_another) {
    static ch_hot_mark mark = {"first", "f.c", "f", 1, CH_OP_HEAP};
    begin();
    chi_session_mark_entered(&mark);
    mark = (ch_hot_mark){"second", "f.c", "f", 1, CH_OP_HEAP};
    chi_session_mark_entered(&mark);
    CHECK(session_rig_section(&rig, "first") != NULL);
    CHECK(session_rig_section(&rig, "second") != NULL);
    end();
}

TEST(g24_seal_is_a_section_of_the_session) {
    begin();
    chi_session_image_begin();
    CHECK(ch_seal("ready"));
    CHECK(ch_unseal());
    const chi_session_section *section = session_rig_section(&rig, "seal:ready");
    CHECK(section != NULL && section->entered == 1);
    const chi_session_image *image = &rig.session->images[0];
    CHECK_EQUAL(image->sealed, 1);
    CHECK_TEXT(image->seal, "ready");
    CHECK(image->seal_ns > 0);
    end();
    chi_session_image_begin();
}

/* ---- violations ---- */

static uint32_t put(const void *const *frames, size_t count, uint32_t section, uint32_t op) {
    const ch_violation violation = {.section = "tick",
                                    .call = "malloc",
                                    .frames = frames,
                                    .frame_count = count,
                                    .size_bytes = 24,
                                    .align = 8,
                                    .op = op,
                                    .depth = 2,
                                    .thread = 77};
    const chi_session_details details = {
        .violation = &violation, .found = CHI_FOUND_CALL, .section = section};
    chi_places *places = chi_places_locate(frames, count);
    const uint32_t row = chi_session_violation_row(&details, places);
    if (places != NULL) {
        chi_places_done(places);
    }
    return row;
}

static const void *code(size_t offset) {
    return (const char *)(uintptr_t)put + 1 + offset;
}

TEST(g17_same_frames_same_row) {
    begin();
    const void *one[] = {code(0), code(8)};
    const void *other[] = {code(0), code(9)};
    const uint32_t row = put(one, 2, 1, CH_OP_ALLOC);
    CHECK(row != 0);
    CHECK_EQUAL(put(one, 2, 1, CH_OP_ALLOC), row);
    CHECK(put(other, 2, 1, CH_OP_ALLOC) != row);
    CHECK(put(one, 1, 1, CH_OP_ALLOC) != row);
    CHECK(put(one, 2, 2, CH_OP_ALLOC) != row);
    CHECK(put(one, 2, 1, CH_OP_FREE) != row);
    chi_session_violation_add(row);
    chi_session_violation_add(row);
    chi_session_violation_add(0);
    CHECK_EQUAL(rig.session->violations, 3);
    CHECK_EQUAL(rig.session->unplaced, 1);
    const chi_session_violation *v = &rig.session->violations_by_place[row - 1];
    CHECK_EQUAL(v->count, 2);
    CHECK_EQUAL(v->frame_count, 2);
    CHECK_EQUAL(v->size_bytes, 24);
    CHECK_EQUAL(v->align, 8);
    CHECK_EQUAL(v->depth, 2);
    CHECK_EQUAL(v->thread, 77);
    CHECK_EQUAL(v->process, getpid());
    CHECK_TEXT(v->call, "malloc");
    CHECK(v->thread_name[0] != 0);
    end();
}

/* The frame's module is this program, and its offset that of the ELF file. */
TEST(g17_frames_are_module_and_offset) {
    begin();
    const void *frames[] = {code(0), (const void *)16, code(8)};
    const uint32_t row = put(frames, 3, 1, CH_OP_ALLOC);
    const chi_session_frame *f = rig.session->violations_by_place[row - 1].frames;
    CHECK_EQUAL(f[1].module, 0);
    CHECK_EQUAL(f[1].offset, 16);
    CHECK_EQUAL(f[0].module, f[2].module);
    CHECK_EQUAL(f[2].offset - f[0].offset, 8);
    const chi_session_module *module = &rig.session->modules[f[0].module - 1];
    CHECK_EQUAL(module->state, CHI_ROW_READY);
    CHECK(strstr(module->path, "session_test") != NULL);
    CHECK(module->build_id_size > 0);
    char line[512];
    snprintf(line, sizeof line, "nm %s | grep -q '^0*%llx t put$'", module->path,
             (unsigned long long)f[0].offset - 1);
    CHECK_EQUAL(system(line), 0);
    end();
}

TEST(g17_more_violations_than_rows) {
    begin();
    uint32_t placed = 0;
    for (uintptr_t i = 0; i < CHI_SESSION_VIOLATIONS + 10; i++) {
        const void *frame = (const void *)(i + 1);
        placed += put(&frame, 1, 1, CH_OP_ALLOC) != 0;
    }
    CHECK_EQUAL(placed, CHI_SESSION_VIOLATIONS);
    end();
}

#define THREADS 4
#define LINES   300

static void *fill_tables(void *nothing) {
    (void)nothing;
    for (uint32_t line = 0; line < LINES; line++) {
        const uint32_t section = chi_session_section_find("race", "f.c", line, "f");
        chi_session_section_entered(section);
        const void *frame = (const void *)(uintptr_t)(line + 1);
        chi_session_violation_add(put(&frame, 1, section, CH_OP_ALLOC));
    }
    return NULL;
}

TEST(g17_threads_meet_in_the_same_rows) {
    begin();
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK_EQUAL(pthread_create(&threads[i], NULL, fill_tables, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    size_t sections = 0;
    for (size_t i = 0; i < CHI_SESSION_SECTIONS; i++) {
        const chi_session_section *section = &rig.session->sections[i];
        sections += section->key != 0;
        CHECK(section->key == 0 || section->entered == THREADS);
    }
    CHECK_EQUAL(sections, LINES);
    chi_session_violation *first;
    CHECK_EQUAL(session_rig_violations(&rig, &first), LINES);
    CHECK_EQUAL(first->count, THREADS);
    CHECK_EQUAL(rig.session->violations, THREADS * LINES);
    end();
}
