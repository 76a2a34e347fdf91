/* sink.h: where text leaves the program. A sink collects bytes in a buffer of its own and hands
 * them to a file descriptor; the first failed write is remembered and everything after it is
 * dropped, so that a full disk is reported once, at the end, and never passes for success.
 *
 * Nothing here allocates; a sink may be written to while the process is sealed. One thread. */
#ifndef TOOLS_COMMON_SINK_H
#define TOOLS_COMMON_SINK_H

#include <coldheap/base.h>

/* Takes what leaves a sink instead of a file descriptor. */
typedef void (*sink_function)(void *context, const char *bytes, size_t size);

typedef struct sink {
    const char *name; /* as messages call it: "stdout", or the path of the file */
    char *buffer;
    size_t used_bytes;
    size_t size_bytes;
    int fd;
    int error;           /* errno of the first failed write, 0 = none */
    sink_function write; /* NULL: write(2) on fd */
    void *context;       /* of write */
} sink;

/* Results and everything else; main opens and closes them. */
extern sink sink_out;
extern sink sink_err;

void sink_open(sink *target, int fd, const char *name, char *buffer, size_t size);

/* sink_into opens a sink whose bytes go to a function. */
void sink_into(sink *target, const char *name, char *buffer, size_t size, sink_function write,
               void *context);

/* sink_flush hands all collected bytes on; false if any write so far has failed. */
bool sink_flush(sink *target);

/* sink_file creates or empties the file `path` and opens the sink on it, sink_close flushes and
 * closes it. Both return an exit code, having printed the message if it is not TOOL_DONE. */
int sink_file(sink *target, const char *path, char *buffer, size_t size);
int sink_close(sink *target);

/* sink_bytes appends; bytes given in one call leave in one write(2), unless they are longer than
 * the buffer, so that a reader sees whole lines. */
void sink_bytes(sink *target, const char *bytes, size_t size);
void sink_text(sink *target, const char *text);
void sink_char(sink *target, char character);
void sink_hex(sink *target, const uint8_t *bytes, size_t size);         /* digits only */
void sink_u64(sink *target, uint64_t number);                           /* decimal */
void sink_json_text(sink *target, const char *text);                    /* quoted and escaped */
void sink_print(sink *target, const char *format, ...) CH_PRINTF(2, 3); /* up to 1023 bytes */

/* sink_xml writes text as the content or attribute of an XML element; control characters become
 * question marks. */
void sink_xml(sink *out, const char *text);

#endif
