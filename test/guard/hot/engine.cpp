// engine.cpp: a program whose hot functions are known by readable names only.
#include <cstdio>
#include <vector>

namespace engine {
struct world {
    std::vector<int> numbers;
    void step(int n) __attribute__((noinline));
};

static inline __attribute__((always_inline)) void nudge(world &w) {
    w.numbers.push_back(3);
}

void world::step(int n) {
    for (int i = 0; i < n; i++) {
        numbers.push_back(i);
    }
}

__attribute__((noinline)) void tick(world &w, int n) {
    w.step(n);
    nudge(w);
}

__attribute__((noinline)) void quiet(int *number) {
    ++*number;
}
} // namespace engine

int main() {
    engine::world w;
    int number = 0;
    engine::tick(w, 100);
    engine::nudge(w);
    engine::quiet(&number);
    std::printf("%zu\n", w.numbers.size() + static_cast<size_t>(number));
}
