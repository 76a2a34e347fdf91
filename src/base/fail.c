/* fail.c: the last words of a failed requirement or assertion, written without allocating. */
#include <coldheap/base.h>

#include "base/os.h"
#include "base/text.h"

void ch_fail(const char *kind, const char *condition, const char *file, int line) {
    char message[512];
    chi_text text;
    chi_text_begin(&text, message, sizeof message - 1);
    chi_text_put(&text, file);
    chi_text_put(&text, ":");
    chi_text_put_u64(&text, line > 0 ? (uint64_t)line : 0u);
    chi_text_put(&text, ": ");
    chi_text_put(&text, kind);
    chi_text_put(&text, " failed: ");
    chi_text_put(&text, condition);
    size_t length = chi_text_end(&text);
    length = length < sizeof message - 2 ? length : sizeof message - 2;
    message[length++] = '\n';
    chi_os_write_error(message, length);
    chi_os_abort();
}
