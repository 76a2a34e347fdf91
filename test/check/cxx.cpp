// cxx.cpp: C++ that allocates in a hot scope: a vector that grows, new, aligned new, an exception.
#include <coldheap/hot.h>

#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <vector>

struct alignas(64) wide {
    char bytes[64];
};

static std::vector<int> *volatile grown;
static int *volatile single;
static wide *volatile aligned;

__attribute__((noinline)) static void tick(const char *what) {
    CH_HOT_SCOPE("tick");
    if (std::strcmp(what, "vector") == 0) {
        grown->push_back(1); // line: VECTOR
    } else if (std::strcmp(what, "new") == 0) {
        single = new int[10]; // line: NEW
    } else if (std::strcmp(what, "aligned") == 0) {
        aligned = new wide; // line: ALIGNED
    } else if (std::strcmp(what, "throw") == 0) {
        throw std::runtime_error("thrown"); // line: THROW
    }
}

int main(int argc, char **argv) {
    grown = new std::vector<int>;
    try {
        tick(argc > 1 ? argv[1] : "");
    } catch (const std::exception &caught) {
        std::puts(caught.what());
    }
    delete[] single;
    delete aligned;
    delete grown;
    return 0;
}
