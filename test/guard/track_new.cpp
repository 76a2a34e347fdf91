// Blocks by operator new from two functions: whoever takes the call of malloc for the call site
// finds only one.
#include <cstdlib>
#include <new>

__attribute__((noinline)) static int *one() {
    return new int(1);
}

__attribute__((noinline)) static char *two() {
    return new char[77];
}

__attribute__((noinline)) static void *three() {
    return ::operator new(1000, std::align_val_t{256}, std::nothrow);
}

int main() {
    for (int i = 0; i < 100; i++) {
        delete one();
        delete[] two();
        ::operator delete(three(), std::align_val_t{256});
    }
    return 0;
}
