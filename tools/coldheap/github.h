/* github.h: annotations, lines that GitHub shows beside the code of a change:
 *
 *   ::error file=F,line=N,title=T::MESSAGE
 *
 * What would end a property or the line is written as %25 %0D %0A, in properties %3A %2C too. */
#ifndef COLDHEAP_TOOL_GITHUB_H
#define COLDHEAP_TOOL_GITHUB_H

#include "sink.h"

typedef struct github_place {
    const char *file; /* NULL: none */
    uint32_t line;
    const char *repository; /* folder that paths are made relative to; NULL: as they are */
} github_place;

/* github_annotation prints one line; `level` is error, warning or notice. */
void github_annotation(sink *out, const char *level, const github_place *place, const char *title,
                       const char *message);

/* github_repository finds the folder of the repository: GITHUB_WORKSPACE, or the nearest one from
 * here up that has a .git in it. Returns: NULL if there is none. */
const char *github_repository(void);

#endif
