/* lz4.c: calls of liblz4, counted; see count.h. */
#include "count.h"

#include <lz4.h>
#include <lz4hc.h>
#include <string.h>

#define SIZE 65536

static char text[SIZE];
static char packed[LZ4_COMPRESSBOUND(SIZE)];
static char unpacked[SIZE];
static int packed_size;
static LZ4_stream_t stream;
static LZ4_streamDecode_t reader;
static LZ4_stream_t *made;
static char hc_state[sizeof(LZ4_streamHC_t)] __attribute__((aligned(16)));

static int compress_default(void) {
    packed_size = LZ4_compress_default(text, packed, SIZE, sizeof packed);
    return packed_size <= 0;
}

static int compress_fast(void) {
    return LZ4_compress_fast(text, packed, SIZE, sizeof packed, 4) <= 0;
}

static void pack(void) {
    (void)compress_default();
}

static int decompress_safe(void) {
    int size = LZ4_decompress_safe(packed, unpacked, packed_size, SIZE);
    return size != SIZE || memcmp(text, unpacked, SIZE) != 0;
}

static int decompress_partial(void) {
    return LZ4_decompress_safe_partial(packed, unpacked, packed_size, 1000, SIZE) < 1000;
}

static void open_stream(void) {
    (void)LZ4_initStream(&stream, sizeof stream);
}

static int compress_continue(void) {
    int first = LZ4_compress_fast_continue(&stream, text, packed, 4096, sizeof packed, 1);
    return first <= 0 ||
           LZ4_compress_fast_continue(&stream, text + 4096, packed, 4096, sizeof packed, 1) <= 0;
}

static void open_reader(void) {
    pack();
    (void)LZ4_setStreamDecode(&reader, NULL, 0);
}

static int decompress_continue(void) {
    return LZ4_decompress_safe_continue(&reader, packed, unpacked, packed_size, SIZE) != SIZE;
}

static int compress_hc(void) {
    return LZ4_compress_HC(text, packed, SIZE, sizeof packed, 9) <= 0;
}

static int compress_hc_state(void) {
    return LZ4_compress_HC_extStateHC(hc_state, text, packed, SIZE, sizeof packed, 12) <= 0;
}

static int create_stream(void) {
    made = LZ4_createStream();
    return made == NULL;
}

static void drop_stream(void) {
    (void)LZ4_freeStream(made);
}

static int free_stream(void) {
    return LZ4_freeStream(made);
}

static void make_stream(void) {
    (void)create_stream();
}

static int bound(void) {
    return LZ4_compressBound(SIZE) < SIZE;
}

static const count_case CASES[] = {
    {"LZ4_compressBound", NULL, bound, NULL},
    {"LZ4_compress_default", NULL, compress_default, NULL},
    {"LZ4_compress_fast", NULL, compress_fast, NULL},
    {"LZ4_compress_fast_continue", open_stream, compress_continue, NULL},
    {"LZ4_decompress_safe", pack, decompress_safe, NULL},
    {"LZ4_decompress_safe_partial", pack, decompress_partial, NULL},
    {"LZ4_decompress_safe_continue", open_reader, decompress_continue, NULL},
    {"LZ4_compress_HC_extStateHC", NULL, compress_hc_state, NULL},
    {"LZ4_compress_HC", NULL, compress_hc, NULL},
    {"LZ4_createStream", NULL, create_stream, drop_stream},
    {"LZ4_freeStream", make_stream, free_stream, NULL},
};

int main(void) {
    count_fill(text, sizeof text);
    return count_all(CASES, sizeof CASES / sizeof CASES[0]);
}
