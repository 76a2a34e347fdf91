/* code.c: the table of executable mappings. The process map is read line by line; the lines of one
 * file make a group, whose first one shows the ELF header. A header is believed as far as what it
 * says lies in readable lines of its own group. */
#define _GNU_SOURCE
#include "code.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "encoded.h"
#include "maps.h"
#include "ranges.h"

#define LINE_MAX       16u
#define PAGE_MASK      UINT64_C(0xfff)
#define SEGMENT_MAX    256u
#define CODE_WORDS     (sizeof(chi_code) / sizeof(uint64_t))
#define PAIR_BYTES     8u
#define INDEX_ENCODING 0x3b /* relative to the index, 4 bytes, signed */

_Static_assert(sizeof(chi_code) % sizeof(uint64_t) == 0, "rows are copied by words");

typedef struct row {
    uint32_t version; /* odd: being written */
    uint32_t pass;    /* that saw it last; 0: free */
    union {
        chi_code code;
        uint64_t words[CODE_WORDS];
    } u;
} row;

uint32_t chi_code_generation_now = 1;

static row rows[CHI_CODE_MAX];
static uint32_t row_count; /* rows in use lie below */
static uint32_t passes;
static uint32_t fresh; /* the generation that the table is right for */

/* One line of a group; see chi_map_line. */
typedef struct span {
    uintptr_t start;
    uintptr_t end;
    bool readable;
    bool executable;
} span;

typedef struct pass {
    uint32_t number;
    size_t count;
    uint64_t offset; /* of the first line */
    uint64_t inode;
    span spans[LINE_MAX];
    char path[CHI_PATH_BYTES];
} pass;

void chi_code_changed(void) {
    (void)__atomic_add_fetch(&chi_code_generation_now, 1, __ATOMIC_ACQ_REL);
}

