/* marks.h: the marks that stand in compiled C code: scopes (section ch_marks, an array of
 * ch_hot_mark), and functions marked CH_HOT_FN or CH_PERMIT_FN. Pointers in marks are read through
 * relocations, so objects, archives and position-independent programs are all the same.
 *
 * Marks of C++ are plain statics: only a run tells of those. Bytes are untrusted: a mark that does
 * not fit is left out and counted. Everything lives in the store. */
#ifndef COLDHEAP_TOOL_MARKS_H
#define COLDHEAP_TOOL_MARKS_H

#include "image.h"

typedef enum marks_kind { MARK_SCOPE, MARK_PERMIT, MARK_FUNCTION, MARK_PERMIT_FUNCTION } marks_kind;

typedef struct mark {
    marks_kind kind;
    const char *name; /* of the scope, the reason of a permit, the function */
    const char *file; /* "": not known */
    const char *func; /* of a scope: the function it stands in */
    const char *object;
    uint32_t line; /* 0: not known */
    uint32_t ops;  /* CH_OP_ bits of a scope or permit */
} mark;

typedef struct marks {
    mark *items;
    size_t count;
    size_t broken; /* marks that could not be read */
} marks;

/* marks_read collects the marks of all images, in the order of the files. */
void marks_read(marks *out, const image_set *from);

#endif
