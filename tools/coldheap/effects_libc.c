/* effects_libc.c: the C library by build id and version; see effects_libc.h. */
#include "effects_libc.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include <glob.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

const char *libc_archive_path(void) {
    static const char *const PATHS[] = {"/usr/lib/x86_64-linux-gnu/libc.a", "/usr/lib64/libc.a",
                                        "/usr/lib/libc.a"};
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        if (access(PATHS[i], R_OK) == 0) {
            return PATHS[i];
        }
    }
    return NULL;
}

const char *libgcc_path(const char *name) {
    static const char *const FOLDERS[] = {"/usr/lib/gcc/x86_64-linux-gnu/[0-9]*/%s",
                                          "/usr/lib/gcc/x86_64-*/[0-9]*/%s"};
    const char *path = NULL;
    for (size_t i = 0; path == NULL && i < sizeof FOLDERS / sizeof FOLDERS[0]; i++) {
        glob_t found;
        char pattern[256];
        const char *place = strchr(FOLDERS[i], '%');
        (void)snprintf(pattern, sizeof pattern, "%.*s%s", (int)(place - FOLDERS[i]), FOLDERS[i],
                       name);
        if (glob(pattern, 0, NULL, &found) == 0) {
            path = found.gl_pathv[found.gl_pathc - 1];
            path = store_text(path, strlen(path));
        }
        globfree(&found);
    }
    return path;
}

/* ---- the shared library ---- */

static int note_libc(struct dl_phdr_info *info, size_t size, void *context) {
    const char **path = context;
    const char *slash = info->dlpi_name != NULL ? strrchr(info->dlpi_name, '/') : NULL;
    (void)size;
    if (slash != NULL && strncmp(slash + 1, "libc.so", 7) == 0) {
        *path = store_text(info->dlpi_name, strlen(info->dlpi_name));
        return 1;
    }
    return 0;
}

#define BUILD_ID_BYTES_MAX 64u

/* The note of type NT_GNU_BUILD_ID in one section of notes. */
static const char *id_in_notes(const image_section *notes) {
    Elf64_Nhdr header;
    for (uint64_t at = 0; at <= notes->size && notes->size - at >= sizeof header;) {
        memcpy(&header, notes->bytes + at, sizeof header);
        uint64_t name = at + sizeof header;
        uint64_t value = name + (((uint64_t)header.n_namesz + 3) & ~UINT64_C(3));
        uint64_t end = value + (((uint64_t)header.n_descsz + 3) & ~UINT64_C(3));
        if (end > notes->size || header.n_descsz > BUILD_ID_BYTES_MAX) {
            return NULL;
        }
        if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
            memcmp(notes->bytes + name, "GNU", 4) == 0) {
            char *text = STORE_ARRAY(char, 2 * (size_t)header.n_descsz + 1);
            for (uint32_t i = 0; i < header.n_descsz; i++) {
                (void)snprintf(text + 2 * (size_t)i, 3, "%02x", notes->bytes[value + i]);
            }
            return text;
        }
        at = end;
    }
    return NULL;
}

static const char *build_id_of(const image *in) {
    const char *found = NULL;
    for (uint32_t i = 1; found == NULL && i < in->section_count; i++) {
        if (in->sections[i].type == SHT_NOTE && in->sections[i].bytes != NULL) {
            found = id_in_notes(&in->sections[i]);
        }
    }
    return found;
}

/* ---- what it says of itself ---- */

#define VERSION_MARK  "GNU C Library ("
#define VERSION_BYTES 200u

static const char *version_in(const image_section *in) {
    const char *bytes = (const char *)in->bytes;
    const char *found = bytes != NULL && (in->flags & SHF_EXECINSTR) == 0
                            ? memmem(bytes, in->size, VERSION_MARK, sizeof VERSION_MARK - 1)
                            : NULL;
    if (found == NULL) {
        return NULL;
    }
    size_t left = in->size - (size_t)(found - bytes);
    size_t length = 0;
    while (length < left && length < VERSION_BYTES && found[length] >= ' ') {
        length++;
    }
    return store_text(found, length);
}

static const char *version_of(const image *in) {
    const char *found = NULL;
    for (uint32_t i = 1; found == NULL && i < in->section_count; i++) {
        found = in->sections[i].type == SHT_PROGBITS ? version_in(&in->sections[i]) : NULL;
    }
    return found;
}

/* The member that prints the version has it in its data. */
static int read_archive_version(libc_identity *out) {
    image_set set = {.first = NULL};
    image_archive archive;
    int code = image_open_archive(&archive, out->archive_path);
    if (code == EXIT_DONE) {
        if (image_read_member(&set, &archive, "gnu_get_libc_version")) {
            out->archive_version = version_of(set.first);
        }
        image_close(&set);
        image_close_archive(&archive);
    }
    return code;
}

int libc_identify(libc_identity *out, image_set *set, const char *shared, const char *archive) {
    *out = (libc_identity){.shared_path = shared, .archive_path = archive};
    if (shared == NULL) {
        (void)dl_iterate_phdr(note_libc, &out->shared_path);
    }
    if (out->shared_path == NULL) {
        return message_error(EXIT_NOT_ARMED, "libc.so", 0,
                             "this program runs without a shared C library: name one by --libc");
    }
    int code = image_read(set, out->shared_path);
    if (code != EXIT_DONE) {
        return code;
    }
    out->build_id = build_id_of(set->first);
    out->version = version_of(set->first);
    if (out->build_id == NULL || !set->first->linked) {
        return message_error(EXIT_NOT_ARMED, out->shared_path, 0,
                             "no shared library with a build id");
    }
    if (out->archive_path == NULL) {
        out->archive_path = libc_archive_path();
    }
    return out->archive_path != NULL ? read_archive_version(out) : EXIT_DONE;
}

bool libc_versions_fit(const libc_identity *in) {
    return in->version != NULL && in->archive_version != NULL &&
           strcmp(in->version, in->archive_version) == 0;
}
