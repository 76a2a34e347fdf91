/* json.c: cJSON behind json.h, on the tool's arena: its hooks take from the store and give nothing
 * back. The only file that includes cJSON. */
#include "json.h"

#include "codes.h"
#include "message.h"
#include "store.h"
#include "words.h"

#include <cjson/cJSON.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 9007199254740992.0 /* 2^53: beyond it a double no longer counts by one */

#define LOCATED_MAX 1000u /* errors of one member; then its own line must do */
#define FEW_MEMBERS 8u    /* up to so many keys are compared with each other */

static _Thread_local bool store_ended;

/* Where the root's member that held the last error begins, so that many errors of one file, which
 * mostly come in its order, cost one walk through it. */
typedef struct error_place {
    const char *text;
    const json_node *root;
    const json_node *member;
    const char *place;
    size_t line;
    size_t error_count; /* in this member */
} error_place;

static _Thread_local error_place last_error_place;

static void *hook_alloc(size_t size) {
    void *block = store_try(size, _Alignof(max_align_t));
    store_ended = store_ended || block == NULL;
    return block;
}

static void hook_free(void *block) {
    (void)block; /* the store is released as a whole */
}

void json_init(void) {
    static cJSON_Hooks hooks = {hook_alloc, hook_free};
    static bool is_done;
    if (!is_done) {
        cJSON_InitHooks(&hooks);
        is_done = true;
    }
}

static size_t line_of(const char *text, const char *place) {
    size_t line = 1;
    for (; text < place; text++) {
        line += *text == '\n';
    }
    return line;
}

/* The first byte that is not part of well-formed UTF-8, else the end. */
static const char *utf8_end(const char *text, size_t size) {
    static const struct {
        uint8_t mask, lead, low, high; /* of the first byte; bounds of the second */
        uint8_t length;
    } FORMS[] = {
        {0xff, 0xe0, 0xa0, 0xbf, 3}, {0xff, 0xed, 0x80, 0x9f, 3}, {0xff, 0xf0, 0x90, 0xbf, 4},
        {0xff, 0xf4, 0x80, 0x8f, 4}, {0xf0, 0xe0, 0x80, 0xbf, 3}, {0xfc, 0xf0, 0x80, 0xbf, 4},
        {0xe0, 0xc0, 0x80, 0xbf, 2},
    };
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *end = at + size;
    while (at < end) {
        uint64_t word;
        if (*at < 0x80) {
            at++;
            while (end - at >= 8 && (memcpy(&word, at, 8), word & 0x8080808080808080u) == 0) {
                at += 8;
            }
            continue;
        }
        size_t form = 0;
        while (form < sizeof FORMS / sizeof FORMS[0] &&
               (*at & FORMS[form].mask) != FORMS[form].lead) {
            form++;
        }
        if (form == sizeof FORMS / sizeof FORMS[0] || *at == 0xc0 || *at == 0xc1 ||
            end - at < FORMS[form].length || at[1] < FORMS[form].low || at[1] > FORMS[form].high) {
            break;
        }
        size_t length = 2;
        while (length < FORMS[form].length && (at[length] & 0xc0) == 0x80) {
            length++;
        }
        if (length < FORMS[form].length) {
            break;
        }
        at += length;
    }
    return (const char *)at;
}

/* A zero character ends C's texts, so no text may hold one. */
static const char *zero_character(const text_file *file) {
    const char *zero = memchr(file->text, 0, file->size);
    const char *at = file->text;
    while (zero == NULL &&
           (at = memmem(at, file->size - (size_t)(at - file->text), "\\u0000", 6)) != NULL) {
        size_t slashes = 1;
        while (at - slashes >= file->text && at[-(ptrdiff_t)slashes] == '\\') {
            slashes++;
        }
        zero = slashes % 2 != 0 ? at : NULL;
        at += 6;
    }
    return zero;
}

/* The text behind the string that begins at `text`. */
static const char *skip_string(const char *text) {
    for (text++; *text != 0 && *text != '"'; text++) {
        text += *text == '\\' && text[1] != 0;
    }
    return *text == '"' ? text + 1 : text;
}

