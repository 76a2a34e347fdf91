/** functions.h: the functions of an ELF file, with their names, as its symbol tables show them:
 *  .symtab, or .dynsym if the file is stripped. The file is mapped while it is read, and not
 *  trusted. */
#ifndef CH_GUARD_FUNCTIONS_H
#define CH_GUARD_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

typedef struct chi_functions {
    const uint8_t *bytes;
    size_t size_bytes;
    uint64_t symbols; /* offsets in the file */
    uint64_t symbol_count;
    uint64_t names;
    uint64_t names_size;
    uint64_t marked; /* ELF addresses of section ch_hot_text */
    uint64_t marked_size;
    bool stripped;      /* there is no .symtab */
    const char *soname; /* or "" */
} chi_functions;

typedef struct chi_function {
    const char *name;
    uint64_t address;
    uint64_t size_bytes;
} chi_function;

/** chi_functions_open maps the file. Returns: false if it is no ELF file of this machine. */
bool chi_functions_open(chi_functions *functions, const char *path);
void chi_functions_close(chi_functions *functions);

/** chi_functions_next gives the function at or after *index that has code and a size, and moves
 *  *index behind it. Returns: false at the end. */
bool chi_functions_next(const chi_functions *functions, chi_function *function, uint64_t *index);

#pragma GCC visibility pop

#endif
