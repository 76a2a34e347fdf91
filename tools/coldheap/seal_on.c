/* seal_on.c: see seal_on.h. */
#include "seal_on.h"

#include "codes.h"
#include "message.h"
#include "store.h"
#include "text.h"

#include <string.h>

static bool read_after(chi_session_config *config, const char *text) {
    text_error error;
    double seconds;
    size_t length = strlen(text);
    double unit = 1e9;
    if (length > 2 && strcmp(text + length - 2, "ms") == 0) {
        length -= 2;
        unit = 1e6;
    } else if (length > 1 && text[length - 1] == 's') {
        length -= 1;
    }
    if (!text_seconds(&seconds, store_text(text, length), 1e6, &error)) {
        return false;
    }
    config->seal_on |= CHI_SEAL_ON_AFTER;
    config->seal_after_ns = (uint64_t)(seconds * unit);
    return true;
}

static int read_word(chi_session_config *config, const char *word, int position) {
    static const struct {
        const char *word;
        uint32_t bit;
    } CALLS[] = {{"main", CHI_SEAL_ON_MAIN},           {"listen", CHI_SEAL_ON_LISTEN},
                 {"accept", CHI_SEAL_ON_ACCEPT},       {"poll", CHI_SEAL_ON_POLL},
                 {"select", CHI_SEAL_ON_SELECT},       {"epoll_wait", CHI_SEAL_ON_EPOLL_WAIT},
                 {"sigwait", CHI_SEAL_ON_SIGWAIT},     {"pause", CHI_SEAL_ON_PAUSE},
                 {"nanosleep", CHI_SEAL_ON_NANOSLEEP}, {"SIGUSR2", CHI_SEAL_ON_SIGUSR2}};
    for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++) {
        if (strcmp(word, CALLS[i].word) == 0) {
            config->seal_on |= CALLS[i].bit;
            return EXIT_DONE;
        }
    }
    if (strncmp(word, "after=", 6) == 0 && read_after(config, word + 6)) {
        return EXIT_DONE;
    }
    return message_argument(EXIT_USAGE, position,
                            "bad value '%.80s' for --seal-on: use main, listen, accept, poll, "
                            "select, epoll_wait, sigwait, pause, nanosleep, SIGUSR2 or after=2s",
                            word);
}

int seal_on_read(chi_session_config *config, const flag_list *words) {
    int code = EXIT_DONE;
    for (size_t i = 0; i < words->count; i++) {
        const char *text = words->items[i].text;
        for (bool more = true; code == EXIT_DONE && more;) {
            const size_t length = strcspn(text, ",");
            code = read_word(config, store_text(text, length), words->items[i].position);
            more = text[length] == ',';
            text += length + 1;
        }
    }
    return code;
}
