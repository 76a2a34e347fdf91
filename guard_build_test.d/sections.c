#include <coldheap/hot.h>
int unused(int x) { CH_HOT_SCOPE("unused"); return x; }
CH_HOT_FN int hot(int x) { CH_HOT_SCOPE("kept"); { CH_PERMIT_SCOPE("why"); x++; } return x; }
int main(int argc, char **argv) { (void)argv; return hot(argc) - 2; }
