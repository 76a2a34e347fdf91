/** session.h: the memory that `coldheap check|track` and the run times in all processes that it
 * starts share: what to do (config, rules), which process images armed themselves, which sections
 * were entered, and every violation. It is a file of this fixed layout, mapped shared by everybody,
 * so what is written survives _exit, abort and SIGKILL. The command makes it (a memfd that the run
 * time opens as /proc/PID/fd/N, named by COLDHEAP=session=PATH).
 *
 *    header | config | rules | images | sections | modules | violations
 *
 *  The one idea: rows are taken by an atomic counter or by their key, filled, then published by
 * storing `state` with release; nobody ever waits for anybody. A table that is full counts what it
 * dropped. Both sides include this file: fixed widths, no pointers. */
#ifndef CH_GUARD_SESSION_H
#define CH_GUARD_SESSION_H

#include <stdint.h>

#define CHI_SESSION_MAGIC   UINT64_C(0x3170616568646c63) /* "cldheap1" */
#define CHI_SESSION_VERSION 1u

#define CHI_SESSION_PATH_BYTES 512u
#define CHI_SESSION_NAME_BYTES 128u
#define CHI_SESSION_FRAMES     32u
#define CHI_SESSION_RULES      512u
#define CHI_SESSION_IMAGES     4096u
#define CHI_SESSION_SECTIONS   2048u
#define CHI_SESSION_MODULES    1024u
#define CHI_SESSION_VIOLATIONS 2048u
#define CHI_SESSION_SYSCALLS   512u

/** States of a row. */
#define CHI_ROW_FREE    0u
#define CHI_ROW_WRITING 1u
#define CHI_ROW_READY   2u

/** When the process is sealed without being rebuilt; bits of config.seal_on. */
#define CHI_SEAL_ON_MAIN       0x001u
#define CHI_SEAL_ON_LISTEN     0x002u
#define CHI_SEAL_ON_ACCEPT     0x004u
#define CHI_SEAL_ON_POLL       0x008u
#define CHI_SEAL_ON_SELECT     0x010u
#define CHI_SEAL_ON_EPOLL_WAIT 0x020u
#define CHI_SEAL_ON_SIGWAIT    0x040u
#define CHI_SEAL_ON_PAUSE      0x080u
#define CHI_SEAL_ON_NANOSLEEP  0x100u
#define CHI_SEAL_ON_SIGUSR2    0x200u
#define CHI_SEAL_ON_AFTER      0x400u /* config.seal_after_ns */

#define CHI_FAULTS_OFF    0u
#define CHI_FAULTS_COUNT  1u
#define CHI_FAULTS_LOCATE 2u

/** What every image is told; taken literally (depth 0: no frames). */
typedef struct chi_session_config {
    uint32_t mode;        /* ch_guard_mode */
    uint32_t depth;       /* frames of a report, at most CHI_SESSION_FRAMES */
    uint32_t max_reports; /* printed in full, by all images together */
    uint32_t ops;         /* CH_OP_ bits that hot marks and the seal deny besides the heap's: MAP */
    uint32_t seal_on;     /* CHI_SEAL_ON_ bits */
    uint32_t seal_exit_strict; /* exit and return from main do not end the seal */
    uint64_t seal_after_ns;
    uint32_t hot_marked; /* functions in section ch_hot_text are hot ranges */
    uint32_t
        hot_required; /* the first image: a HOT rule without a match refuses (98) before main */
    uint32_t check_syscalls; /* hot scopes deny CH_OP_SYSCALL, but for those of syscalls_allowed */
    uint32_t check_faults;   /* CHI_FAULTS_ */
    uint32_t quiet;          /* the run time prints nothing: the command reports from the rows */
    uint32_t partial_ok;
    uint8_t syscalls_allowed[CHI_SESSION_SYSCALLS / 8];
    uint32_t track;       /* the tracker is on; its own record: track_record.h */
    uint32_t track_depth; /* 1, 8, 32 frames as key */
    uint32_t track_sites; /* rows; 0: default */
    uint32_t track_exact_peak;
    uint32_t track_lifetimes;
    uint32_t track_since_seal;
    uint64_t track_sample_bytes;             /* 0: every call */
    char track_path[CHI_SESSION_PATH_BYTES]; /* "%p" stands for the process id */
} chi_session_config;

#define CHI_RULE_ALLOW 1u /* a suppression: section, ops, stack, max */
#define CHI_RULE_HOT                                                                               \
    2u /* functions that are hot by name: module, function; or by address: module, offset, bytes   \
        */
#define CHI_RULE_WATCH 3u /* as HOT, for an assumption `effect NAME none` of a policy */

/** One rule; globs may be empty (no condition). The run time adds to hits and matches only. */
typedef struct chi_session_rule {
    uint32_t kind; /* CHI_RULE_, 0: end of the rules */
    uint32_t ops;  /* CH_OP_ bits; 0: all */
    uint32_t by_address;
    uint32_t line;    /* of the file it was read from; 0: command line */
    uint64_t max;     /* ALLOW: hits above are violations again; 0: no limit */
    uint64_t hits;    /* calls it allowed (ALLOW), or found below (HOT, WATCH) */
    uint64_t matches; /* HOT, WATCH: functions found in all images */
    uint64_t offset;  /* by_address: ELF address in the module, and its length */
    uint64_t bytes;
    char section[CHI_SESSION_NAME_BYTES];  /* glob */
    char stack[CHI_SESSION_NAME_BYTES];    /* glob on any frame's function */
    char module[CHI_SESSION_NAME_BYTES];   /* glob on the file name */
    char function[CHI_SESSION_NAME_BYTES]; /* glob, mangled or demangled */
    char why[CHI_SESSION_NAME_BYTES];
} chi_session_rule;

