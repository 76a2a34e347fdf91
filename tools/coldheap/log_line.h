/* log_line.h: the lines that a run time writes about violations, taken apart again: the frame and
 * the module lines of src/guard/report.c, and those of its summary. What is no such line is left
 * alone. */
#ifndef COLDHEAP_TOOL_LOG_LINE_H
#define COLDHEAP_TOOL_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_ID_BYTES 64u

typedef enum log_kind {
    LOG_OTHER,
    LOG_VIOLATION, /* "coldheap: VIOLATION malloc 64 B in ..." */
    LOG_FRAME,     /* "    #1 0x55d0c3a1f2b4 f+0x14 (engine+0x12b4)" */
    LOG_MODULE,    /* "    /path/engine: build id 3c0f..." */
    LOG_SITE       /* "coldheap: x7 malloc in ... from 0x55d0c3a1f2b4 f+0x14 (engine+0x12b4)" */
} log_kind;

/* A part of the line's text. */
typedef struct log_part {
    const char *text;
    size_t size; /* 0: not there */
} log_part;

typedef struct log_line {
    log_kind kind;
    log_part head;   /* SITE: up to the address; VIOLATION: up to the call */
    log_part call;   /* VIOLATION: malloc */
    log_part bytes;  /* VIOLATION: its number, if the call was given one */
    log_part tail;   /* VIOLATION: what comes after the bytes */
    log_part module; /* FRAME, SITE: base name; MODULE: path */
    uint64_t offset; /* FRAME, SITE: ELF address in the module */
    uint8_t build_id[LOG_ID_BYTES];
    size_t build_id_size;
} log_line;

/* log_read takes the line apart; `text` ends with a zero and without line end. */
log_line log_read(const char *text);

#endif
