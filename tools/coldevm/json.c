/* json.c: cJSON behind json.h, on the tool's arena: its hooks take from the store and give nothing
 * back. The only file that includes cJSON. */
#include "json.h"

#include "codes.h"
#include "message.h"
#include "store.h"
#include "text.h"

#include <cjson/cJSON.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 9007199254740992.0 /* 2^53: beyond it a double no longer counts by one */

static bool store_ended;

static void *hook_alloc(size_t size) {
    void *block = store_try(size, _Alignof(max_align_t));
    store_ended = store_ended || block == NULL;
    return block;
}

static void hook_free(void *block) {
    (void)block; /* the store is released as a whole */
}

static size_t line_of(const char *text, const char *place) {
    size_t line = 1;
    for (; text < place; text++) {
        line += *text == '\n';
    }
    return line;
}

int json_parse(json_document *document, text_file file) {
    static cJSON_Hooks hooks = {hook_alloc, hook_free};
    const char *end = file.text;
    cJSON_InitHooks(&hooks);
    store_ended = false;
    document->file = file;
    document->root = cJSON_ParseWithLengthOpts(file.text, file.size + 1, &end, 1);
    if (document->root != NULL) {
        return EXIT_DONE;
    }
    if (store_ended) {
        return message_error(EXIT_LIMIT, file.name, 0, "too large to be read");
    }
    size_t place = (size_t)(end - file.text);
    const char *what = place >= file.size ? "JSON ends too early" : "not JSON from here on";
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

/* Counts nodes in the order of the text up to and including `wanted`; true if it was met. */
static bool count_to(const json_node *node, const json_node *wanted, size_t *count) {
    for (; node != NULL; node = node->next) {
        ++*count;
        if (node == wanted || count_to(node->child, wanted, count)) {
            return true;
        }
    }
    return false;
}

/* The text behind the string that begins at `text`. */
static const char *skip_string(const char *text) {
    for (text++; *text != 0 && *text != '"'; text++) {
        text += *text == '\\' && text[1] != 0;
    }
    return *text == '"' ? text + 1 : text;
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

int json_error(const json_document *document, const json_node *node, const char *format, ...) {
    char reason[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    size_t count = 0;
    size_t line = 0;
    if (node != NULL && count_to(document->root, node, &count)) {
        line = line_of(document->file.text, place_of(document->file.text, count));
    }
    return message_error(EXIT_MALFORMED, document->file.name, line, "%s", reason);
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
    return json_text_address(document, node, json_text(node), address);
}

int json_bytes(const json_document *document, const json_node *node, byte_range *range) {
    if (node == NULL) {
        return EXIT_DONE;
    }
    text_error error;
    const char *text = json_text(node);
    size_t size = strlen(text);
    uint8_t *bytes = store_alloc(size / 2 + 1, 1);
    if (!json_is_text(node)) {
        return json_error(document, node, "%s: hex text is needed", json_key(node));
    }
    if (!text_hex(bytes, &range->size, text, size, false, &error)) {
        return json_error(document, node, "%s: %s", json_key(node), error.reason);
    }
    range->bytes = bytes;
    return EXIT_DONE;
}
