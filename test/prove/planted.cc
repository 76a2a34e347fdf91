// planted.cc: planted.c's idea in C++: operators new and delete, virtual calls, exceptions,
// templates, inline functions that several objects have. Names tell what prove must say: clean_
// PROVEN, bad_ never PROVEN, alloc_ VIOLATION.
#include <coldheap/hot.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

static volatile std::size_t sink;
static void *volatile kept;

extern "C" {

CH_HOT_FN void alloc_new() {
    kept = new int[4];
}

CH_HOT_FN void alloc_delete(int *number) {
    delete number;
}

CH_HOT_FN void alloc_unique(std::size_t value) {
    auto owned = std::make_unique<std::size_t>(value);
    kept = owned.get();
}

CH_HOT_FN std::size_t alloc_vector(std::vector<std::size_t> &numbers, std::size_t value) {
    numbers.push_back(value);
    return numbers.size();
}

CH_HOT_FN std::size_t alloc_string(const char *text) {
    return (std::string(text) + text).size();
}

CH_HOT_FN std::size_t alloc_throw(std::size_t value) {
    if (value > sink + 100) {
        throw std::runtime_error("too large");
    }
    return value;
}
}

struct shape {
    virtual std::size_t area() const = 0;
    virtual ~shape() = default;
};

struct square : shape {
    std::size_t side = 2;
    std::size_t area() const override {
        return side * side + sink;
    }
};

struct boxed : shape {
    std::size_t area() const override {
        kept = new int;
        return 1;
    }
};

struct last final : shape {
    std::size_t area() const override {
        return 3 + sink;
    }
};

template <typename number> inline __attribute__((noinline)) number twice(number value) {
    return value * 2 + static_cast<number>(sink);
}

inline __attribute__((noinline)) void *boxing(std::size_t size) {
    return operator new(size);
}

extern "C" {

CH_HOT_FN std::size_t bad_virtual(const shape &of) {
    return of.area();
}

CH_HOT_FN std::size_t clean_final(const last &of) {
    return of.area();
}

CH_HOT_FN std::size_t clean_template(std::size_t value) {
    return twice(value) + twice<unsigned>(3);
}

CH_HOT_FN void alloc_inline(std::size_t size) {
    kept = boxing(size);
}

CH_HOT_FN std::size_t clean_at(const std::vector<std::size_t> &numbers, std::size_t index) {
    return index < numbers.size() ? numbers[index] : 0;
}

CH_PERMIT_FN("told once") void permitted_report() {
    CH_PERMIT_SCOPE("told once");
    kept = new int;
}

CH_HOT_FN std::size_t clean_permitted(std::size_t value) {
    if (value == 0) {
        permitted_report();
    }
    return value;
}
}

int main() {
    std::vector<std::size_t> numbers;
    square one;
    boxed two;
    last three;
    alloc_new();
    alloc_delete(new int);
    alloc_unique(1);
    alloc_inline(8);
    return static_cast<int>(alloc_vector(numbers, 1) + alloc_string("") + alloc_throw(1) +
                            bad_virtual(one) + bad_virtual(two) + clean_final(three) +
                            clean_template(1) + clean_at(numbers, 0) + clean_permitted(1)) &
           1;
}