#define CHI_IMAGE_EXPECTED 1u /* somebody called exec or spawn for it */
#define CHI_IMAGE_ARMED    2u
#define CHI_IMAGE_REFUSED  3u /* it came to load and could not be armed; why says what */
#define CHI_IMAGE_GONE     4u /* the exec or spawn failed: not expected any more */

/** One process image. Rows are in the order of events (their index). For a process id only the last
 *  row that is not GONE counts. */
typedef struct chi_session_image {
    uint32_t state;  /* CHI_IMAGE_, stored last */
    int32_t process; /* spawn: 0 until it returned */
    uint32_t ended;  /* it came to exit with teardown; status is what the program wanted */
    int32_t status;
    uint32_t sealed;     /* the seal began */
    uint32_t mechanisms; /* CHI_MECHANISM_ */
    uint64_t violations;
    uint64_t suppressed;
    uint64_t entries;     /* of hot scopes, as far as counted: 0 means that none was ever entered */
    uint64_t init_allocs; /* before the seal; while a seal is awaited the process is counted */
    uint64_t init_bytes;
    uint64_t seal_ns;      /* CLOCK_MONOTONIC; seal_on AFTER: known from the start, and the image
                              counts as sealed from then on even if sealed is 0 (it made no call) */
    uint64_t faults_minor; /* inside hot scopes */
    uint64_t faults_major;
    char seal[CHI_SESSION_NAME_BYTES]; /* its name, or the call that began it */
    char path[CHI_SESSION_PATH_BYTES];
    char why[CHI_SESSION_NAME_BYTES];
    char notes[CHI_SESSION_NAME_BYTES]; /* ARMED, but partial: a heap beside malloc */
} chi_session_image;

#define CHI_MECHANISM_HOOKS    0x01u /* beside a sanitizer */
#define CHI_MECHANISM_DISPATCH 0x02u /* syscall user dispatch */
#define CHI_MECHANISM_RUSAGE   0x04u
#define CHI_MECHANISM_PERF     0x08u

/** One section: a mark with its place, or a seal ("seal:NAME"), or a function hot by name
 *  ("fn:NAME"). Key: name, file, line. */
typedef struct chi_session_section {
    uint32_t state;
    uint32_t line;
    uint64_t key;
    uint64_t entered; /* how many threads have entered it at least once; 0: known, never entered */
    uint64_t violations;
    uint64_t calls[3]; /* denied ones, by alloc, free, realloc */
    uint64_t bytes;
    char name[CHI_SESSION_NAME_BYTES];
    char file[CHI_SESSION_PATH_BYTES];
    char func[CHI_SESSION_NAME_BYTES];
    uint64_t faults_minor; /* while it was the outermost one; CHI_FAULTS_COUNT */
    uint64_t faults_major;
} chi_session_section;

/** One file that code came from. Key: path and build id. */
typedef struct chi_session_module {
    uint32_t state;
    uint32_t build_id_size;
    uint64_t key;
    uint8_t build_id[32];
    char path[CHI_SESSION_PATH_BYTES];
} chi_session_module;

/** All are looked up one byte before: the first frame of a system call is the address behind the
 *  instruction, that of a page fault the address of the instruction and 1. */
typedef struct chi_session_frame {
    uint64_t offset; /* ELF address of the return address in the module; no module: the address */
    uint32_t module; /* index + 1; 0: in no file */
    uint32_t unused;
} chi_session_frame;

#define CHI_FOUND_CALL    1u /* a heap or mapping call */
#define CHI_FOUND_SYSCALL 2u
#define CHI_FOUND_FAULT   3u
#define CHI_FOUND_REFUTED 4u /* a heap call below a function that a policy says makes none */

/** Violations of one kind at one place. Key: section, op, and the frames by module and offset, so
 *  that images of the same program meet in one row. Details are those of the first one. */
typedef struct chi_session_violation {
    uint32_t state;
    uint32_t found; /* CHI_FOUND_ */
    uint64_t key;
    uint64_t count;
    uint32_t section; /* index + 1 */
    uint32_t op;      /* CH_OP_ bit */
    int32_t process;
    int32_t thread;
    uint32_t depth; /* open scopes */
    uint32_t frame_count;
    uint64_t size_bytes;
    uint64_t align;
    uint64_t address;         /* pointer given; data address of a fault */
    uint64_t sealed_ns;       /* since the seal */
    uint32_t number;          /* of a system call */
    uint32_t rule;            /* HOT, WATCH: index + 1 */
    uint32_t allocated_count; /* frames of the place that allocated what is freed, if tracked */
    uint32_t unused;
    char call[32]; /* "malloc", "getpid", "page fault" */
    char thread_name[16];
    chi_session_frame frames[CHI_SESSION_FRAMES];
    chi_session_frame allocated[CHI_SESSION_FRAMES];
} chi_session_violation;

typedef struct chi_session {
    uint64_t magic;
    uint32_t version;
    uint32_t bytes;       /* of this struct: both sides were built from the same file */
    int32_t command;      /* process id of the command */
    uint32_t image_count; /* rows taken, may exceed CHI_SESSION_IMAGES */
    uint64_t violations;  /* all, also those without a row */
    uint64_t unplaced;    /* violations that found no row */
    uint64_t sections_dropped;
    uint64_t modules_dropped;
    uint32_t reports; /* printed by run times */
    uint32_t unused;
    chi_session_config config;
    chi_session_rule rules[CHI_SESSION_RULES];
    chi_session_image images[CHI_SESSION_IMAGES];
    chi_session_section sections[CHI_SESSION_SECTIONS];
    chi_session_module modules[CHI_SESSION_MODULES];
    chi_session_violation violations_by_place[CHI_SESSION_VIOLATIONS];
} chi_session;

#endif
