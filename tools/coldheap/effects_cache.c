/* effects_cache.c: the lines of the file are
 *
 *   coldheap effects 2
 *   tool SIZE MTIME                 of the program that derived it
 *   libc BUILD-ID
 *   archive SIZE MTIME PATH
 *   NAME \t CLASS \t CLASS-OF-ARCHIVE \t FLAGS \t STACK \t WITNESS   a row, ascending by name
 *   end COUNT
 *
 * See effects_cache.h. */
#include "effects_cache.h"

#include "codes.h"
#include "message.h"
#include "sink.h"
#include "store.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_VERSION 2u
#define CACHE_BYTES   (16u << 20) /* of a file that is looked at */
#define ROWS_MAX      65536u

const char *effects_cache_path(const libc_identity *libc, const char *path) {
    const char *base = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (path != NULL) {
        return *path != 0 ? path : NULL;
    }
    if (base != NULL && *base == '/') {
        return store_format("%s/coldheap/effects-%s", base, libc->build_id);
    }
    if (home != NULL && *home == '/') {
        return store_format("%s/.cache/coldheap/effects-%s", home, libc->build_id);
    }
    return NULL;
}

/* The lines that say what the table was made of, and by whom. */
static const char *heading(const libc_identity *libc) {
    struct stat self = {0};
    struct stat archive = {0};
    if (stat("/proc/self/exe", &self) != 0 || stat(libc->archive_path, &archive) != 0) {
        return NULL;
    }
    return store_format("coldheap effects %u\ntool %lld %lld.%09ld\nlibc %s\narchive %lld "
                        "%lld.%09ld %s\n",
                        CACHE_VERSION, (long long)self.st_size, (long long)self.st_mtim.tv_sec,
                        self.st_mtim.tv_nsec, libc->build_id, (long long)archive.st_size,
                        (long long)archive.st_mtim.tv_sec, archive.st_mtim.tv_nsec,
                        libc->archive_path);
}

/* ---- reading ---- */

static char *read_whole(const char *path, size_t *size) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    char *text = NULL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < CACHE_BYTES) {
        text = STORE_ARRAY(char, (size_t)status.st_size + 1);
        *size = 0;
        for (ssize_t got = 1; got > 0 && *size < (size_t)status.st_size; *size += (size_t)got) {
            got = read(fd, text + *size, (size_t)status.st_size - *size);
            got = got > 0 ? got : 0;
            if (got == 0) {
                break;
            }
        }
        text[*size] = 0;
    }
    close(fd);
    return text;
}

/* Cuts off the next field, which ends at `end`; NULL if there is none. */
static char *cut(char **rest, char end) {
    char *field = *rest;
    char *stop = field != NULL ? strchr(field, end) : NULL;
    if (stop == NULL) {
        return NULL;
    }
    *stop = 0;
    *rest = stop + 1;
    return field;
}

static bool read_row(effect_row *out, char *line) {
    const char *name = cut(&line, '\t');
    const char *class = cut(&line, '\t');
    const char *archive = cut(&line, '\t');
    const char *marks = cut(&line, '\t');
    const char *stack = cut(&line, '\t');
    text_error error;
    if (stack == NULL || *name == 0) {
        return false;
    }
    *out = (effect_row){.name = name,
                        .witness = line,
                        .in_archive = strchr(marks, 'a') != NULL,
                        .differs = strchr(marks, 'd') != NULL};
    out->stack_known = strchr(marks, 's') != NULL;
    return effect_class_read(&out->class, class) && effect_class_read(&out->archive, archive) &&
           text_u64(&out->stack_bytes, stack, UINT32_MAX, &error);
}

/* Rows up to "end COUNT", which must be there and true: a file cut off is none. */
static bool read_rows(effects_table *out, char *rest) {
    effect_row *rows = STORE_ARRAY(effect_row, ROWS_MAX);
    size_t count = 0;
    char *line;
    while ((line = cut(&rest, '\n')) != NULL && strncmp(line, "end ", 4) != 0) {
        if (count == ROWS_MAX || !read_row(&rows[count], line) ||
            (count > 0 && strcmp(rows[count - 1].name, rows[count].name) >= 0)) {
            return false;
        }
        count++;
    }
    uint64_t wanted;
    text_error error;
    if (line == NULL || !text_u64(&wanted, line + 4, ROWS_MAX, &error) || wanted != count ||
        count == 0) {
        return false;
    }
    out->rows = rows;
    out->count = count;
    return true;
}

bool effects_cache_read(effects_table *out, const char *path) {
    const char *wanted = heading(&out->libc);
    size_t size;
    path = effects_cache_path(&out->libc, path);
    char *text = path != NULL && wanted != NULL ? read_whole(path, &size) : NULL;
    if (text == NULL || strlen(text) != size || strncmp(text, wanted, strlen(wanted)) != 0 ||
        !read_rows(out, text + strlen(wanted))) {
        return false;
    }
    out->origin = path;
    return true;
}

/* ---- writing ---- */

static void write_rows(sink *to, const effects_table *in) {
    for (size_t i = 0; i < in->count; i++) {
        const effect_row *row = &in->rows[i];
        sink_text(to, row->name);
        sink_print(to, "\t%s\t%s\t%s%s%s-\t%llu\t", effect_class_text(row->class),
                   effect_class_text(row->archive), row->in_archive ? "a" : "",
                   row->differs ? "d" : "", row->stack_known ? "s" : "",
                   (unsigned long long)row->stack_bytes);
        sink_text(to, row->witness);
        sink_char(to, '\n');
    }
    sink_print(to, "end %zu\n", in->count);
}

/* The folder of the file, one level of it made if need be. */
static void make_folder(const char *path) {
    char *folder = store_text(path, strlen(path));
    char *slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder) {
        return;
    }
    *slash = 0;
    if (mkdir(folder, 0700) == 0 || errno != ENOENT) {
        return;
    }
    char *upper = strrchr(folder, '/');
    if (upper != NULL && upper != folder) {
        *upper = 0;
        (void)mkdir(folder, 0700);
        *upper = '/';
        (void)mkdir(folder, 0700);
    }
}

bool effects_cache_reserve(const libc_identity *libc, const char *path) {
    path = effects_cache_path(libc, path);
    if (path == NULL) {
        return false;
    }
    make_folder(path);
    char *folder = store_text(path, strlen(path));
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        return access(".", W_OK) == 0;
    }
    slash[slash == folder] = 0;
    return access(folder, W_OK | X_OK) == 0;
}

static char write_buffer[65536];

void effects_cache_write(const effects_table *in, const char *path) {
    const char *head = heading(&in->libc);
    path = effects_cache_path(&in->libc, path);
    if (path == NULL || head == NULL) {
        return;
    }
    make_folder(path);
    sink to;
    char *other = store_format("%s.%ld", path, (long)getpid());
    int fd = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0;
    int error = errno;
    if (good) {
        sink_open(&to, fd, other, write_buffer, sizeof write_buffer);
        sink_text(&to, head);
        write_rows(&to, in);
        good = sink_flush(&to);
        error = to.error;
        good = close(fd) == 0 && good && rename(other, path) == 0;
        error = error != 0 ? error : errno;
        if (!good) {
            (void)unlink(other);
        }
    }
    if (!good) {
        message_note("coldheap: the table of effects is not kept in %s: %s", path, strerror(error));
    }
}
