/* source.h: lines of source files, as the debug information names them. */
#ifndef COLDHEAP_TOOL_SOURCE_H
#define COLDHEAP_TOOL_SOURCE_H

#include "image.h"

/* source_line copies the line of source that the code at `address` comes from; false if there is no
 * debug information or no such file. */
bool source_line(char *text, size_t size, const image *in, uint64_t address);

/* source_place writes "file.c:12" for the code at `address`, or "object+0x34". */
void source_place(char *text, size_t size, const image *in, uint64_t address);

#endif
