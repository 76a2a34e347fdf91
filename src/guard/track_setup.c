/* track_setup.c: the tracker's file and its life: made at load, again in a fork child, brought up
 * to date at marks and at the end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "track.h"

#include "next.h"
#include "text.h"
#include "track_block.h"

#define PAGE_BYTES       4096u
#define SITES_LEAST      16u
#define FRAMES_LEAST     4u /* room for wrappers in front of the call site */
#define INDEX_BITS_LEAST 8u
#define TABLES_LEAST     2u
#define ROOM_BYTES       ((uint64_t)64 << 20)

static chi_session_config settings;

/* Of the process that is tracked; to be given back by its fork children. */
static void *mapped;
static size_t mapped_bytes;
static size_t index_bytes;
static size_t memos_bytes;
static bool trailers;

uint32_t chi_track_tables_wanted = CHI_TRACK_TABLES;
bool chi_track_trailers_wanted = true;

_Alignas(PAGE_BYTES) chi_track_page chi_track_plan_page;
_Static_assert(sizeof(chi_track_page) == PAGE_BYTES, "one page, or it would wipe its neighbours");

uint64_t chi_track_now_ns(void) {
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) {
        return 0;
    }
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* ---- the file ---- */

static uint64_t round_up(uint64_t value, uint64_t step) {
    return (value + step - 1) / step * step;
}

static void lay_out(chi_track_record *r, uint32_t tables) {
    *r = (chi_track_record){.magic = 0, .version = CHI_TRACK_VERSION, .bytes = sizeof *r};
    r->process = (int32_t)getpid();
    r->depth = settings.track_depth != 0 ? settings.track_depth : 1;
    r->depth = r->depth <= CHI_TRACK_FRAMES_MAX ? r->depth : CHI_TRACK_FRAMES_MAX;
    r->frames_max = r->depth > FRAMES_LEAST ? r->depth : FRAMES_LEAST;
    r->sites_max = settings.track_sites != 0 ? settings.track_sites : CHI_TRACK_SITES_DEFAULT;
    r->sites_max = r->sites_max > SITES_LEAST ? r->sites_max : SITES_LEAST;
    r->sites_max = r->sites_max < CHI_TRACK_SITES_MAX ? r->sites_max : CHI_TRACK_SITES_MAX;
    r->site_count = CHI_TRACK_SITE_FIRST;
    r->tables = 1;
    r->tables_max = tables;
    r->exact_peak = settings.track_exact_peak != 0;
    r->lifetimes = settings.track_lifetimes != 0;
    r->sample_bytes = settings.track_sample_bytes;
    r->counter_bytes =
        (uint32_t)(sizeof(chi_track_counters) + (r->lifetimes ? sizeof(chi_track_lifetimes) : 0));
    r->modules_offset = round_up(sizeof *r, PAGE_BYTES);
    r->sites_offset =
        round_up(r->modules_offset + CHI_TRACK_MODULES * sizeof(chi_track_module), PAGE_BYTES);
    r->site_bytes = sizeof(chi_track_site_row) + r->frames_max * sizeof(uint64_t);
    r->tables_offset = round_up(r->sites_offset + r->sites_max * r->site_bytes, PAGE_BYTES);
    r->tail_offset = round_up((uint64_t)r->sites_max * r->counter_bytes, 64);
    r->table_bytes = round_up(r->tail_offset + sizeof(chi_track_tail), PAGE_BYTES);
    r->file_bytes = r->tables_offset + tables * r->table_bytes;
}

/* "%p" in the path becomes the process id, "%%" a percent sign. False if it does not fit. */
static bool name_file(char *path, size_t size_bytes, bool *has_process) {
    size_t used = 0;
    *has_process = false;
    for (const char *c = settings.track_path; *c != 0; c++) {
        if (c[0] == '%' && c[1] == 'p') {
            uint32_t process = (uint32_t)getpid();
            char digits[10];
            size_t count = 0;
            do {
                digits[count++] = (char)('0' + process % 10);
                process /= 10;
            } while (process != 0);
            if (used + count >= size_bytes) {
                return false;
            }
            while (count > 0) {
                path[used++] = digits[--count];
            }
            *has_process = true;
            c++;
            continue;
        }
        c += c[0] == '%' && c[1] == '%';
        if (used + 1 >= size_bytes) {
            return false;
        }
        path[used++] = *c;
    }
    path[used] = 0;
    return used > 0;
}

/* A name that does not depend on the folder: fork children may be in another one by the time they
 * need it. Where that cannot be, it stays as it is. */
