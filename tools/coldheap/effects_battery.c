/* effects_battery.c: a row a case: X(function, label, before, statement). Compiled without built-in
 * functions, so that every call is one. See effects_battery.h. */
#include "effects_battery.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <iconv.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <locale.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <regex.h>
#include <search.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

/* Everything that a call gives goes here, so that no call can be left out. */
static volatile uintmax_t sum;
static char bytes[4096];
static char other[4096];
static wchar_t wide[64];
static int numbers[1024];
static FILE *file;
static int null_fd = -1;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t robust;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t first_key;
static pthread_key_t far_key;
static sem_t semaphore;
static void *tree;

static int compare(const void *left, const void *right) {
    const int *a = left;
    const int *b = right;
    return (*a > *b) - (*a < *b);
}

static void nothing(void) {
}

static void on_signal(int number) {
    sum += (uintmax_t)number;
}

static void *thread_body(void *argument) {
    return argument;
}

/* ---- what calls need ---- */

static void before_numbers(void) {
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        numbers[i] = (int)((i * 7919) % 1009);
    }
}

static void before_text(void) {
    static const char text[] = "The quick brown fox, 12345 6.5e3 0x2a jumps over";
    memcpy(bytes, text, sizeof text);
    memcpy(other, text, sizeof text);
}

static void before_null(void) {
    null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
}

static void before_file(void) {
    file = fopen("/dev/null", "r+e");
}

/* A stream with a buffer of its own never asks for one. */
static void before_buffered(void) {
    static char buffer[BUFSIZ];
    before_file();
    if (file != NULL) {
        (void)setvbuf(file, buffer, _IOFBF, sizeof buffer);
    }
}

static void before_keys(void) {
    (void)pthread_key_create(&first_key, NULL);
    far_key = first_key;
    for (size_t i = 0; i < 40; i++) {
        (void)pthread_key_create(&far_key, NULL);
    }
}

static void before_semaphore(void) {
    (void)sem_init(&semaphore, 0, 1000);
}

static void before_spin(void) {
    (void)pthread_spin_init(&spin, 0);
}

static void before_robust(void) {
    pthread_mutexattr_t how;
    (void)pthread_mutexattr_init(&how);
    (void)pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST);
    (void)pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_INHERIT);
    (void)pthread_mutex_init(&robust, &how);
}

static void call_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, thread_body, NULL) == 0) {
        (void)pthread_join(thread, NULL);
    }
}

static void call_longjmp(void) {
    jmp_buf place;
    if (setjmp(place) == 0) {
        longjmp(place, 1);
    }
    sum++;
}

static void call_directory(void) {
    DIR *folder = opendir("/proc/self/fd");
    if (folder != NULL) {
        (void)closedir(folder);
    }
}

static void call_file(void) {
    FILE *opened = fopen("/dev/null", "re");
    if (opened != NULL) {
        (void)fclose(opened);
    }
}

static void call_getline(void) {
    char *line = NULL;
    size_t size = 0;
    if (file != NULL) {
        sum += (uintmax_t)getline(&line, &size, file);
    }
    free(line);
}

static void call_asprintf(void) {
    char *text = NULL;
    sum += (uintmax_t)asprintf(&text, "%d", 42);
    free(text);
}

static void call_regcomp(void) {
    regex_t compiled;
    if (regcomp(&compiled, "a[bc]*d", REG_EXTENDED) == 0) {
        regfree(&compiled);
    }
}

static void call_iconv_open(void) {
    iconv_t how = iconv_open("UTF-8", "ISO-8859-1");
    if (how != (iconv_t)-1) {
        (void)iconv_close(how);
    }
}

static void call_scan_allocating(void) {
    char *word = NULL;
    sum += (uintmax_t)sscanf("word", "%ms", &word);
    free(word);
}

static void call_setenv(void) {
    sum += (uintmax_t)setenv("COLDHEAP_BATTERY", "a value", 1);
}

static void call_writev(void) {
    struct iovec parts[2] = {{bytes, 8}, {other, 8}};
    sum += (uintmax_t)writev(null_fd, parts, 2);
}

static void call_poll(void) {
    struct pollfd waits = {.fd = null_fd, .events = POLLIN};
    sum += (uintmax_t)poll(&waits, 1, 0);
}

static void call_sigaction(void) {
    struct sigaction how = {.sa_handler = on_signal};
    sum += (uintmax_t)sigaction(SIGUSR1, &how, NULL);
}

