/* main.c: tidy ROOT checks the project that lies there. Exit 0 clean, 1 complaints, 2 trouble. */
#include "tidy.h"

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s ROOT\n", argv[0]);
        return 2;
    }
    int failed = tidy_main(argv[1], stdout);
    return failed < 0 ? 2 : failed > 0;
}
