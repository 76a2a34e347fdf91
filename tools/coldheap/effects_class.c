/* effects_class.c: classes and their texts; see effects_class.h. */
#include "effects_class.h"

#include <string.h>

static const struct {
    const char *text;
    const char *meaning;
} CLASSES[EFFECT_CLASSES] = {
#define EFFECT_CLASS_TEXT(name, text, meaning) [EFFECT_##name] = {text, meaning},
    EFFECT_CLASS_ROWS(EFFECT_CLASS_TEXT)
#undef EFFECT_CLASS_TEXT
};

const char *effect_class_text(effect_class of) {
    return CLASSES[of].text;
}

const char *effect_class_meaning(effect_class of) {
    return CLASSES[of].meaning;
}

bool effect_class_read(effect_class *out, const char *text) {
    for (unsigned i = 0; i < EFFECT_CLASSES; i++) {
        if (strcmp(CLASSES[i].text, text) == 0) {
            *out = (effect_class)i;
            return true;
        }
    }
    return false;
}