static void call_strtok_r(void) {
    char *rest = NULL;
    before_text();
    for (char *word = strtok_r(bytes, " ,", &rest); word != NULL;
         word = strtok_r(NULL, " ,", &rest)) {
        sum++;
    }
}

static void call_gmtime_r(void) {
    time_t when = 1700000000;
    struct tm parts;
    sum += (uintmax_t)(gmtime_r(&when, &parts) != NULL);
}

static void call_localtime_r(void) {
    time_t when = 1700000000;
    struct tm parts;
    sum += (uintmax_t)(localtime_r(&when, &parts) != NULL);
}

static void call_mktime(void) {
    struct tm parts = {.tm_year = 123, .tm_mon = 4, .tm_mday = 6};
    sum += (uintmax_t)mktime(&parts);
}

static void call_timegm(void) {
    struct tm parts = {.tm_year = 123, .tm_mon = 4, .tm_mday = 6};
    sum += (uintmax_t)timegm(&parts);
}

static void call_strftime(void) {
    struct tm parts = {.tm_year = 123, .tm_mon = 4, .tm_mday = 6};
    sum += strftime(bytes, sizeof bytes, "%Y-%m-%d %H:%M:%S", &parts);
}

static void call_clock_gettime(void) {
    struct timespec now;
    sum += (uintmax_t)clock_gettime(CLOCK_MONOTONIC, &now);
}

static void call_gettimeofday(void) {
    struct timeval now;
    sum += (uintmax_t)gettimeofday(&now, NULL);
}

static void call_nanosleep(void) {
    struct timespec one = {.tv_nsec = 1};
    sum += (uintmax_t)nanosleep(&one, NULL);
}

static void call_getrusage(void) {
    struct rusage usage;
    sum += (uintmax_t)getrusage(RUSAGE_SELF, &usage);
}

static void call_uname(void) {
    struct utsname names;
    sum += (uintmax_t)uname(&names);
}

static void call_stat(void) {
    struct stat status;
    sum += (uintmax_t)stat("/dev/null", &status);
}

static void call_inet_pton(void) {
    struct in_addr address;
    sum += (uintmax_t)inet_pton(AF_INET, "127.0.0.1", &address);
}

static void call_inet_ntop(void) {
    const unsigned char address[16] = {127, 0, 0, 1};
    sum += (uintmax_t)(inet_ntop(AF_INET6, address, bytes, sizeof bytes) != NULL);
}

static void call_mbstowcs(void) {
    sum += mbstowcs(wide, "a few characters", 32);
}

static void call_wcrtomb(void) {
    mbstate_t state = {0};
    sum += wcrtomb(bytes, L'x', &state);
}

static void call_mbrtowc(void) {
    mbstate_t state = {0};
    sum += mbrtowc(wide, "x", 1, &state);
}

static void call_rand_r(void) {
    unsigned seed = 7;
    sum += (uintmax_t)rand_r(&seed);
}

static void call_mutex(void) {
    (void)pthread_mutex_lock(&mutex);
    (void)pthread_mutex_unlock(&mutex);
}

static void call_robust(void) {
    (void)pthread_mutex_lock(&robust);
    (void)pthread_mutex_unlock(&robust);
}

static void call_rwlock(void) {
    (void)pthread_rwlock_rdlock(&rwlock);
    (void)pthread_rwlock_unlock(&rwlock);
}

static void call_spin(void) {
    (void)pthread_spin_lock(&spin);
    (void)pthread_spin_unlock(&spin);
}

static void call_timedwait(void) {
    struct timespec past = {0};
    (void)pthread_mutex_lock(&mutex);
    (void)pthread_cond_timedwait(&condition, &mutex, &past);
    (void)pthread_mutex_unlock(&mutex);
}

static void call_getaddrinfo(void) {
    struct addrinfo *found = NULL;
    const struct addrinfo hint = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    if (getaddrinfo("127.0.0.1", "80", &hint, &found) == 0) {
        freeaddrinfo(found);
    }
}

static void call_attributes(void) {
    pthread_attr_t how;
    if (pthread_getattr_np(pthread_self(), &how) == 0) {
        (void)pthread_attr_destroy(&how);
    }
}

static void call_tsearch(void) {
    sum += (uintmax_t)(tsearch(&numbers[0], &tree, compare) != NULL);
    (void)tdelete(&numbers[0], &tree, compare);
}

/* ---- the rows ---- */

