/* demangle.h: names of C++ and legacy Rust as people write them. The work is libstdc++'s; here it
 * is bounded, whatever the name, and nothing is allocated. */
#ifndef COLDHEAP_TOOL_DEMANGLE_H
#define COLDHEAP_TOOL_DEMANGLE_H

#include <stdbool.h>
#include <stddef.h>

#define DEMANGLE_BYTES 1024u

/* demangle writes the readable form of a linker name into text. Rust's names lose their hash and
 * get their signs back. Longer forms are cut.
 * Returns: false if the name is none that is mangled, or cannot be read; text is empty then. */
bool demangle(char text[DEMANGLE_BYTES], const char *name);

/* demangle_bare cuts a readable name down, in place, to the qualified one, without the type that is
 * returned and without arguments: "void std::vector<int>::resize(unsigned long)" to
 * "std::vector<int>::resize". */
void demangle_bare(char *text);

/* demangle_is_rust tells whether a linker name is one that rustc made (legacy mangling). */
bool demangle_is_rust(const char *name);

/* demangle_matches tells whether `glob` fits the name or its readable form, with or without the
 * arguments: tick, _ZN6engine4tickEi, engine::tick(int), engine::tick. */
bool demangle_matches(const char *glob, const char *name);

#endif