static void make_absolute(char *path, size_t size_bytes) {
    char folder[CHI_SESSION_PATH_BYTES];
    char whole[CHI_SESSION_PATH_BYTES];
    const size_t length = strlen(path);
    size_t used = 0;
    if (path[0] == '/' || getcwd(folder, sizeof folder) == NULL) {
        return;
    }
    for (const char *c = folder; *c != 0 && used + 2 < sizeof whole; c++) {
        whole[used++] = *c;
        if (*c == '%') {
            whole[used++] = '%';
        }
    }
    if (used + 1 + length < sizeof whole && used + 1 + length < size_bytes) {
        whole[used++] = '/';
        memcpy(whole + used, path, length + 1);
        memcpy(path, whole, used + length + 1);
    }
}

/* A record of a process that is still there must not be lost: that of the program that started
 * this one, with the same settings. */
static bool is_in_use(const char *path) {
    chi_track_record other;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    const bool read_it = read(fd, &other, sizeof other) == (ssize_t)sizeof other;
    close(fd);
    return read_it && other.magic == CHI_TRACK_MAGIC && other.process != (int32_t)getpid() &&
           other.ended == 0 && (kill(other.process, 0) == 0 || errno == EPERM);
}

/* The file is a new one: whoever reads or writes an old one of this name keeps it. */
static int make_file(const char *path) {
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISREG(status.st_mode)) {
        (void)unlink(path);
    }
    return open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
}

/* The file is full of holes: what it takes is known only when it is written to, and a file system
 * that is full then ends the program. So some room must be there from the start. */
static bool has_room(int fd, const chi_track_record *layout) {
    struct statvfs status;
    const uint64_t some = layout->tables_offset + TABLES_LEAST * layout->table_bytes;
    const uint64_t needed = some < ROOM_BYTES ? some : ROOM_BYTES;
    return fstatvfs(fd, &status) != 0 || (uint64_t)status.f_bavail * status.f_frsize >= needed;
}

/* Asked for more than the limit, the kernel would send a signal. */
static bool set_length(int fd, uint64_t size_bytes) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && size_bytes > limit.rlim_cur) {
        return false;
    }
    return ftruncate(fd, (off_t)size_bytes) == 0;
}

