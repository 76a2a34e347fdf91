/* A step with all registers, and where stacks end. */
#define _GNU_SOURCE
#include "machine.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

#ifdef __x86_64__
CH_NOINLINE static bool step_here(const void *wanted) {
    chi_registers registers;
    bool interrupted = true;
    chi_machine_capture(&registers);
    registers.low = registers.values[CHI_REGISTER_RSP];
    registers.high = chi_machine_stack_end(registers.low);
    const chi_machine_end end =
        chi_machine_step(&registers, &interrupted, registers.values[CHI_REGISTER_PC]);
    return end == CHI_MACHINE_GOES_ON && !interrupted &&
           registers.values[CHI_REGISTER_PC] == (uintptr_t)wanted;
}

CH_NOINLINE static bool step_to_caller(void) {
    const bool good = step_here(__builtin_extract_return_addr(__builtin_return_address(0)));
    __asm__ volatile("");
    return good;
}

/* The address after the call of step_here is not known by name: it lies in this function. */
CH_NOINLINE static uintptr_t pc_of_caller(void) {
    chi_registers registers;
    bool interrupted;
    chi_machine_capture(&registers);
    registers.low = registers.values[CHI_REGISTER_RSP];
    registers.high = chi_machine_stack_end(registers.low);
    const chi_machine_end end =
        chi_machine_step(&registers, &interrupted, registers.values[CHI_REGISTER_PC]);
    const uintptr_t direct = (uintptr_t)__builtin_return_address(0);
    return end == CHI_MACHINE_GOES_ON && registers.values[CHI_REGISTER_PC] == direct ? direct : 0;
}

TEST(g23_machine_step_finds_the_caller) {
    CHECK(pc_of_caller() != 0);
    CHECK(!step_to_caller()); /* one step is not two */
}

TEST(g23_machine_step_lacks_a_register) {
    chi_registers registers = {.known = 0};
    bool interrupted;
    CHECK_EQUAL(chi_machine_step(&registers, &interrupted, (uintptr_t)&chi_machine_step),
                CHI_MACHINE_LACKS);
    CHECK_EQUAL(chi_machine_step(&registers, &interrupted, 0), CHI_MACHINE_ENDS);
}
#endif

TEST(g23_machine_end_of_the_own_stack) {
    int here = 0;
    const uintptr_t end = chi_machine_stack_end((uintptr_t)&here);
    CHECK(end > (uintptr_t)&here);
    CHECK_EQUAL(end, chi_guard_self.stack_high);
}

TEST(g23_machine_end_of_another_stack) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *block =
        mmap(NULL, 9 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!CHECK(block != MAP_FAILED)) {
        return;
    }
    CHECK_EQUAL(mprotect(block + 8 * page, page, PROT_NONE), 0);
    for (int i = 0; i < 2; i++) { /* the second answer comes from the table */
        CHECK_EQUAL(chi_machine_stack_end((uintptr_t)block + 5 * page),
                    (uintptr_t)block + 8 * page);
    }
    CHECK_EQUAL(chi_machine_stack_end((uintptr_t)block + 8 * page), 0);
    munmap(block, 9 * page);
    CHECK_EQUAL(chi_machine_stack_end(8), 0);
}
