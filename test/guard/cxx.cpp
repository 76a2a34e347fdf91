// cxx.cpp: marks and violations in C++17: operator new in its forms, exceptions. G5, G13's base.
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

#include "scenario.h"

namespace {

struct alignas(256) wide {
    unsigned char bytes[256];
};

template <typename T> void in_template(T value) {
    CH_HOT_SCOPE("template");
    scenario_keep(new T(value));
}

inline void in_inline() {
    CH_HOT_SCOPE("inline");
    scenario_keep(new int(3));
}

void throws_through_scopes(int levels) {
    CH_HOT_SCOPE("unwound");
    if (levels == 0) {
        CH_PERMIT_SCOPE("the exception object");
        throw std::runtime_error("out");
    }
    throws_through_scopes(levels - 1);
}

ch_guard_mode throwing_callback(const ch_violation *, void *) {
    throw std::runtime_error("from the callback");
}

void violate() {
    CH_HOT_SCOPE("violating");
    scenario_keep(::operator new(3));
}

} // namespace

SCENARIO(new_in_scope, SCENARIO_ABORT, "4 B in hot section \"tick\"") {
    CH_HOT_SCOPE("tick");
    scenario_keep(new int(3));
}

SCENARIO(aligned_new_in_scope, SCENARIO_ABORT, "256 B") {
    CH_HOT_SCOPE("tick");
    scenario_keep(new wide);
}

SCENARIO(nothrow_new_in_scope, SCENARIO_ABORT, "12 B") {
    CH_HOT_SCOPE("tick");
    scenario_keep(new (std::nothrow) char[12]);
}

SCENARIO(delete_in_scope, SCENARIO_ABORT, "VIOLATION free of") {
    std::unique_ptr<int> number(static_cast<int *>(scenario_keep(new int(3))));
    CH_HOT_SCOPE("tick");
    number.reset();
}

SCENARIO(vector_growth_in_scope, SCENARIO_ABORT, "in hot section \"tick\"") {
    std::vector<int> numbers;
    CH_HOT_SCOPE("tick");
    numbers.push_back(1);
    scenario_keep(numbers.data());
}

SCENARIO(reserved_vector_in_scope, SCENARIO_CLEAN, "") {
    std::vector<int> numbers;
    numbers.reserve(10);
    CH_HOT_SCOPE("tick");
    numbers.push_back(1);
    scenario_keep(numbers.data());
    CH_PERMIT_SCOPE("its destructor");
    numbers = std::vector<int>();
}

SCENARIO(scope_in_template, SCENARIO_ABORT, "in hot section \"template\"") {
    in_template(3.0);
}

SCENARIO(scope_in_inline_function, SCENARIO_ABORT, "in hot section \"inline\"") {
    in_inline();
}

SCENARIO(exception_ends_scopes, SCENARIO_CLEAN, "") {
    try {
        throws_through_scopes(5);
    } catch (const std::runtime_error &) {
        scenario_keep(new int(3));
        return;
    }
    scenario_fail("nothing was thrown");
}

SCENARIO(throw_in_scope, SCENARIO_ABORT, "in hot section \"tick\"") {
    CH_HOT_SCOPE("tick");
    throw 3;
}

// The exception leaves malloc itself, and the guard's own frames; then it must watch as before.
SCENARIO_LIMITED(callback_may_throw, SCENARIO_ABORT, "in hot section \"violating\"",
                 SCENARIO_NOT_HOOKED | SCENARIO_NOT_STATIC) {
    ch_guard_on_violation(throwing_callback, nullptr);
    try {
        violate();
        scenario_fail("nothing was thrown");
    } catch (const std::runtime_error &) {
        scenario_keep(new int(3));
    }
    ch_guard_on_violation(nullptr, nullptr);
    violate();
}
