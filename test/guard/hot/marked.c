/* marked.c: functions in section ch_hot_text, and others; the first argument says what to call. */
#include <coldheap/hot.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

void *volatile kept;

CH_HOT_FN void hot_clean(int *number);
CH_HOT_FN void hot_dirty(int *number);

static __attribute__((noinline)) void helper(size_t size) {
    kept = malloc(size);
    free(kept);
}

CH_HOT_FN void hot_clean(int *number) {
    ++*number;
}

CH_HOT_FN void hot_dirty(int *number) {
    helper((size_t)*number + 1);
    ++*number;
}

/* Permitted inside, so clean under --hot-marked. */
CH_HOT_FN void hot_permitted(int *number);
CH_HOT_FN void hot_permitted(int *number) {
    CH_PERMIT_SCOPE("tested");
    helper((size_t)*number + 1);
    ++*number;
}

int cold_function(int number);
__attribute__((noinline)) int cold_function(int number) {
    kept = malloc(10);
    free(kept);
    return number + 1;
}

/* A library that is opened late has a hot function too. */
static int open_late(const char *path) {
    void *library = dlopen(path, RTLD_NOW);
    unsigned (*run)(unsigned) =
        library != NULL ? (unsigned (*)(unsigned))dlsym(library, "plugin_run") : NULL;
    return run != NULL ? (int)run(4) : -1;
}

int main(int count, char **arguments) {
    int number = 0;
    const char *what = count > 1 ? arguments[1] : "clean";
    if (what[0] == 'd') {
        hot_dirty(&number);
    } else if (what[0] == 'p') {
        hot_permitted(&number);
    } else if (what[0] == '/' || what[0] == '.') {
        number = open_late(what);
    } else {
        hot_clean(&number);
    }
    printf("%d %d\n", number, cold_function(number));
    return 0;
}