int json_parse(json_document *document, text_file file) {
    const char *end = utf8_end(file.text, file.size);
    json_init();
    store_ended = false;
    last_error_place.root = NULL; /* another document may come to lie where the last one was */
    document->file = file;
    document->root = NULL;
    if (end != file.text + file.size) {
        return message_error(EXIT_MALFORMED, file.name, line_of(file.text, end),
                             "not UTF-8 (byte %zu)", (size_t)(end - file.text) + 1);
    }
    if ((end = zero_character(&file)) != NULL) {
        return message_error(EXIT_MALFORMED, file.name, line_of(file.text, end),
                             "a zero character (byte %zu)", (size_t)(end - file.text) + 1);
    }
    end = file.text;
    document->root = cJSON_ParseWithLengthOpts(file.text, file.size + 1, &end, 1);
    if (document->root != NULL) {
        return EXIT_DONE;
    }
    if (store_ended) {
        return message_error(EXIT_LIMIT, file.name, 0, "too large to be read");
    }
    size_t place = (size_t)(end - file.text);
    /* The parser stops behind the quote of a text that does not end. */
    bool is_cut = place >= file.size || *end == 0 ||
                  (place > 0 && end[-1] == '"' && *skip_string(end - 1) == 0);
    const char *what = is_cut ? "JSON ends too early" : "not JSON from here on";
    return message_error(EXIT_MALFORMED, file.name, line_of(file.text, end), "%s (byte %zu)", what,
                         place + 1);
}

int json_open(json_document *document, const char *path) {
    text_file file;
    int code = input_file(&file, path);
    return code != EXIT_DONE ? code : json_parse(document, file);
}

bool json_is_object(const json_node *node) {
    return cJSON_IsObject(node) != 0;
}

bool json_is_array(const json_node *node) {
    return cJSON_IsArray(node) != 0;
}

bool json_is_text(const json_node *node) {
    return cJSON_IsString(node) != 0;
}

bool json_is_true(const json_node *node) {
    return cJSON_IsTrue(node) != 0;
}

bool json_is_null(const json_node *node) {
    return cJSON_IsNull(node) != 0;
}

