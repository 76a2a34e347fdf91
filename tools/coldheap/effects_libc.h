/* effects_libc.h: which C library is in use here, and where its machine code can be read: the
 * shared library by its build id, the archive beside it by its version. They are made of the same
 * sources, but not of the same objects: what is told from the archive holds for the shared library
 * as far as effects_table.h says. */
#ifndef COLDHEAP_TOOL_EFFECTS_LIBC_H
#define COLDHEAP_TOOL_EFFECTS_LIBC_H

#include "image.h"

typedef struct libc_identity {
    const char *shared_path;
    const char *build_id;        /* of the shared library, in hex */
    const char *version;         /* its own words: "GNU C Library (Debian GLIBC ...) ..." */
    const char *archive_path;    /* NULL: there is none */
    const char *archive_version; /* NULL: it does not say */
} libc_identity;

/* libc_identify looks at the library at `shared` (NULL: the one that this program runs with) and
 * the archive at `archive` (NULL: the one where compilers look). `set` gets the shared library's
 * image, first of all. An exit code, its message out. */
int libc_identify(libc_identity *out, image_set *set, const char *shared, const char *archive);

/* libc_versions_fit tells whether the archive is of the same release as the shared library. */
bool libc_versions_fit(const libc_identity *in);

/* libc_archive_path is where compilers find libc.a, libgcc_path one of the compiler's own archives
 * ("libgcc.a", "libgcc_eh.a"); NULL if it is not installed. */
const char *libc_archive_path(void);
const char *libgcc_path(const char *name);

#endif
