#include <coldheap/hot.h>
int dropped(int x);
int dropped(int x) { CH_HOT_SCOPE("dropped"); return x; }