const json_node *json_get(const json_node *object, const char *key) {
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

const json_node *json_first(const json_node *parent) {
    return parent != NULL ? parent->child : NULL;
}

const json_node *json_next(const json_node *node) {
    return node->next;
}

const json_node *json_at(const json_node *array, size_t index) {
    const json_node *node = json_first(array);
    while (node != NULL && index > 0) {
        node = node->next;
        index--;
    }
    return node;
}

size_t json_count(const json_node *parent) {
    size_t count = 0;
    for (const json_node *node = json_first(parent); node != NULL; node = node->next) {
        count++;
    }
    return count;
}

const char *json_key(const json_node *member) {
    return member->string != NULL ? member->string : "";
}

const char *json_text(const json_node *node) {
    return json_is_text(node) ? node->valuestring : "";
}

static size_t key_hash(const char *key) {
    uint64_t hash = 14695981039346656037u;
    for (; *key != 0; key++) {
        hash = (hash ^ (uint8_t)*key) * 1099511628211u;
    }
    return (size_t)(hash ^ hash >> 32);
}

static const json_node *twin_by_hash(const json_node *object, size_t count) {
    size_t cells = 16;
    while (cells < 2 * count) {
        cells *= 2;
    }
    ch_arena_point point = store_mark();
    const json_node **table = STORE_ARRAY(const json_node *, cells);
    const json_node *twin = NULL;
    for (const json_node *node = json_first(object); twin == NULL && node != NULL;
         node = node->next) {
        size_t cell = key_hash(json_key(node)) & (cells - 1);
        while (table[cell] != NULL && strcmp(json_key(table[cell]), json_key(node)) != 0) {
            cell = (cell + 1) & (cells - 1);
        }
        twin = table[cell] != NULL ? node : NULL;
        table[cell] = node;
    }
    store_release(point);
    return twin;
}

static const json_node *twin_by_pairs(const json_node *object) {
    for (const json_node *node = json_first(object); node != NULL; node = node->next) {
        for (const json_node *other = object->child; other != node; other = other->next) {
            if (strcmp(json_key(other), json_key(node)) == 0) {
                return node;
            }
        }
    }
    return NULL;
}

int json_unique(const json_document *document, const json_node *object) {
    size_t count = json_count(object);
    const json_node *twin =
        count <= FEW_MEMBERS ? twin_by_pairs(object) : twin_by_hash(object, count);
    return twin == NULL
               ? EXIT_DONE
               : json_error(document, twin, "\"%.200s\" stands here twice", json_key(twin));
}

/* Counts `node` and what is in it, in the order of the text, up to and including `wanted`; true if
 * it was met. */
static bool count_in(const json_node *node, const json_node *wanted, size_t *count) {
    ++*count;
    bool met = node == wanted;
    for (const json_node *child = node->child; !met && child != NULL; child = child->next) {
        met = count_in(child, wanted, count);
    }
    return met;
}

/* The place of the value number `count` of the text, which is known to be JSON. */
static const char *place_of(const char *text, size_t count) {
    while (*text != 0) {
        const char *start = text;
        bool is_value = strchr(" \t\r\n,:]}", *text) == NULL;
        if (*text == '"') {
            text = skip_string(text);
            is_value = text[strspn(text, " \t\r\n")] != ':'; /* else it is a key */
        } else if (is_value && *text != '{' && *text != '[') {
            text += strcspn(text, " \t\r\n,:]}");
        } else {
            text++;
        }
        if (is_value && --count == 0) {
            return start;
        }
    }
    return text;
}

static error_place first_place(const json_document *document) {
    const char *text = document->file.text;
    const char *place = place_of(text, 2); /* 1 is the root itself */
    return (error_place){text,  document->root,       json_first(document->root),
                         place, line_of(text, place), 0};
}

/* Walks from `at` to the member that holds `node`; its line, 0 if it is in none. */
static size_t find_line(error_place *at, const json_node *node) {
    while (at->member != NULL) {
        size_t count = 0;
        if (count_in(at->member, node, &count)) {
            return at->line + line_of(at->place, place_of(at->place, count)) - 1;
        }
        const char *next = place_of(at->place, count + 1);
        at->line += line_of(at->place, next) - 1;
        at->place = next;
        at->member = at->member->next;
        at->error_count = 0;
    }
    return 0;
}

static size_t line_of_node(const json_document *document, const json_node *node) {
    error_place *last = &last_error_place;
    const char *text = document->file.text;
    if (node == NULL || node == document->root) {
        return node == NULL ? 0 : line_of(text, place_of(text, 1));
    }
    bool is_known = last->text == text && last->root == document->root && last->member != NULL;
    if (is_known && last->error_count >= LOCATED_MAX && node >= last->member &&
        (last->member->next == NULL || node < last->member->next)) {
        return last->line; /* nodes lie in the order of the text */
    }
    error_place at = is_known ? *last : first_place(document);
    size_t line = find_line(&at, node);
    if (line == 0 && is_known) { /* it stands before the last one */
        at = first_place(document);
        line = find_line(&at, node);
    }
    *last = at;
    last->error_count++;
    return line;
}

int json_error(const json_document *document, const json_node *node, const char *format, ...) {
    char reason[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return message_error(EXIT_MALFORMED, document->file.name, line_of_node(document, node), "%s",
                         reason);
}

int json_text_u256(const json_document *document, const json_node *node, const char *text,
                   chevm_u256 *number) {
    text_error error;
    if (strcmp(text, "0x") == 0) {
        chevm_u256_set_u64(number, 0);
        return EXIT_DONE;
    }
    if (!text_u256(number, text, &error)) {
        return json_error(document, node, "'%.80s': %s", text, error.reason);
    }
    return EXIT_DONE;
}

int json_u256(const json_document *document, const json_node *node, chevm_u256 *number) {
    if (node == NULL) {
        return EXIT_DONE;
    }
    if (json_is_text(node)) {
        return json_text_u256(document, node, json_text(node), number);
    }
    double value = cJSON_IsNumber(node) ? node->valuedouble : -1;
    if (value < 0 || value > NUMBER_MAX || value != (double)(uint64_t)value) {
        return json_error(document, node, "%s: a whole number is needed", json_key(node));
    }
    chevm_u256_set_u64(number, (uint64_t)value);
    return EXIT_DONE;
}

int json_u64(const json_document *document, const json_node *node, uint64_t *number) {
    chevm_u256 wide;
    chevm_u256_set_u64(&wide, *number);
    int code = json_u256(document, node, &wide);
    if (code == EXIT_DONE && !chevm_u256_fits_u64(&wide)) {
        return json_error(document, node, "%s: number needs more than 64 bits", json_key(node));
    }
    if (code == EXIT_DONE) {
        *number = wide.limbs[0];
    }
    return code;
}

int json_text_address(const json_document *document, const json_node *node, const char *text,
                      chevm_address *address) {
    text_error error;
    if (!text_address(address, text, &error)) {
        return json_error(document, node, "'%.80s': %s", text, error.reason);
    }
    return EXIT_DONE;
}

int json_address(const json_document *document, const json_node *node, chevm_address *address) {
    if (node == NULL) {
        return EXIT_DONE;
    }
    if (!json_is_text(node)) {
        return json_error(document, node, "%s: an address is needed", json_key(node));
    }
    return json_text_address(document, node, json_text(node), address);
}

int json_bytes(const json_document *document, const json_node *node, byte_range *range) {
    if (node == NULL) {
        return EXIT_DONE;
    }
    text_error error;
    const char *text = json_text(node);
    size_t size = strlen(text);
    if (!json_is_text(node)) {
        return json_error(document, node, "%s: hex text is needed", json_key(node));
    }
    uint8_t *bytes = store_alloc(size / 2 + 1, 1);
    if (!text_hex(bytes, &range->size, text, size, false, &error)) {
        return json_error(document, node, "%s: %s", json_key(node), error.reason);
    }
    range->bytes = bytes;
    return EXIT_DONE;
}
