/* trace_check.c: strict checking of trace lines against a table of fields; see trace_check.h. */
#include "trace_check.h"

#include <string.h>

typedef enum field_kind { NUMBER, BYTE, QUANTITY, DATA, STACK, POSITIVE, INTEGER, TEXT } field_kind;

static const struct {
    const char *name;
    field_kind kind;
    bool required;
    const char *meaning;
} FIELDS[] = {
#define FIELD_ROW(name, kind, required, meaning) {#name, kind, required, meaning},
    TRACE_FIELD_ROWS(FIELD_ROW)
#undef FIELD_ROW
};

#define FIELD_COUNT (sizeof FIELDS / sizeof FIELDS[0])

typedef struct reader {
    const char *at;
    const char *end;
} reader;

static bool take(reader *from, char character) {
    bool there = from->at < from->end && *from->at == character;
    from->at += there;
    return there;
}

static bool take_word(reader *from, const char *word) {
    size_t size = strlen(word);
    bool there = (size_t)(from->end - from->at) >= size && memcmp(from->at, word, size) == 0;
    from->at += there ? size : 0;
    return there;
}

static bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

static bool is_hex(char character) {
    return is_digit(character) || (character >= 'a' && character <= 'f');
}

/* A number without sign or leading zeros; false if there is none. */
static bool take_number(reader *from, uint64_t *number) {
    const char *start = from->at;
    *number = 0;
    while (from->at < from->end && is_digit(*from->at)) {
        *number = *number * 10 + (uint64_t)(*from->at++ - '0');
    }
    return from->at > start && (*start != '0' || from->at == start + 1);
}

/* Digits of a quoted "0x.." text; returns their number, SIZE_MAX if there is no such text. */
static size_t take_hex(reader *from, const char **digits) {
    if (!take_word(from, "\"0x")) {
        return SIZE_MAX;
    }
    *digits = from->at;
    while (from->at < from->end && is_hex(*from->at)) {
        from->at++;
    }
    size_t count = (size_t)(from->at - *digits);
    return take(from, '"') ? count : SIZE_MAX;
}

static bool take_quantity(reader *from, size_t digits_max) {
    const char *digits = NULL;
    size_t count = take_hex(from, &digits);
    return count != SIZE_MAX && count > 0 && count <= digits_max && (*digits != '0' || count == 1);
}

static bool take_text(reader *from) {
    if (!take(from, '"')) {
        return false;
    }
    while (from->at < from->end && *from->at != '"') {
        if ((unsigned char)*from->at < 0x20) {
            return false;
        }
        from->at += *from->at == '\\' && from->end - from->at > 1 ? 2 : 1;
    }
    return take(from, '"');
}

static bool take_stack(reader *from) {
    size_t count = 0;
    if (!take(from, '[')) {
        return false;
    }
    while (!take(from, ']')) {
        bool separated = count == 0 || take(from, ',');
        if (!separated || !take_quantity(from, 64) || ++count > 1024) {
            return false;
        }
    }
    return true;
}

static const char *take_value(reader *from, field_kind kind) {
    uint64_t number = 0;
    const char *digits = NULL;
    size_t count = 0;
    switch (kind) {
    case NUMBER:
        return take_number(from, &number) ? NULL : "not a whole number";
    case BYTE:
        return take_number(from, &number) && number < 256 ? NULL : "not a byte";
    case POSITIVE:
        return take_number(from, &number) && number > 0 ? NULL : "not a positive number";
    case INTEGER:
        (void)take(from, '-');
        return take_number(from, &number) ? NULL : "not a whole number";
    case QUANTITY:
        return take_quantity(from, 16) ? NULL : "not a minimal 0x number of 64 bits";
    case DATA:
        count = take_hex(from, &digits);
        return count != SIZE_MAX && count % 2 == 0 ? NULL : "not 0x and whole bytes";
    case STACK:
        return take_stack(from) ? NULL : "not an array of minimal 0x numbers";
    case TEXT:
        return take_text(from) ? NULL : "not a text";
    }
    return "unknown kind";
}

static bool take_key(reader *from, const char *name, bool first) {
    reader start = *from;
    bool there = (first || take(from, ',')) && take(from, '"') && take_word(from, name) &&
                 take_word(from, "\":");
    if (!there) {
        *from = start;
    }
    return there;
}

const char *trace_check(const char *line, size_t size, size_t *place) {
    reader from = {line, line + size};
    const char *wrong = take(&from, '{') ? NULL : "line does not begin with {";
    for (size_t i = 0; wrong == NULL && i < FIELD_COUNT; i++) {
        if (take_key(&from, FIELDS[i].name, i == 0)) {
            wrong = take_value(&from, FIELDS[i].kind);
        } else if (FIELDS[i].required) {
            wrong = "a required field is missing or out of order";
        }
    }
    if (wrong == NULL && !take(&from, '}')) {
        wrong = "a field that does not belong here";
    }
    if (wrong == NULL) {
        (void)take(&from, '\n');
        wrong = from.at == from.end ? NULL : "something follows the closing }";
    }
    *place = (size_t)(from.at - line);
    return wrong;
}

/* ---- Schema ---------------------------------------------------------------------------------- */

static const char *schema_of(field_kind kind) {
    switch (kind) {
    case NUMBER:
        return "\"type\": \"integer\", \"minimum\": 0";
    case BYTE:
        return "\"type\": \"integer\", \"minimum\": 0, \"maximum\": 255";
    case POSITIVE:
        return "\"type\": \"integer\", \"minimum\": 1";
    case INTEGER:
        return "\"type\": \"integer\"";
    case QUANTITY:
        return "\"type\": \"string\", \"pattern\": \"^0x(0|[1-9a-f][0-9a-f]{0,15})$\"";
    case DATA:
        return "\"type\": \"string\", \"pattern\": \"^0x([0-9a-f]{2})*$\"";
    case STACK:
        return "\"type\": \"array\", \"maxItems\": 1024, \"items\": "
               "{ \"type\": \"string\", \"pattern\": \"^0x(0|[1-9a-f][0-9a-f]{0,63})$\" }";
    case TEXT:
        return "\"type\": \"string\"";
    }
    return "";
}

void trace_schema(sink *out) {
    sink_text(out, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                   "  \"title\": \"coldevm trace line (EIP-3155, fields in this order)\",\n"
                   "  \"type\": \"object\",\n  \"properties\": {\n");
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        sink_print(out, "    \"%s\": { \"description\": \"%s\", %s }%s\n", FIELDS[i].name,
                   FIELDS[i].meaning, schema_of(FIELDS[i].kind), i + 1 < FIELD_COUNT ? "," : "");
    }
    sink_text(out, "  },\n  \"required\": [");
    const char *separator = "";
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (FIELDS[i].required) {
            sink_print(out, "%s\"%s\"", separator, FIELDS[i].name);
            separator = ", ";
        }
    }
    sink_text(out, "],\n  \"additionalProperties\": false\n}\n");
}
