/* marked.c: marks in all their forms, for the tests that compile it: with CH_GUARD=0 its machine
 * code must be that of the same text without the marks. Each mark stands on a line of its own, or
 * before a function. */
#include <coldheap/hot.h>

#ifdef __cplusplus
extern "C" {
#endif
int marked_sum(const int *numbers, int count);
int marked_search(const int *numbers, int count, int wanted);
void marked_report(int number);
int marked_fact(int n);
#ifdef __cplusplus
}
#endif

CH_HOT_FN int marked_sum(const int *numbers, int count) {
    CH_HOT_SCOPE("sum");
    int sum = 0;
    for (int i = 0; i < count; i++) {
        CH_HOT_SCOPE_OPS("turn", CH_OP_ALLOC | CH_OP_MAP);
        sum += numbers[i];
        if (sum < 0) {
            CH_PERMIT_SCOPE("overflow is reported");
            marked_report(i);
            return -1;
        }
    }
    return sum;
}

int marked_search(const int *numbers, int count, int wanted) {
    CH_HOT_SCOPE("search");
    CH_PERMIT_SCOPE_OPS("may free", CH_OP_FREE);
    for (int i = 0; i < count; i++) {
        if (numbers[i] == wanted) {
            goto found;
        }
    }
    return 0;
found:
    return 1;
}

CH_PERMIT_FN("prints") void marked_report(int number) {
    CH_PERMIT_SCOPE("prints");
    __asm__ volatile("" : : "r"(number));
}

int marked_fact(int n) {
    CH_HOT_SCOPE("fact");
    return n < 2 ? 1 : n * marked_fact(n - 1);
}
