/* local_fuzz.c: the input is first a value of the environment, which must be read as a slow reader
 * reads it, then steps on the thread's arena and scratch area, which must agree with a list. */
#include "local_rig.h"

#include "fuzz.h"
#include "mem/local_parts.h"

static const uint8_t *input;
static size_t input_left;

static uint64_t draw(uint64_t limit) {
    uint64_t value = 0;
    for (unsigned i = 0; i < 2 && input_left > 0 && (i == 0 || limit > 256); i++) {
        value = value << 8 | *input++;
        input_left--;
    }
    return value % limit;
}

/* Digits, then at most one of k, m, g; anything above 2^64 - 1 is no size. */
static bool read_slowly(const char *text, uint64_t *value) {
    const size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits;
    const char *const units = "kKmMgG";
    const char *found = *unit != 0 ? strchr(units, *unit) : NULL;
    if (digits == 0 || (*unit != 0 && (found == NULL || unit[1] != 0))) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < digits; i++) {
        const unsigned digit = (unsigned)(text[i] - '0');
        if (number > UINT64_MAX / 10 || 10 * number > UINT64_MAX - digit) {
            return false;
        }
        number = 10 * number + digit;
    }
    const unsigned shift = found != NULL ? 10 * (unsigned)((found - units) / 2 + 1) : 0;
    *value = number << shift;
    return *value >> shift == number;
}

static void check_text(void) {
    char text[32];
    size_t length = 0;
    while (length < sizeof text - 1 && input_left > 0 && *input != 0) {
        text[length++] = (char)*input++;
        input_left--;
    }
    text[length] = 0;
    uint64_t want = 0;
    size_t got = 77;
    const bool is_size = read_slowly(text, &want);
    CH_REQUIRE(chi_local_size_of(text, &got) == is_size);
    CH_REQUIRE(got == (is_size ? want : 77));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool (*const steps[])(void *) = {local_alloc_step, local_alloc_step,   local_alloc_step,
                                            local_alloc_step, local_mark_step,    local_mark_step,
                                            local_mark_step,  local_release_step, local_reset_step};
    static local_rig rig;
    input = data;
    input_left = size;
    check_text();
    const uint64_t kind = draw(4);
    CH_REQUIRE(local_begin(&rig, (kind & 1u) != 0, (kind & 2u) != 0, 1u << 18, draw));
    while (input_left > 0) {
        CH_REQUIRE(steps[draw(sizeof steps / sizeof steps[0])](&rig));
        CH_REQUIRE(local_agrees(&rig));
    }
    CH_REQUIRE(local_end());
    return 0;
}
