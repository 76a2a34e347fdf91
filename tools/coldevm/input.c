/* input.c: files, stdin and hex; see input.h. */
#include "input.h"

#include "codes.h"
#include "message.h"
#include "store.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_CHUNK_BYTES 65536u

static size_t first_size(int fd) {
    struct stat facts;
    if (fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0) {
        return (size_t)facts.st_size + 2; /* one to see the end, one for the closing zero */
    }
    return FIRST_CHUNK_BYTES;
}

/* Reads to the end of `fd` into one block of the store, growing it in place. Returns errno. */
static int read_all(text_file *file, int fd) {
    size_t capacity = first_size(fd);
    char *text = store_alloc(capacity, 1);
    size_t size = 0;
    for (;;) {
        if (size + 1 == capacity) {
            if (!store_extend(text, capacity, capacity * 2)) {
                return EFBIG;
            }
            capacity *= 2;
        }
        ssize_t got = read(fd, text + size, capacity - size - 1);
        if (got < 0 && errno != EINTR) {
            return errno;
        }
        if (got == 0) {
            break;
        }
        size += got > 0 ? (size_t)got : 0;
    }
    text[size] = 0;
    file->text = text;
    file->size = size;
    return 0;
}

int input_file(text_file *file, const char *path) {
    static atomic_bool stdin_is_read; /* several threads read files */
    bool is_stdin = strcmp(path, "-") == 0;
    file->name = is_stdin ? "stdin" : path;
    if (is_stdin && atomic_exchange(&stdin_is_read, true)) {
        return message_error(EXIT_FLAG, file->name, 0, "is asked for twice");
    }
    int fd = is_stdin ? 0 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return message_error(EXIT_FILE, file->name, 0, "%s", strerror(errno));
    }
    int trouble = read_all(file, fd);
    if (!is_stdin) {
        close(fd);
    }
    if (trouble != 0) {
        return message_error(EXIT_FILE, file->name, 0, "%s", strerror(trouble));
    }
    return EXIT_DONE;
}

int input_hex_file(byte_range *range, const char *path) {
    text_file file;
    int code = input_file(&file, path);
    if (code != EXIT_DONE) {
        return code;
    }
    text_error error;
    uint8_t *bytes = (uint8_t *)file.text; /* decoded in place: two characters make one byte */
    if (!text_hex(bytes, &range->size, file.text, file.size, true, &error)) {
        return message_error(EXIT_MALFORMED, file.name, error.line, "%s", error.reason);
    }
    range->bytes = bytes;
    return EXIT_DONE;
}

int input_hex(byte_range *range, flag_text word) {
    if (strcmp(word.text, "-") == 0) {
        return input_hex_file(range, word.text);
    }
    if (word.text[0] == '@') {
        return input_hex_file(range, word.text + 1);
    }
    text_error error;
    size_t size = strlen(word.text);
    uint8_t *bytes = store_alloc(size / 2 + 1, 1);
    if (!text_hex(bytes, &range->size, word.text, size, false, &error)) {
        return message_argument(EXIT_MALFORMED, word.position, "%s", error.reason);
    }
    range->bytes = bytes;
    return EXIT_DONE;
}
