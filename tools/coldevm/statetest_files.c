/* statetest_files.c: from PATHs to files: folders are walked, by name; stdin is read line by line.
 */
#include "statetest.h"

#include "sort.h"
#include "store.h"

#include <coldheap/hot.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64u /* folders within folders */

typedef struct file_link {
    const char *path;
    struct file_link *next;
} file_link;

typedef struct file_chain {
    file_link *first;
    size_t count;
} file_chain;

static void chain_add(file_chain *chain, const char *path) {
    file_link *link = STORE_NEW(file_link);
    *link = (file_link){path, chain->first};
    chain->first = link;
    chain->count++;
}

static bool is_folder(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static bool is_json(const char *name) {
    size_t size = strlen(name);
    return size > 5 && strcmp(name + size - 5, ".json") == 0;
}

/* Adds the files of a folder and of those in it. Hidden names are left out; a folder that cannot be
 * read is added itself, so that reading it tells why. */
static void walk(file_chain *chain, const char *path, unsigned depth) {
    DIR *folder = depth < DEPTH_MAX ? opendir(path) : NULL;
    if (folder == NULL) {
        chain_add(chain, path);
        return;
    }
    size_t size = strlen(path);
    const char *slash = size > 0 && path[size - 1] == '/' ? "" : "/";
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        const char *inner = store_format("%s%s%s", path, slash, entry->d_name);
        if (is_folder(inner)) {
            walk(chain, inner, depth + 1);
        } else if (is_json(entry->d_name)) {
            chain_add(chain, inner);
        }
    }
    closedir(folder);
}

static int compare_paths(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

void statetest_files_add(statetest_files *files, const char *path) {
    CH_PERMIT_SCOPE("the C library reads folders through the heap; no case is running");
    file_chain chain = {NULL, 0};
    if (is_folder(path)) {
        walk(&chain, path, 0);
    } else {
        chain_add(&chain, path);
    }
    const char **paths = STORE_ARRAY(const char *, files->count + chain.count);
    if (files->count > 0) {
        memcpy(paths, files->paths, files->count * sizeof *paths);
    }
    size_t first = files->count;
    for (const file_link *link = chain.first; link != NULL; link = link->next) {
        paths[files->count++] = link->path;
    }
    sort_items(paths + first, chain.count, sizeof *paths, compare_paths);
    files->paths = paths;
}

/* One byte of stdin, -1 at the end. */
static int read_byte(void) {
    static char buffer[65536];
    static size_t used, size;
    if (used == size) {
        ssize_t got;
        do {
            got = read(0, buffer, sizeof buffer);
        } while (got < 0 && errno == EINTR);
        used = 0;
        size = got > 0 ? (size_t)got : 0;
    }
    return used < size ? (unsigned char)buffer[used++] : -1;
}

bool statetest_files_line(char *line, size_t size) {
    size_t used = 0;
    int byte = read_byte();
    while (byte >= 0 && byte != '\n') {
        if (used + 1 < size) { /* what is longer than any path is cut, and will not be found */
            line[used++] = (char)byte;
        }
        byte = read_byte();
    }
    used -= used > 0 && line[used - 1] == '\r';
    line[used] = 0;
    return used > 0;
}
