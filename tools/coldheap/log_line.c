/* log_line.c: see log_line.h. */
#include "log_line.h"

#include "text.h"

#include <string.h>

static bool skip(const char **at, const char *text) {
    const size_t length = strlen(text);
    if (strncmp(*at, text, length) != 0) {
        return false;
    }
    *at += length;
    return true;
}

static bool skip_digits(const char **at) {
    const size_t length = strspn(*at, "0123456789");
    *at += length;
    return length > 0;
}

static bool read_hex(const char **at, uint64_t *number) {
    if (!skip(at, "0x") || text_hex_digit(**at) < 0) {
        return false;
    }
    *number = 0;
    for (; text_hex_digit(**at) >= 0; (*at)++) {
        if (*number >> 60 != 0) {
            return false;
        }
        *number = *number << 4 | (uint64_t)text_hex_digit(**at);
    }
    return true;
}

/* "0xADDRESS SYMBOL+0x14 (MODULE+0x12b4)" to the end of the line; module is found from behind,
 * because anything may stand in a symbol. */
static bool read_address(const char *at, log_line *out) {
    uint64_t address;
    if (!read_hex(&at, &address)) {
        return false;
    }
    const size_t size = strlen(at);
    if (size == 0 || at[size - 1] != ')') {
        return true; /* in no file */
    }
    const char *open = at + size;
    while (open > at && !(open[0] == '(' && open[-1] == ' ')) {
        open--;
    }
    const char *plus = at + size;
    while (plus > open && *plus != '+') {
        plus--;
    }
    const char *number = plus + 1;
    if (open == at || plus == open || !read_hex(&number, &out->offset) ||
        strcmp(number, ")") != 0) {
        return false;
    }
    out->module = (log_part){open + 1, (size_t)(plus - open - 1)};
    return true;
}

static bool read_module(const char *at, log_line *out) {
    static const char says[] = ": build id ";
    const char *colon = NULL;
    for (const char *next = at; (next = strstr(next, says)) != NULL; next++) {
        colon = next;
    }
    if (at[0] != '/' || colon == NULL) {
        return false;
    }
    const char *digit = colon + sizeof says - 1;
    for (; out->build_id_size < LOG_ID_BYTES; digit += 2) {
        const int high = text_hex_digit(digit[0]);
        const int low = high >= 0 ? text_hex_digit(digit[1]) : -1;
        if (low < 0) {
            break;
        }
        out->build_id[out->build_id_size++] = (uint8_t)(high << 4 | low);
    }
    out->module = (log_part){at, (size_t)(colon - at)};
    return *digit == 0 && out->build_id_size > 0;
}

static void read_violation(const char *text, const char *at, log_line *out) {
    const size_t call = strcspn(at, " ");
    const char *number = at + call + (at[call] == ' ');
    const char *after = number;
    out->head = (log_part){text, (size_t)(at - text)};
    out->call = (log_part){at, call};
    if (skip_digits(&after) && strncmp(after, " B", 2) == 0) {
        out->bytes = (log_part){number, (size_t)(after - number)};
        out->tail = (log_part){after + 2, strlen(after + 2)};
    }
}

static bool read_site(const char *text, const char *at, log_line *out) {
    const char *from = NULL;
    for (const char *next = at; (next = strstr(next, " from 0x")) != NULL; next++) {
        from = next;
    }
    if (!skip_digits(&at) || *at != ' ' || from == NULL) {
        return false;
    }
    from += sizeof " from " - 1;
    out->head = (log_part){text, (size_t)(from - text)};
    return read_address(from, out);
}

log_line log_read(const char *text) {
    log_line out = {.kind = LOG_OTHER};
    const char *at = text;
    if (skip(&at, "coldheap: VIOLATION ")) {
        out.kind = LOG_VIOLATION;
        read_violation(text, at, &out);
    } else if (skip(&at, "coldheap: x")) {
        out.kind = read_site(text, at, &out) ? LOG_SITE : LOG_OTHER;
    } else if (skip(&at, "    #")) {
        const bool whole = skip_digits(&at) && skip(&at, " ") && read_address(at, &out);
        out.kind = whole ? LOG_FRAME : LOG_OTHER;
    } else if (skip(&at, "    ")) {
        out.kind = read_module(at, &out) ? LOG_MODULE : LOG_OTHER;
    }
    return out;
}
