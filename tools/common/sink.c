/* sink.c: buffered output on write(2); see sink.h. */
#include "sink.h"

#include "tool.h"
#include "message.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STANDARD_BUFFER_BYTES 65536u
#define PRINT_BYTES           1024u

static char out_buffer[STANDARD_BUFFER_BYTES];
static char err_buffer[STANDARD_BUFFER_BYTES];

sink sink_out = {"stdout", out_buffer, 0, sizeof out_buffer, 1, 0, NULL, NULL};
sink sink_err = {"stderr", err_buffer, 0, sizeof err_buffer, 2, 0, NULL, NULL};

static const char HEX_DIGITS[] = "0123456789abcdef";

void sink_open(sink *target, int fd, const char *name, char *buffer, size_t size) {
    *target = (sink){name, buffer, 0, size, fd, 0, NULL, NULL};
}

void sink_into(sink *target, const char *name, char *buffer, size_t size, sink_function write,
               void *context) {
    *target = (sink){name, buffer, 0, size, -1, 0, write, context};
}

static void write_all(sink *target, const char *bytes, size_t size) {
    if (target->write != NULL) {
        if (size > 0) {
            target->write(target->context, bytes, size);
        }
        return;
    }
    while (size > 0 && target->error == 0) {
        ssize_t written = write(target->fd, bytes, size);
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        } else if (written < 0 && errno != EINTR) {
            target->error = errno;
        }
    }
}

bool sink_flush(sink *target) {
    write_all(target, target->buffer, target->used_bytes);
    target->used_bytes = 0;
    return target->error == 0;
}

int sink_file(sink *target, const char *path, char *buffer, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return message_error(tool.file, path, 0, "%s", strerror(errno));
    }
    sink_open(target, fd, path, buffer, size);
    return TOOL_DONE;
}

int sink_close(sink *target) {
    sink_flush(target);
    if (close(target->fd) != 0 && target->error == 0) {
        target->error = errno;
    }
    if (target->error != 0) {
        return message_error(tool.file, target->name, 0, "%s", strerror(target->error));
    }
    return TOOL_DONE;
}

void sink_bytes(sink *target, const char *bytes, size_t size) {
    if (size > target->size_bytes - target->used_bytes) {
        sink_flush(target);
        if (size > target->size_bytes) {
            write_all(target, bytes, size);
            return;
        }
    }
    memcpy(target->buffer + target->used_bytes, bytes, size);
    target->used_bytes += size;
}

void sink_text(sink *target, const char *text) {
    sink_bytes(target, text, strlen(text));
}

void sink_char(sink *target, char character) {
    sink_bytes(target, &character, 1);
}

void sink_hex(sink *target, const uint8_t *bytes, size_t size) {
    char digits[256];
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        digits[used++] = HEX_DIGITS[bytes[i] >> 4];
        digits[used++] = HEX_DIGITS[bytes[i] & 15];
        if (used == sizeof digits) {
            sink_bytes(target, digits, used);
            used = 0;
        }
    }
    sink_bytes(target, digits, used);
}

void sink_u64(sink *target, uint64_t number) {
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    sink_bytes(target, digits + first, sizeof digits - first);
}

/* Bytes that are no UTF-8 become U+FFFD: names may come from anybody's file. */
void sink_json_text(sink *target, const char *text) {
    sink_char(target, '"');
    while (*text != 0) {
        unsigned char character = (unsigned char)*text;
        size_t size = text_utf8(text);
        if (character == '"' || character == '\\') {
            sink_char(target, '\\');
            sink_char(target, (char)character);
        } else if (character < 0x20) {
            sink_print(target, "\\u%04x", character);
        } else if (size == 0) {
            sink_text(target, "\\ufffd");
        } else {
            sink_bytes(target, text, size);
        }
        text += size > 0 ? size : 1;
    }
    sink_char(target, '"');
}

void sink_print(sink *target, const char *format, ...) {
    char text[PRINT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    CH_ASSERT(length >= 0 && (size_t)length < sizeof text);
    size_t size = length < 0 ? 0 : (size_t)length;
    sink_bytes(target, text, size < sizeof text ? size : sizeof text - 1);
}

void sink_xml(sink *out, const char *text) {
    for (; *text != 0; text++) {
        switch (*text) {
        case '&':
            sink_text(out, "&amp;");
            break;
        case '<':
            sink_text(out, "&lt;");
            break;
        case '>':
            sink_text(out, "&gt;");
            break;
        case '"':
            sink_text(out, "&quot;");
            break;
        default:
            sink_char(out, (unsigned char)*text < ' ' ? '?' : *text);
        }
    }
}
