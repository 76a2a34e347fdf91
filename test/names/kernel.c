// kernel.c: a system call by instruction, one inside libc, and the first touch of a page, all in a
// hot section. Lines marked "line: NAME" are what the test expects.
#include <coldheap/hot.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static void *volatile kept;

__attribute__((noinline)) static void call(void) {
    long result;
    __asm__ volatile("syscall" // line: call
                     : "=a"(result)
                     : "a"(SYS_getpid)
                     : "rcx", "r11", "memory");
}

__attribute__((noinline)) static void touch(volatile char *memory) {
    memory[8192] = 1; // line: touch
}

int main(void) {
    char *memory = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, 65536, MADV_NOHUGEPAGE);
    {
        CH_HOT_SCOPE("tick");
        call();
        touch(memory);
        {
            CH_PERMIT_SCOPE("of the heap, and what comes with it");
            kept = malloc((size_t)64 << 20);
        }
    }
    {
        CH_HOT_SCOPE_OPS("map", CH_OP_ALLOC);
        kept = malloc((size_t)64 << 20); // line: map
    }
    printf("touched %p\n", (void *)(memory + 8192));
    return 0;
}
