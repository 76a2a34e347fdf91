// stacks.cpp: heap calls of C++: templates, virtual functions, lambdas, exceptions on their way up
// through frames with destructors, iostreams, threads, static and thread-local objects.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct shape {
    virtual ~shape() = default;
    virtual std::string name(int depth) const = 0;
};

struct circle : shape {
    std::string name(int depth) const override {
        return depth == 0 ? std::string(40, 'c') : name(depth - 1) + std::string(20, 'c');
    }
};

struct keeper {
    std::vector<int> numbers;
    explicit keeper(int size) : numbers(static_cast<size_t>(size)) {}
    ~keeper() { std::vector<int> last(numbers.size() + 3); numbers.swap(last); }
};

struct alignas(64) wide {
    double values[8];
};

int thrower(int depth) {
    keeper kept(depth + 1);
    if (depth == 0) {
        throw std::runtime_error(std::string(100, 'x'));
    }
    return thrower(depth - 1) + static_cast<int>(kept.numbers.size());
}

int catcher(int rounds) {
    int caught = 0;
    for (int i = 0; i < rounds; i++) {
        try {
            thrower(i);
        } catch (const std::exception &error) {
            caught += static_cast<int>(std::string(error.what()).size());
        }
    }
    return caught;
}

thread_local std::string local_text(50, 't');
std::map<std::string, int> table{{std::string(30, 'a'), 1}};

void work() {
    std::unique_ptr<shape> one(new circle);
    local_text += one->name(8);
    std::vector<std::string> words;
    for (int i = 0; i < 50; i++) {
        words.push_back(std::to_string(i) + std::string(20, 'w'));
    }
    std::sort(words.begin(), words.end(), [](const std::string &a, const std::string &b) {
        return std::string(a).append("!") < b;
    });
    std::function<int(int)> recursive = [&](int n) {
        auto hold = std::make_unique<wide[]>(static_cast<size_t>(n + 1));
        return n == 0 ? 0 : recursive(n - 1) + static_cast<int>(hold[0].values[0]);
    };
    recursive(10);
    std::ostringstream out;
    out << catcher(10) << ' ' << words.front() << ' ' << table.size();
    std::cout << out.str().size() << '\n';
}

} // namespace

int main() {
    work();
    std::thread other(work);
    other.join();
}
