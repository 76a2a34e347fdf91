/* marked.c: marks in all their forms, for the tests that compile it: with CH_GUARD=0 its machine
 * code must be that of the same text without the marks. Each mark stands on a line of its own, or
 * before a function. */


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

int marked_sum(const int *numbers, int count) {

    int sum = 0;
    for (int i = 0; i < count; i++) {

        sum += numbers[i];
        if (sum < 0) {

            marked_report(i);
            return -1;
        }
    }
    return sum;
}

int marked_search(const int *numbers, int count, int wanted) {


    for (int i = 0; i < count; i++) {
        if (numbers[i] == wanted) {
            goto found;
        }
    }
    return 0;
found:
    return 1;
}

void marked_report(int number) {

    __asm__ volatile("" : : "r"(number));
}

int marked_fact(int n) {

    return n < 2 ? 1 : n * marked_fact(n - 1);
}
