// engine.cpp: a heap call in a hot section, through the standard library and inlined functions of
// ours. Lines marked "line: NAME" are what the test expects in a backtrace.
#include <coldheap/hot.h>

#include <vector>

namespace engine {

struct queue {
    std::vector<int> items;

    __attribute__((always_inline)) inline void push(int item) {
        items.push_back(item); // line: push
    }

    __attribute__((noinline)) void tick(int item) {
        CH_HOT_SCOPE("tick");
        push(item); // line: tick
    }
};

} // namespace engine

int main() {
    engine::queue queue;
    queue.tick(1); // line: main
    return 0;
}
