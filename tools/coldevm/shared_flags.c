/* shared_flags.c: checks of the flags that several commands share; see shared_flags.h. */
#include "shared_flags.h"

#include "command.h"

#include "codes.h"
#include "message.h"
#include "seal.h"

#include <string.h>

command_modes command_mode;

bool flag_is(flag_text flag, const char *word) {
    return flag.position != 0 && strcmp(flag.text, word) == 0;
}

int shared_flags_check(const shared_flags *flags) {
    const struct {
        const char *name;
        flag_text flag;
        const char *choices;
    } rows[] = {
        {"engine", flags->engine, ENGINE_CHOICES},
        {"no-malloc", flags->no_malloc, "trap|count"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int code = options_choice(rows[i].name, rows[i].flag, rows[i].choices);
        if (code != EXIT_DONE) {
            return code;
        }
    }
    if (flags->no_malloc.position != 0 && !seal_is_armed()) {
        return message_argument(EXIT_FLAG, flags->no_malloc.position,
                                "heap calls cannot be seen in this build");
    }
    return EXIT_DONE;
}
