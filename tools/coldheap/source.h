/* source.h: lines of source files, as the debug information names them. */
#ifndef COLDHEAP_TOOL_SOURCE_H
#define COLDHEAP_TOOL_SOURCE_H

#include "image.h"

/* Where relative names of source files start; NULL: the working directory. An absolute name that is
 * not there is looked for below it by its last parts. */
extern const char *source_root;

#define SOURCE_BYTES 1024u

/* source_statement copies the source from the line that the code at `address` comes from up to the
 * end of the statement, a few lines at most; *column is where in the first line it comes from, from
 * 1; 0 if not known. False if there is no debug information or no such file. */
bool source_statement(char text[SOURCE_BYTES], const image *in, uint64_t address, int *column);

/* source_above copies up to 8 lines that end with the one that the code at `address` comes from. */
bool source_above(char text[SOURCE_BYTES], const image *in, uint64_t address);

/* source_relative is the name of a source file without the working directory in front. */
const char *source_relative(const char *name);

/* source_place writes "file.c:12" for the code at `address`, or "object+0x34". */
void source_place(char *text, size_t size, const image *in, uint64_t address);

#endif
