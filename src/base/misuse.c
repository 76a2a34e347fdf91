/* misuse.c: the process-wide misuse hook and its default, which prints one line and aborts. */
#include <coldheap/misuse.h>

#include <stdatomic.h>

#include "base/os.h"
#include "base/text.h"

static _Atomic(const ch_misuse_hook *) installed;

const ch_misuse_hook *ch_on_misuse(const ch_misuse_hook *hook) {
    return atomic_exchange_explicit(&installed, hook, memory_order_acq_rel);
}

CH_NORETURN CH_COLD static void print_and_abort(const ch_misuse *misuse) {
    char line[320];
    chi_text text;
    chi_text_begin(&text, line, sizeof line - 1);
    chi_text_put(&text, "coldheap: misuse: ");
    chi_text_put(&text, misuse->call);
    chi_text_put(&text, " of '");
    chi_text_put(&text, misuse->name);
    chi_text_put(&text, "' (object ");
    chi_text_put_hex(&text, (uintptr_t)misuse->object);
    chi_text_put(&text, ", pointer ");
    chi_text_put_hex(&text, (uintptr_t)misuse->culprit);
    chi_text_put(&text, ", called from ");
    chi_text_put_hex(&text, (uintptr_t)misuse->site);
    chi_text_put(&text, "): ");
    chi_text_put(&text, ch_status_name(misuse->status));
    chi_text_put(&text, ": ");
    chi_text_put(&text, ch_status_text(misuse->status));
    size_t length = chi_text_end(&text);
    length = length < sizeof line - 2 ? length : sizeof line - 2;
    line[length++] = '\n';
    chi_os_write_error(line, length);
    chi_os_abort();
}

ch_status ch_misuse_report(const ch_misuse *misuse) {
    const ch_misuse_hook *hook = atomic_load_explicit(&installed, memory_order_acquire);
    if (hook == NULL) {
        print_and_abort(misuse);
    }
    hook->seen(hook->context, misuse);
    return misuse->status;
}