/* As many tables as file and address space have room for. */
static bool map_file(int fd, chi_track_record *layout) {
    for (uint32_t tables = chi_track_tables_wanted; tables >= TABLES_LEAST; tables /= 2) {
        lay_out(layout, tables);
        mapped_bytes = layout->file_bytes;
        if (!has_room(fd, layout) || !set_length(fd, layout->file_bytes)) {
            continue;
        }
        mapped =
            mmap(NULL, mapped_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
        if (mapped != MAP_FAILED) {
            return true;
        }
    }
    mapped = NULL;
    return false;
}

static void *map_private(size_t size_bytes) {
    void *memory = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

static void read_command(chi_track_record *record) {
    const int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!read(fd, record->command, sizeof record->command - 1);
        close(fd);
    }
}

/* ---- what glibc's blocks look like ---- */

#if defined(CHI_GUARD_NEXT_DLSYM) || defined(CHI_GUARD_HOOKS)

static bool trailers_possible(void) {
    return false;
}

#else

static bool looks_right(void *block) {
    const bool right =
        block != NULL && chi_chunk_usable(chi_chunk_head(block)) == chi_next_usable_size(block);
    chi_next_free(block);
    return right;
}

/* The chunk header is glibc's own affair: it is read only if it says what malloc_usable_size says,
 * for blocks of all kinds. Answers of 0 come from programs where that is not to be found. */
static bool trailers_possible(void) {
    static const size_t sizes[] = {1, 24, 25, 64, 1000, 70000, 1000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (!looks_right(chi_next_malloc(sizes[i])) ||
            !looks_right(chi_next_memalign(PAGE_BYTES, sizes[i]))) {
            return false;
        }
    }
    return true;
}

#endif

/* ---- arming ---- */

static uint64_t make_salt(void) {
    uint64_t salt = chi_track_now_ns() * CHI_TRAILER_MIX;
    salt ^= (uint64_t)getpid() << 32 ^ (uint64_t)(uintptr_t)mapped;
    return salt * CHI_TRAILER_MIX;
}

/* Memory that is not there is only missed. */
static void make_memos(chi_track_plan *plan) {
    if (plan->depth > 1) {
        memos_bytes = plan->record->tables_max * CHI_TRACK_MEMOS_BYTES;
        plan->memos = (uint8_t *)map_private(memos_bytes);
    }
}

static bool make_index(chi_track_plan *plan) {
    uint32_t bits = INDEX_BITS_LEAST;
    while ((UINT64_C(1) << bits) < 4 * (uint64_t)plan->sites_max) {
        bits++;
    }
    index_bytes = sizeof(uint64_t) << bits;
    plan->index_shift = 64 - bits;
    plan->index = (uint64_t *)map_private(index_bytes);
    if (plan->options & CHI_TRACK_EXACT_PEAK) {
        plan->exact_live = (int64_t *)map_private(plan->sites_max * sizeof(int64_t));
        return plan->index != NULL && plan->exact_live != NULL;
    }
    return plan->index != NULL;
}

static void ready_rows(chi_track_record *record) {
    for (uint32_t site = 0; site < CHI_TRACK_SITE_FIRST; site++) {
        chi_track_site_row *row = chi_track_site_row_at(record, site);
        row->key = site + 1;
        row->state = CHI_ROW_READY;
    }
}

static chi_track_plan make_plan(chi_track_record *record) {
    chi_track_plan plan = {.record = record};
    plan.tables = (uint8_t *)record + record->tables_offset;
    plan.row_bytes = record->counter_bytes;
    plan.sites_max = record->sites_max;
    plan.depth = record->depth;
    plan.sample_bytes = record->sample_bytes;
    plan.salt = make_salt();
    plan.options = (record->lifetimes ? CHI_TRACK_LIFETIMES : 0) |
                   (record->exact_peak ? CHI_TRACK_EXACT_PEAK : 0) |
                   (record->sample_bytes != 0 ? CHI_TRACK_SAMPLED : 0);
    if (trailers && chi_track_trailers_wanted) {
        const bool timed = (plan.options & (CHI_TRACK_LIFETIMES | CHI_TRACK_SAMPLED)) != 0;
        plan.trailer_bytes = CHI_TRAILER_BYTES * (timed ? 2 : 1);
    }
    plan.hot = plan.trailer_bytes == CHI_TRAILER_BYTES && plan.options == 0 ? plan.depth : 0;
    return plan;
}

/* What is found out by calls that a fork child should not make: it has it from its parent. */
static void find_out_once(void) {
    static bool known;
    if (!known) {
        known = true;
        trailers = trailers_possible();
        chi_track_wrappers_find();
    }
}

static const char *start(int fd) {
    chi_track_record layout;
    if (!map_file(fd, &layout)) {
        return "no room for the tracker's file";
    }
    chi_track_record *record = (chi_track_record *)mapped;
    *record = layout;
    record->start_ns = chi_track_now_ns();
    read_command(record);
    ready_rows(record);
    (void)madvise(&chi_track_plan_page, PAGE_BYTES, MADV_WIPEONFORK);
    find_out_once();
    chi_track_plan plan = make_plan(record);
    if (!make_index(&plan) || !chi_track_address_init()) {
        return "no memory for the tracker";
    }
    make_memos(&plan);
    *CHI_PLAN = plan;
    chi_track_modules_see(0);
    __atomic_store_n(&record->magic, CHI_TRACK_MAGIC, __ATOMIC_RELEASE);
    __atomic_or_fetch(&chi_guard_flags, CHI_FLAG_TRACKING, __ATOMIC_RELEASE);
    return NULL;
}

const char *chi_track_arm(const chi_session_config *config) {
    settings = *config;
    char path[CHI_SESSION_PATH_BYTES + 16];
    bool has_process;
    if (config->track == 0) {
        return NULL;
    }
    make_absolute(settings.track_path, sizeof settings.track_path);
    if (!name_file(path, sizeof path, &has_process)) {
        return "the name of the tracker's file is empty or too long";
    }
    if (!has_process && is_in_use(path)) {
        return NULL;
    }
    const int fd = make_file(path);
    if (fd < 0) {
        return "the tracker's file cannot be made";
    }
    const char *why = start(fd);
    close(fd);
    return why;
}

/* ---- fork ---- */

static void turn_off(void) {
    __atomic_and_fetch(&chi_guard_flags, ~CHI_FLAG_TRACKING, __ATOMIC_RELAXED);
}

void chi_track_stop(void) {
    turn_off();
    if (mapped != NULL) {
        (void)munmap(mapped, mapped_bytes);
        (void)munmap(CHI_PLAN->index, index_bytes);
        mapped = NULL;
    }
    if (CHI_PLAN->memos != NULL) {
        (void)munmap(CHI_PLAN->memos, memos_bytes);
    }
    if (CHI_PLAN->exact_live != NULL) {
        (void)munmap(CHI_PLAN->exact_live, CHI_PLAN->sites_max * sizeof(int64_t));
    }
    *CHI_PLAN = (chi_track_plan){0};
    chi_track_tables_forget();
    chi_track_modules_forget();
}

/* The child has the plan's page empty, all else as the parent had it, and one thread. */
bool chi_track_forked(void) {
    const int errno_before = errno;
    char path[CHI_SESSION_PATH_BYTES + 16];
    bool has_process = false;
    turn_off();
    if (mapped != NULL) {
        (void)munmap(mapped, mapped_bytes);
        mapped = NULL;
    }
    chi_track_tables_forget();
    chi_track_modules_forget();
    if (name_file(path, sizeof path, &has_process) && has_process) {
        (void)chi_track_arm(&settings);
    }
    errno = errno_before;
    return CHI_PLAN->index != NULL;
}
