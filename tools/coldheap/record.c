/* record.c: reading and checking a tracker's record; see record.h. */
#include "record.h"

#include "codes.h"
#include "message.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)1 << 16)

static int refuse(const record_source *from, const char *reason) {
    return message_error(EXIT_NOT_ARMED, from->name, 0, "%s", reason);
}

bool record_copy(const record_source *from, uint64_t offset, void *target, size_t size) {
    if (offset > from->size || size > from->size - offset) {
        return false;
    }
    if (from->fd < 0) {
        memcpy(target, from->bytes + offset, size);
        return true;
    }
    uint8_t *at = target;
    while (size > 0) {
        ssize_t got = pread(from->fd, at, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        at += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

/* The next byte at or after `offset` that is not in a hole; `end` if there is none. */
static uint64_t skip_hole(const record_source *from, uint64_t offset, uint64_t end) {
    if (from->fd < 0) {
        return offset;
    }
    off_t data = lseek(from->fd, (off_t)offset, SEEK_DATA);
    if (data < 0) {
        return errno == ENXIO ? end : offset;
    }
    return (uint64_t)data < end ? (uint64_t)data : end;
}

bool record_rows(const record_source *from, uint64_t offset, uint64_t row_bytes, uint64_t count,
                 record_row_function take, void *context) {
    _Alignas(8) static uint8_t piece[PIECE_BYTES];
    CH_ASSERT(row_bytes > 0 && row_bytes <= PIECE_BYTES);
    uint64_t in_piece = PIECE_BYTES / row_bytes;
    uint64_t end = offset + count * row_bytes;
    for (uint64_t row = 0; row < count;) {
        row = (skip_hole(from, offset + row * row_bytes, end) - offset) / row_bytes;
        uint64_t rows = count - row < in_piece ? count - row : in_piece;
        if (!record_copy(from, offset + row * row_bytes, piece, (size_t)(rows * row_bytes))) {
            return false;
        }
        for (uint64_t i = 0; i < rows; i++) {
            if (!take(context, row + i, piece + i * row_bytes)) {
                return false;
            }
        }
        row += rows;
    }
    return true;
}

/* ---- header ---- */

/* `count` things of `size` bytes from `offset` lie within the file, on 8 bytes. */
static bool lies_within(const record_source *from, uint64_t offset, uint64_t count, uint64_t size) {
    uint64_t bytes;
    return offset % 8 == 0 && offset >= sizeof(chi_track_record) &&
           !__builtin_mul_overflow(count, size, &bytes) && offset <= from->size &&
           bytes <= from->size - offset;
}

static int check_identity(const record_source *from, const chi_track_record *header) {
    if (header->magic != CHI_TRACK_MAGIC) {
        return refuse(from, "not a record of `coldheap track`");
    }
    if (header->version != CHI_TRACK_VERSION || header->bytes != sizeof *header) {
        return refuse(from, "the record is of another version of coldheap");
    }
    return EXIT_DONE;
}

static int check_sizes(const record_source *from, const chi_track_record *header) {
    uint64_t counters =
        sizeof(chi_track_counters) + (header->lifetimes != 0 ? sizeof(chi_track_lifetimes) : 0);
    if (header->frames_max == 0 || header->frames_max > CHI_TRACK_FRAMES_MAX ||
        header->site_bytes != sizeof(chi_track_site_row) + UINT64_C(8) * header->frames_max) {
        return refuse(from, "broken record: frames of a site");
    }
    if (header->sites_max < CHI_TRACK_SITE_FIRST || header->sites_max > CHI_TRACK_SITES_MAX) {
        return refuse(from, "broken record: number of sites");
    }
    if (header->counter_bytes != counters || header->table_bytes % 8 != 0 ||
        header->tail_offset < counters * header->sites_max ||
        header->tail_offset > header->table_bytes ||
        header->table_bytes - header->tail_offset < sizeof(chi_track_tail)) {
        return refuse(from, "broken record: size of a table");
    }
    if (header->command[CHI_TRACK_COMMAND_BYTES - 1] != 0) {
        return refuse(from, "broken record: command line");
    }
    return EXIT_DONE;
}

/* Counters of rows taken may run past the rows there are: the writers do not wait for each other.
 */
static uint32_t at_most(uint32_t taken, uint32_t rows) {
    return taken < rows ? taken : rows;
}

static int check_places(const record_source *from, chi_track_record *header) {
    header->tables = at_most(header->tables, CHI_TRACK_TABLES);
    header->module_count = at_most(header->module_count, CHI_TRACK_MODULES);
    header->mark_count = at_most(header->mark_count, CHI_TRACK_MARKS);
    header->site_count = at_most(header->site_count, header->sites_max);
    bool fits =
        lies_within(from, header->modules_offset, header->module_count, sizeof(chi_track_module)) &&
        lies_within(from, header->sites_offset, header->sites_max, header->site_bytes) &&
        lies_within(from, header->tables_offset, header->tables, header->table_bytes);
    return fits ? EXIT_DONE : refuse(from, "broken record: shorter than it says, or cut off");
}

static int read_header(record *out, const record_source *from) {
    chi_track_record *header = &out->header;
    if (!record_copy(from, 0, header, sizeof *header)) {
        return refuse(from, "too short for a record of `coldheap track`");
    }
    int code = check_identity(from, header);
    if (code == EXIT_DONE) {
        code = check_sizes(from, header);
    }
    if (code == EXIT_DONE) {
        code = check_places(from, header);
    }
    for (uint32_t i = 0; code == EXIT_DONE && i < header->mark_count; i++) {
        header->marks[i].name[sizeof header->marks[i].name - 1] = 0;
    }
    return code;
}

/* The arguments, which end in 0 each, as one line. */
static const char *command_line(const chi_track_record *header) {
    size_t size = 0;
    while (size + 1 < CHI_TRACK_COMMAND_BYTES &&
           (header->command[size] != 0 || header->command[size + 1] != 0)) {
        size++;
    }
    char *line = store_text(header->command, size);
    for (size_t i = 0; i < size; i++) {
        line[i] = line[i] != 0 ? line[i] : ' ';
    }
    return line;
}

/* ---- modules and sites ---- */

static bool take_module(void *context, uint64_t row, const uint8_t *bytes) {
    record *out = context;
    chi_track_module module;
    memcpy(&module, bytes, sizeof module);
    (void)row;
    if (module.state != 2 || module.start >= module.end ||
        module.build_id_size > sizeof module.build_id) {
        return true;
    }
    uint8_t *build_id = store_alloc(sizeof module.build_id, 1);
    memcpy(build_id, module.build_id, sizeof module.build_id);
    out->modules[out->module_count++] = (record_module){
        .start = module.start,
        .end = module.end,
        .bias = module.bias,
        .path = store_text(module.path, strnlen(module.path, sizeof module.path)),
        .build_id = build_id,
        .build_id_size = module.build_id_size,
    };
    return true;
}

static int read_modules(record *out, const record_source *from) {
    out->modules = STORE_ARRAY(record_module, out->header.module_count + 1);
    bool read = record_rows(from, out->header.modules_offset, sizeof(chi_track_module),
                            out->header.module_count, take_module, out);
    return read ? EXIT_DONE : refuse(from, "broken record: modules");
}

static bool is_ready(const chi_track_site_row *row, uint64_t index) {
    return index >= CHI_TRACK_SITE_FIRST && row->key != 0 && row->state == 2;
}

static bool count_site(void *context, uint64_t index, const uint8_t *bytes) {
    chi_track_site_row row;
    memcpy(&row, bytes, sizeof row);
    *(size_t *)context += is_ready(&row, index);
    return true;
}

static bool take_site(void *context, uint64_t index, const uint8_t *bytes) {
    record *out = context;
    chi_track_site_row row;
    memcpy(&row, bytes, sizeof row);
    if (!is_ready(&row, index)) {
        return true;
    }
    if (row.kind >= CHI_TRACK_KIND_COUNT || row.frame_count > out->header.frames_max) {
        return false;
    }
    uint64_t *frames = STORE_ARRAY(uint64_t, row.frame_count + 1);
    memcpy(frames, bytes + sizeof row, sizeof *frames * row.frame_count);
    uint32_t count = 0;
    while (count < row.frame_count && frames[count] != 0) { /* a stack ends at address 0 */
        count++;
    }
    out->sites[out->site_count++] = (record_site){.frames = frames,
                                                  .frame_count = count,
                                                  .index = (uint32_t)index,
                                                  .kind = row.kind,
                                                  .call = row.call};
    return true;
}

/* Rows may become ready between the two readings; those are left for the next reader. */
typedef struct site_taker {
    record *out;
    size_t room;
} site_taker;

static bool take_site_within(void *context, uint64_t index, const uint8_t *bytes) {
    site_taker *taker = context;
    return taker->out->site_count == taker->room || take_site(taker->out, index, bytes);
}

/* The two rows that stand for others are there, whatever the file says of them. */
static int read_sites(record *out, const record_source *from) {
    const chi_track_record *header = &out->header;
    site_taker taker = {out, CHI_TRACK_SITE_FIRST};
    bool read = record_rows(from, header->sites_offset, header->site_bytes, header->sites_max,
                            count_site, &taker.room);
    out->sites = STORE_ARRAY(record_site, taker.room);
    while (out->site_count < CHI_TRACK_SITE_FIRST) {
        out->sites[out->site_count].index = (uint32_t)out->site_count;
        out->site_count++;
    }
    read = read && record_rows(from, header->sites_offset, header->site_bytes, header->sites_max,
                               take_site_within, &taker);
    return read ? EXIT_DONE : refuse(from, "broken record: sites");
}

/* ---- public ---- */

int record_read(record *out, const record_source *from) {
    *out = (record){.name = from->name};
    int code = read_header(out, from);
    if (code != EXIT_DONE) {
        return code;
    }
    out->command = command_line(&out->header);
    code = read_modules(out, from);
    if (code == EXIT_DONE) {
        code = read_sites(out, from);
    }
    return code == EXIT_DONE ? record_sum(out, from) : code;
}

int record_open(record *out, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0) {
        int code = message_error(EXIT_NOT_ARMED, path, 0, "%s", strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return code;
    }
    record_source from = {.name = path, .fd = fd, .size = (uint64_t)about.st_size};
    int code = S_ISREG(about.st_mode) ? record_read(out, &from)
                                      : refuse(&from, "not a record of `coldheap track`: no file");
    close(fd);
    return code;
}

const record_module *record_module_at(const record *in, uint64_t address) {
    for (size_t i = 0; i < in->module_count; i++) {
        if (address >= in->modules[i].start && address < in->modules[i].end) {
            return &in->modules[i];
        }
    }
    return NULL;
}

const char *record_kind_name(uint32_t kind) {
    static const char *const NAMES[CHI_TRACK_KIND_COUNT] = {"heap", "stack", "pool", "buffer",
                                                            "arena"};
    CH_ASSERT(kind < CHI_TRACK_KIND_COUNT);
    return NAMES[kind];
}

bool record_is_real(const record_site *site) {
    return site->index >= CHI_TRACK_SITE_FIRST;
}

bool record_is_marked(const record *in) {
    return in->header.mark_count > 0;
}
