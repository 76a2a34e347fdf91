/* image_archive.c: archives of which members are read one by one, or all; see image.h. */
#include "image.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include <ar.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* "archive(member)"; asked before elf_next, which takes the name of the last member away. NULL if
 * it has none. */
const char *image_member_name(const char *archive, Elf *member) {
    const Elf_Arhdr *header = elf_getarhdr(member);
    return header != NULL && header->ar_name != NULL
               ? store_format("%s(%s)", archive, header->ar_name)
               : NULL;
}

void image_close_archive(image_archive *from) {
    elf_end(from->elf);
    close(from->fd);
    *from = (image_archive){.fd = -1};
}

int image_open_archive(image_archive *out, const char *path) {
    *out = (image_archive){.path = path};
    elf_version(EV_CURRENT);
    out->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (out->fd < 0) {
        return message_error(EXIT_NOT_ARMED, path, 0, "%s", strerror(errno));
    }
    out->elf = elf_begin(out->fd, ELF_C_READ_MMAP, NULL);
    if (out->elf == NULL || elf_kind(out->elf) != ELF_K_AR) {
        image_close_archive(out);
        return message_error(EXIT_NOT_ARMED, path, 0, "not an archive");
    }
    out->names = elf_getarsym(out->elf, &out->name_count);
    if (out->names == NULL) {
        image_close_archive(out);
        return message_error(EXIT_NOT_ARMED, path, 0, "an archive without index (see ranlib)");
    }
    return EXIT_DONE;
}

bool image_archive_has(const image_archive *in, const char *name) {
    unsigned long hash = elf_hash(name);
    for (size_t i = 0; i + 1 < in->name_count; i++) {
        if (in->names[i].as_hash == hash && strcmp(in->names[i].as_name, name) == 0) {
            return true;
        }
    }
    return false;
}

bool image_read_member(image_set *set, image_archive *from, const char *name) {
    unsigned long hash = elf_hash(name);
    for (size_t i = 0; i + 1 < from->name_count; i++) {
        const Elf_Arsym *entry = &from->names[i];
        if (entry->as_hash != hash || strcmp(entry->as_name, name) != 0) {
            continue;
        }
        if (elf_rand(from->elf, entry->as_off) != entry->as_off) {
            return false;
        }
        Elf *member = elf_begin(from->fd, ELF_C_READ_MMAP, from->elf);
        Elf_Arhdr *header = member != NULL ? elf_getarhdr(member) : NULL;
        bool read =
            header != NULL &&
            image_add_elf(set, member,
                          store_format("%s(%s)", last_part(from->path), header->ar_name), NULL, 0);
        if (!read) {
            elf_end(member);
        }
        return read;
    }
    return false;
}

int image_read_library(image_set *set, image_archive *from) {
    uint32_t before = set->count;
    Elf *member;
    if (elf_rand(from->elf, SARMAG) != SARMAG) {
        return message_error(EXIT_NOT_ARMED, from->path, 0, "an archive that cannot be read");
    }
    for (Elf_Cmd next = ELF_C_READ_MMAP; (member = elf_begin(from->fd, next, from->elf)) != NULL;) {
        const char *name = image_member_name(last_part(from->path), member);
        next = elf_next(member);
        if (name == NULL || elf_kind(member) != ELF_K_ELF ||
            !image_add_elf(set, member, name, NULL, 0)) {
            elf_end(member);
        }
    }
    return set->count > before
               ? EXIT_DONE
               : message_error(EXIT_NOT_ARMED, from->path, 0, "no code in it that can be read");
}
