/* zlib.c: calls of libz, counted; see count.h. */
#include "count.h"

#include <string.h>
#include <zlib.h>

#define SIZE 65536

static char text[SIZE];
static Bytef packed[SIZE * 2];
static char unpacked[SIZE];
static uLong packed_size;
static z_stream stream;
static uLong sum;

static Bytef *bytes_of(char *from) {
    return (Bytef *)(void *)from;
}

static int crc(void) {
    sum += crc32(0, bytes_of(text), SIZE);
    return 0;
}

static int adler(void) {
    sum += adler32(1, bytes_of(text), SIZE);
    return 0;
}

static int combine(void) {
    sum += crc32_combine(1, 2, SIZE);
    return 0;
}

static int bound(void) {
    return compressBound(SIZE) < SIZE;
}

static int deflate_open(void) {
    memset(&stream, 0, sizeof stream);
    return deflateInit(&stream, 6) != Z_OK;
}

static void deflate_begin(void) {
    (void)deflate_open();
    stream.next_in = bytes_of(text);
    stream.avail_in = SIZE;
    stream.next_out = packed;
    stream.avail_out = sizeof packed;
}

static int deflate_run(void) {
    int status = deflate(&stream, Z_FINISH);
    packed_size = stream.total_out;
    return status != Z_STREAM_END;
}

static int deflate_again(void) {
    return deflateReset(&stream) != Z_OK;
}

static int deflate_close(void) {
    int status = deflateEnd(&stream);
    return status != Z_OK && status != Z_DATA_ERROR;
}

static void deflate_done(void) {
    (void)deflate_close();
}

static int inflate_open(void) {
    memset(&stream, 0, sizeof stream);
    return inflateInit(&stream) != Z_OK;
}

static void inflate_begin(void) {
    if (packed_size == 0) {
        deflate_begin();
        (void)deflate_run();
        deflate_done();
    }
    (void)inflate_open();
    stream.next_in = packed;
    stream.avail_in = (uInt)packed_size;
    stream.next_out = bytes_of(unpacked);
    stream.avail_out = SIZE / 2; /* in two steps: that takes a window */
}

static int inflate_run(void) {
    int status = inflate(&stream, Z_NO_FLUSH);
    stream.avail_out = SIZE / 2;
    status = status == Z_OK ? inflate(&stream, Z_FINISH) : status;
    return status != Z_STREAM_END || memcmp(text, unpacked, SIZE) != 0;
}

static int inflate_again(void) {
    return inflateReset(&stream) != Z_OK;
}

static void inflate_done(void) {
    (void)inflateEnd(&stream);
}

static int compress_all(void) {
    packed_size = sizeof packed;
    return compress2(packed, &packed_size, bytes_of(text), SIZE, 6) != Z_OK;
}

static void compress_before(void) {
    (void)compress_all();
}

static int uncompress_all(void) {
    uLong size = SIZE;
    return uncompress(bytes_of(unpacked), &size, packed, packed_size) != Z_OK;
}

static const count_case CASES[] = {
    {"crc32", NULL, crc, NULL},
    {"adler32", NULL, adler, NULL},
    {"crc32_combine", NULL, combine, NULL},
    {"compressBound", NULL, bound, NULL},
    {"deflateInit_", NULL, deflate_open, deflate_done},
    {"deflate", deflate_begin, deflate_run, deflate_done},
    {"deflateReset", deflate_begin, deflate_again, deflate_done},
    {"deflateEnd", deflate_begin, deflate_close, NULL},
    {"inflateInit_", NULL, inflate_open, inflate_done},
    {"inflate", inflate_begin, inflate_run, inflate_done},
    {"inflateReset", inflate_begin, inflate_again, inflate_done},
    {"compress2", NULL, compress_all, NULL},
    {"uncompress", compress_before, uncompress_all, NULL},
};

int main(void) {
    count_fill(text, sizeof text);
    return count_all(CASES, sizeof CASES / sizeof CASES[0]);
}