/* False: the row is free, or somebody writes it. */
static bool read_row(chi_code *code, uint32_t *version, row *r) {
    uint64_t words[CODE_WORDS];
    *version = __atomic_load_n(&r->version, __ATOMIC_ACQUIRE);
    if (*version % 2 != 0 || __atomic_load_n(&r->pass, __ATOMIC_RELAXED) == 0) {
        return false;
    }
    for (size_t i = 0; i < CODE_WORDS; i++) {
        words[i] = __atomic_load_n(&r->u.words[i], __ATOMIC_RELAXED);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    memcpy(code, words, sizeof *code);
    return __atomic_load_n(&r->version, __ATOMIC_RELAXED) == *version;
}

static bool claim_row(row *r, uint32_t version) {
    return version % 2 == 0 &&
           __atomic_compare_exchange_n(&r->version, &version, version + 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

/* The row has been claimed. */
static void publish_row(row *r, const chi_code *code, uint32_t pass_number) {
    uint64_t words[CODE_WORDS];
    memcpy(words, code, sizeof words);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    for (size_t i = 0; i < CODE_WORDS; i++) {
        __atomic_store_n(&r->u.words[i], words[i], __ATOMIC_RELAXED);
    }
    __atomic_store_n(&r->pass, pass_number, __ATOMIC_RELAXED);
    (void)__atomic_add_fetch(&r->version, 1, __ATOMIC_RELEASE);
}

static bool same_code(const chi_code *a, const chi_code *b) {
    return a->start == b->start && a->end == b->end && a->header == b->header &&
           a->inode == b->inode;
}

static void raise_count(uint32_t count) {
    uint32_t before = __atomic_load_n(&row_count, __ATOMIC_RELAXED);
    while (before < count && !__atomic_compare_exchange_n(&row_count, &before, count, false,
                                                          __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {}
}

/* Already there: seen again. */
static bool is_known(const chi_code *code, uint32_t pass_number) {
    const uint32_t count = __atomic_load_n(&row_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        chi_code other;
        uint32_t version;
        if (read_row(&other, &version, &rows[i]) && same_code(code, &other)) {
            __atomic_store_n(&rows[i].pass, pass_number, __ATOMIC_RELAXED);
            return true;
        }
    }
    return false;
}

/* Into the first free row; a full table forgets the mapping. */
static void add_code(const chi_code *code, uint32_t pass_number) {
    for (uint32_t i = 0; i < CHI_CODE_MAX; i++) {
        const uint32_t version = __atomic_load_n(&rows[i].version, __ATOMIC_RELAXED);
        if (__atomic_load_n(&rows[i].pass, __ATOMIC_RELAXED) == 0 && claim_row(&rows[i], version)) {
            publish_row(&rows[i], code, pass_number);
            raise_count(i + 1);
            return;
        }
    }
}

static const span *readable_at(const pass *p, uintptr_t address, size_t size) {
    for (size_t i = 0; i < p->count; i++) {
        const span *s = &p->spans[i];
        if (s->readable && address >= s->start && address < s->end && s->end - address >= size) {
            return s;
        }
    }
    return NULL;
}

static void read_index(const pass *p, chi_code *code, uintptr_t index) {
    const span *in = readable_at(p, index, 4);
    if (in == NULL) {
        return;
    }
    chi_encoded from = {.at = index + 4, .end = in->end};
    const uint8_t *head = (const uint8_t *)index; /* version, and three encodings */
    const uintptr_t eh_frame = chi_encoded_pointer(&from, head[1], index);
    const uintptr_t count = chi_encoded_pointer(&from, head[2], index);
    const span *eh = readable_at(p, eh_frame, 4);
    if (from.bad || head[0] != 1 || eh == NULL) {
        return;
    }
    code->eh_low = eh->start;
    code->eh_high = eh->end;
    if (head[3] == INDEX_ENCODING && count <= (in->end - from.at) / PAIR_BYTES) {
        code->index = index;
        code->pairs = from.at;
        code->pair_count = count;
    }
}

/* The program header is in memory where the file's first line is. */
static void read_elf(const pass *p, chi_code *code) {
    const span *first = &p->spans[0];
    Elf64_Ehdr header;
    if (p->offset != 0 || !first->readable || first->end - first->start < sizeof header) {
        return;
    }
    memcpy(&header, (const void *)first->start, sizeof header);
    const uint64_t room = first->end - first->start;
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > SEGMENT_MAX ||
        header.e_phoff > room || room - header.e_phoff < header.e_phnum * sizeof(Elf64_Phdr)) {
        return;
    }
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(first->start + header.e_phoff);
    uintptr_t index = 0;
    bool based = false;
    for (size_t i = 0; i < header.e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD && segments[i].p_offset <= PAGE_MASK && !based) {
            code->bias = first->start - (uintptr_t)(segments[i].p_vaddr & ~PAGE_MASK);
            based = true;
        }
        index = segments[i].p_type == PT_GNU_EH_FRAME ? (uintptr_t)segments[i].p_vaddr : index;
    }
    if (based) {
        code->header = first->start;
        if (index != 0) {
            read_index(p, code, index + code->bias);
        }
    }
}

/* The functions of a new file are looked up before its row is to be seen. */
static void add_span(const pass *p, chi_code *code, const span *s) {
    code->start = s->start;
    code->end = s->end;
    if (is_known(code, p->number)) {
        return;
    }
    if (code->header != 0) {
        chi_ranges_scan(p->path, code->bias, p->spans[0].start, p->spans[p->count - 1].end);
    }
    add_code(code, p->number);
}

static void end_group(pass *p) {
    bool executable = false;
    for (size_t i = 0; i < p->count; i++) {
        executable = executable || p->spans[i].executable;
    }
    if (executable) {
        chi_code code = {.inode = p->inode};
        read_elf(p, &code);
        for (size_t i = 0; i < p->count; i++) {
            if (p->spans[i].executable) {
                add_span(p, &code, &p->spans[i]);
            }
        }
    }
    p->count = 0;
}

static void add_plain(const pass *p, const chi_map_line *line) {
    const chi_code code = {.start = (uintptr_t)line->start, .end = (uintptr_t)line->end};
    if (!is_known(&code, p->number)) {
        add_code(&code, p->number);
    }
}

static bool visit(void *context, const chi_map_line *line) {
    pass *p = (pass *)context;
    if (line->path[0] != '/' && strcmp(line->path, "[vdso]") != 0) {
        if (line->executable) {
            add_plain(p, line);
        }
        return true;
    }
    const bool goes_on = p->count > 0 && line->inode == p->inode && line->offset != 0 &&
                         strcmp(line->path, p->path) == 0;
    if (!goes_on || p->count == LINE_MAX) {
        end_group(p);
        p->offset = line->offset;
        p->inode = line->inode;
        memcpy(p->path, line->path, strlen(line->path) + 1);
    }
    p->spans[p->count++] =
        (span){(uintptr_t)line->start, (uintptr_t)line->end, line->readable, line->executable};
    return true;
}

static bool drop(row *r, uint32_t version) {
    if (!claim_row(r, version)) {
        return false;
    }
    chi_ranges_forget(r->u.code.start, r->u.code.end);
    __atomic_store_n(&r->pass, 0, __ATOMIC_RELAXED);
    (void)__atomic_add_fetch(&r->version, 1, __ATOMIC_RELEASE);
    return true;
}

/* What no line of this or a later pass showed is gone. */
static bool drop_unseen(uint32_t pass_number) {
    bool dropped = false;
    const uint32_t count = __atomic_load_n(&row_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t version = __atomic_load_n(&rows[i].version, __ATOMIC_ACQUIRE);
        const uint32_t seen = __atomic_load_n(&rows[i].pass, __ATOMIC_RELAXED);
        if (seen != 0 && seen < pass_number && drop(&rows[i], version)) {
            dropped = true;
        }
    }
    return dropped;
}

void chi_code_forget(void) {
    (void)drop_unseen(UINT32_MAX);
    chi_code_changed();
}

void chi_code_refresh(void) {
    const int errno_before = errno;
    const uint32_t now = chi_code_generation();
    pass p = {.number = __atomic_add_fetch(&passes, 1, __ATOMIC_ACQ_REL)};
    const bool read = chi_maps_each(visit, &p);
    end_group(&p);
    if (read && drop_unseen(p.number)) {
        chi_code_changed();
        __atomic_store_n(&fresh, chi_code_generation(), __ATOMIC_RELEASE);
    } else {
        __atomic_store_n(&fresh, now, __ATOMIC_RELEASE);
    }
    errno = errno_before;
}

static bool find(chi_code *code, uintptr_t address) {
    const uint32_t count = __atomic_load_n(&row_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t version;
        const uintptr_t start = __atomic_load_n(&rows[i].u.code.start, __ATOMIC_RELAXED);
        if (address >= start && address < __atomic_load_n(&rows[i].u.code.end, __ATOMIC_RELAXED) &&
            read_row(code, &version, &rows[i]) && address >= code->start && address < code->end) {
            return true;
        }
    }
    return false;
}

bool chi_code_find(chi_code *code, uintptr_t address) {
    if (__atomic_load_n(&fresh, __ATOMIC_ACQUIRE) == chi_code_generation() && find(code, address)) {
        return true;
    }
    chi_code_refresh();
    return find(code, address);
}