// clang-format off
#define BATTERY_ROWS(X)                                                                            \
    X(strlen_, "strlen", before_text, sum += strlen(bytes))                                        \
    X(strnlen_, "strnlen", before_text, sum += strnlen(bytes, 20))                                 \
    X(strcmp_, "strcmp", before_text, sum += (uintmax_t)strcmp(bytes, other))                      \
    X(strncmp_, "strncmp", before_text, sum += (uintmax_t)strncmp(bytes, other, 9))                \
    X(strcasecmp_, "strcasecmp", before_text, sum += (uintmax_t)strcasecmp(bytes, other))          \
    X(strcoll_, "strcoll", before_text, sum += (uintmax_t)strcoll(bytes, other))                   \
    X(strcpy_, "strcpy", before_text, (void)strcpy(other, bytes))                                  \
    X(strncpy_, "strncpy", before_text, (void)strncpy(other, bytes, 64))                           \
    X(stpcpy_, "stpcpy", before_text, (void)stpcpy(other, bytes))                                  \
    X(strcat_, "strcat", before_text, (void)strcat(other, bytes))                                  \
    X(strchr_, "strchr", before_text, sum += (uintptr_t)strchr(bytes, 'q'))                        \
    X(strrchr_, "strrchr", before_text, sum += (uintptr_t)strrchr(bytes, 'q'))                     \
    X(strstr_, "strstr", before_text, sum += (uintptr_t)strstr(bytes, "fox"))                      \
    X(strspn_, "strspn", before_text, sum += strspn(bytes, "The "))                                \
    X(strpbrk_, "strpbrk", before_text, sum += (uintptr_t)strpbrk(bytes, ",."))                    \
    X(strtok_r_, "strtok_r", NULL, call_strtok_r())                                                \
    X(strdup_, "strdup", before_text, free(strdup(bytes)))                                         \
    X(strndup_, "strndup", before_text, free(strndup(bytes, 9)))                                   \
    X(strerror_1, "strerror known", NULL, sum += strlen(strerror(ENOENT)))                         \
    X(strerror_2, "strerror unknown", NULL, sum += strlen(strerror(12345)))                        \
    X(strsignal_, "strsignal", NULL, sum += strlen(strsignal(SIGINT)))                             \
    X(memcpy_, "memcpy", before_text, (void)memcpy(other, bytes, 300))                             \
    X(memmove_, "memmove", before_text, (void)memmove(bytes + 1, bytes, 300))                      \
    X(mempcpy_, "mempcpy", before_text, (void)mempcpy(other, bytes, 300))                          \
    X(memset_, "memset", NULL, (void)memset(other, 1, 300))                                        \
    X(memcmp_, "memcmp", before_text, sum += (uintmax_t)memcmp(bytes, other, 300))                 \
    X(memchr_, "memchr", before_text, sum += (uintptr_t)memchr(bytes, 'q', 300))                   \
    X(memmem_, "memmem", before_text, sum += (uintptr_t)memmem(bytes, 300, "fox", 3))              \
    X(toupper_, "toupper", NULL, sum += (uintmax_t)toupper('a'))                                   \
    X(isalpha_, "isalpha", NULL, sum += (uintmax_t)(isalpha)('a'))                                 \
    X(atoi_, "atoi", NULL, sum += (uintmax_t)atoi("1234"))                                         \
    X(strtol_, "strtol", NULL, sum += (uintmax_t)strtol("1234", NULL, 0))                          \
    X(strtoul_, "strtoul", NULL, sum += strtoul("0x1234", NULL, 0))                                \
    X(strtod_, "strtod", NULL, sum += (uintmax_t)strtod("6.5e3", NULL))                            \
    X(abs_, "abs", NULL, sum += (uintmax_t)abs(-3))                                                \
    X(div_, "div", NULL, sum += (uintmax_t)div(7, 2).quot)                                         \
    X(rand_, "rand", NULL, sum += (uintmax_t)rand())                                               \
    X(rand_r_, "rand_r", NULL, call_rand_r())                                                      \
    X(random_, "random", NULL, sum += (uintmax_t)random())                                         \
    X(drand48_, "drand48", NULL, sum += (uintmax_t)(drand48() * 100))                              \
    X(qsort_1, "qsort 512 B", before_numbers, qsort(numbers, 128, sizeof(int), compare))           \
    X(qsort_2, "qsort 4 KiB", before_numbers, qsort(numbers, 1024, sizeof(int), compare))          \
    X(bsearch_, "bsearch", NULL,                                                                   \
      sum += (uintptr_t)bsearch(&numbers[3], numbers, 8, sizeof(int), compare))                    \
    X(tsearch_, "tsearch", NULL, call_tsearch())                                                   \
    X(getenv_, "getenv", NULL, sum += (uintptr_t)getenv("NO_SUCH_NAME"))                           \
    X(setenv_, "setenv", NULL, call_setenv())                                                      \
    X(snprintf_1, "snprintf %d %s", NULL,                                                          \
      sum += (uintmax_t)snprintf(bytes, sizeof bytes, "%d %s", 7, "a"))                            \
    X(snprintf_2, "snprintf %f", NULL,                                                             \
      sum += (uintmax_t)snprintf(bytes, sizeof bytes, "%f", 0.1))                                  \
    X(snprintf_3, "snprintf %.2000f", NULL,                                                        \
      sum += (uintmax_t)snprintf(bytes, sizeof bytes, "%.2000f", 0.1))                             \
    X(sscanf_1, "sscanf %d", NULL, sum += (uintmax_t)sscanf("12", "%d", &numbers[0]))              \
    X(sscanf_2, "sscanf %ms", NULL, call_scan_allocating())                                        \
    X(asprintf_, "asprintf", NULL, call_asprintf())                                                \
    X(fopen_, "fopen", NULL, call_file())                                                          \
    X(fprintf_1, "fprintf no buffer yet", before_file,                                             \
      sum += (uintmax_t)fprintf(file, "%d\n", 7))                                                  \
    X(fprintf_2, "fprintf after setvbuf", before_buffered,                                         \
      sum += (uintmax_t)fprintf(file, "%d\n", 7))                                                  \
    X(fwrite_, "fwrite after setvbuf", before_buffered, sum += fwrite("abc", 1, 3, file))          \
    X(fputs_, "fputs no buffer yet", before_file, sum += (uintmax_t)fputs("abc", file))            \
    X(fputc_, "fputc after setvbuf", before_buffered, sum += (uintmax_t)fputc('a', file))          \
    X(fflush_, "fflush", before_buffered, sum += (uintmax_t)fflush(file))                          \
    X(fread_, "fread no buffer yet", before_file, sum += fread(bytes, 1, 8, file))                 \
    X(fgets_, "fgets after setvbuf", before_buffered, sum += (uintptr_t)fgets(bytes, 8, file))     \
    X(getline_, "getline", before_buffered, call_getline())                                        \
    X(opendir_, "opendir", NULL, call_directory())                                                 \
    X(realpath_, "realpath own buffer", NULL,                                                      \
      sum += (uintptr_t)realpath("/proc/self/exe", bytes))                                         \
    X(getcwd_, "getcwd own buffer", NULL, sum += (uintptr_t)getcwd(bytes, sizeof bytes))           \
    X(basename_, "basename", before_text, sum += (uintptr_t)basename(bytes))                       \
    X(fnmatch_, "fnmatch", NULL, sum += (uintmax_t)fnmatch("a*c", "abc", 0))                       \
    X(regcomp_, "regcomp", NULL, call_regcomp())                                                   \
    X(iconv_open_, "iconv_open", NULL, call_iconv_open())                                          \
    X(setlocale_, "setlocale", NULL, sum += (uintptr_t)setlocale(LC_ALL, "C.UTF-8"))               \
    X(gmtime_r_, "gmtime_r", NULL, call_gmtime_r())                                                \
    X(localtime_r_, "localtime_r", NULL, call_localtime_r())                                       \
    X(mktime_, "mktime", NULL, call_mktime())                                                      \
    X(timegm_, "timegm", NULL, call_timegm())                                                      \
    X(strftime_, "strftime", NULL, call_strftime())                                                \
    X(time_, "time", NULL, sum += (uintmax_t)time(NULL))                                           \
    X(clock_, "clock", NULL, sum += (uintmax_t)clock())                                            \
    X(clock_get_, "clock_gettime", NULL, call_clock_gettime())                                     \
    X(gettime_, "gettimeofday", NULL, call_gettimeofday())                                         \
    X(nanosleep_, "nanosleep", NULL, call_nanosleep())                                             \
    X(getpid_, "getpid", NULL, sum += (uintmax_t)getpid())                                         \
    X(getrusage_, "getrusage", NULL, call_getrusage())                                             \
    X(uname_, "uname", NULL, call_uname())                                                         \
    X(sysconf_, "sysconf", NULL, sum += (uintmax_t)sysconf(_SC_NPROCESSORS_ONLN))                  \
    X(getrandom_, "getrandom", NULL, sum += (uintmax_t)getrandom(bytes, 16, 0))                    \
    X(open_, "open", NULL, (void)close(open("/dev/null", O_RDONLY | O_CLOEXEC)))                   \
    X(read_, "read", before_null, sum += (uintmax_t)read(null_fd, bytes, 8))                       \
    X(write_, "write", before_null, sum += (uintmax_t)write(null_fd, bytes, 8))                    \
    X(writev_, "writev", before_null, call_writev())                                               \
    X(lseek_, "lseek", before_null, sum += (uintmax_t)lseek(null_fd, 0, SEEK_SET))                 \
    X(fcntl_, "fcntl", before_null, sum += (uintmax_t)fcntl(null_fd, F_GETFD))                     \
    X(stat_, "stat", NULL, call_stat())                                                            \
    X(poll_, "poll", before_null, call_poll())                                                     \
    X(sigaction_, "sigaction", NULL, call_sigaction())                                             \
    X(raise_, "raise", call_sigaction, sum += (uintmax_t)raise(SIGUSR1))                           \
    X(longjmp_, "longjmp", NULL, call_longjmp())                                                   \
    X(mutex_, "pthread_mutex_lock", NULL, call_mutex())                                            \
    X(robust_, "pthread_mutex_lock robust, inherits", before_robust, call_robust())                \
    X(rwlock_, "pthread_rwlock_rdlock", NULL, call_rwlock())                                       \
    X(spin_, "pthread_spin_lock", before_spin, call_spin())                                        \
    X(timedwait_, "pthread_cond_timedwait", NULL, call_timedwait())                                \
    X(signal_, "pthread_cond_signal", NULL, sum += (uintmax_t)pthread_cond_signal(&condition))     \
    X(once_, "pthread_once", NULL, sum += (uintmax_t)pthread_once(&once, nothing))                 \
    X(self_, "pthread_self", NULL, sum += (uintmax_t)pthread_self())                               \
    X(specific_1, "pthread_setspecific key below 32", before_keys,                                 \
      sum += (uintmax_t)pthread_setspecific(first_key, bytes))                                     \
    X(specific_2, "pthread_setspecific key above 32", before_keys,                                 \
      sum += (uintmax_t)pthread_setspecific(far_key, bytes))                                       \
    X(getspecific_, "pthread_getspecific", before_keys,                                            \
      sum += (uintptr_t)pthread_getspecific(first_key))                                            \
    X(attr_, "pthread_getattr_np", NULL, call_attributes())                                        \
    X(create_, "pthread_create", NULL, call_thread())                                              \
    X(sem_post_, "sem_post", before_semaphore, sum += (uintmax_t)sem_post(&semaphore))             \
    X(sem_wait_, "sem_trywait", before_semaphore, sum += (uintmax_t)sem_trywait(&semaphore))       \
    X(yield_, "sched_yield", NULL, sum += (uintmax_t)sched_yield())                                \
    X(mbstowcs_, "mbstowcs", NULL, call_mbstowcs())                                                \
    X(mbrtowc_, "mbrtowc", NULL, call_mbrtowc())                                                   \
    X(wcrtomb_, "wcrtomb", NULL, call_wcrtomb())                                                   \
    X(wcslen_, "wcslen", call_mbstowcs, sum += wcslen(wide))                                       \
    X(htonl_, "htonl", NULL, sum += (htonl)(7))                                                    \
    X(inet_pton_, "inet_pton", NULL, call_inet_pton())                                             \
    X(inet_ntop_, "inet_ntop", NULL, call_inet_ntop())                                             \
    X(getaddr_, "getaddrinfo", NULL, call_getaddrinfo())                                           \
    X(dlsym_1, "dlsym hit", NULL, sum += (uintptr_t)dlsym(RTLD_DEFAULT, "malloc"))                 \
    X(dlsym_2, "dlsym miss", NULL, sum += (uintptr_t)dlsym(RTLD_DEFAULT, "no_such_name"))          \
    X(backtrace_, "backtrace", NULL, sum += (uintmax_t)backtrace((void **)(void *)bytes, 8))       \
    X(malloc_, "malloc", NULL, free(malloc(40)))
// clang-format on

#define BATTERY_FUNCTION(id, label, before, statement)                                             \
    static void id(void) {                                                                         \
        statement;                                                                                 \
    }
BATTERY_ROWS(BATTERY_FUNCTION)
#undef BATTERY_FUNCTION

const battery_case BATTERY[] = {
#define BATTERY_ROW(id, label, before, statement) {label, before, id},
    BATTERY_ROWS(BATTERY_ROW)
#undef BATTERY_ROW
};

const size_t BATTERY_COUNT = sizeof BATTERY / sizeof BATTERY[0];
