/* format_pprof.c: the text form of heap profiles that google-pprof and jeprof read, as gperftools'
 * documentation has it: counts and bytes live, then [given out in all], addresses, and what was
 * mapped where. Names are found by the reader, which looks into the files. */
#include "formats.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void write_row(sink *out, const record_numbers *of) {
    sink_print(out, "%6llu: %8llu [%6llu: %8llu] @", (unsigned long long)of->live_blocks,
               (unsigned long long)of->live_bytes, (unsigned long long)of->count,
               (unsigned long long)of->bytes);
}

static void write_sum(sink *out, const named_record *in, uint32_t kind) {
    sink_text(out, "heap profile: ");
    write_row(out, &in->of->kinds[kind]);
    sink_text(out, " heapprofile\n");
}

/* Where in its file the module's mapping begins: the reader takes addresses apart by that. Falls
 * back on the ELF address, which is mostly the same for code. */
static uint64_t file_offset(const record_module *of) {
    uint64_t address = of->start - of->bias;
    uint64_t offset = address;
    Elf64_Ehdr head;
    int fd = open(of->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool good = fd >= 0 && pread(fd, &head, sizeof head, 0) == (ssize_t)sizeof head &&
                memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
                head.e_ident[EI_CLASS] == ELFCLASS64 && head.e_phentsize == sizeof(Elf64_Phdr);
    for (size_t i = 0; good && i < head.e_phnum; i++) {
        Elf64_Phdr part;
        off_t at = (off_t)((head.e_phoff + i * sizeof part) & INT64_MAX);
        good = pread(fd, &part, sizeof part, at) == (ssize_t)sizeof part;
        if (good && part.p_type == PT_LOAD && address - part.p_vaddr < part.p_memsz) {
            offset = address - part.p_vaddr + part.p_offset;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return offset;
}

static void write_modules(sink *out, const record *in) {
    sink_text(out, "\nMAPPED_LIBRARIES:\n");
    for (size_t i = 0; i < in->module_count; i++) {
        const record_module *of = &in->modules[i];
        if (strchr(of->path, '\n') == NULL) {
            sink_print(out, "%08llx-%08llx r-xp %08llx 00:00 0          %.600s\n",
                       (unsigned long long)of->start, (unsigned long long)of->end,
                       (unsigned long long)file_offset(of), of->path);
        }
    }
}

void format_pprof(sink *out, const named_record *in, const format_settings *how) {
    write_sum(out, in, how->kind);
    for (size_t i = 0; i < in->count; i++) {
        const record_site *site = in->sites[i].site;
        if (site->kind != how->kind || site->of.count == 0) {
            continue;
        }
        write_row(out, &site->of);
        for (uint32_t j = 0; j < site->frame_count; j++) {
            sink_print(out, " 0x%llx", (unsigned long long)site->frames[j]);
        }
        sink_text(out, site->frame_count == 0 ? " 0xfffffffffffff000\n" : "\n");
    }
    write_modules(out, in->of);
}
