/** base.h: compiler attributes and the three assertions that every layer shares.
 *
 *  The one idea: a condition is checked at the border by exactly one of three words.
 *  CH_REQUIRE states the caller's duty and is on in every build; CH_ASSERT states ours and is on in
 *  debug and verify builds; CH_ASSERT_SLOW scans whole structures and is on in verify builds only.
 *  Hostile or unlucky input is never asserted on: it is answered with a ch_status (status.h). */
#ifndef CH_BASE_H
#define CH_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define CH_LIKELY(x)        __builtin_expect(!!(x), 1)
#define CH_UNLIKELY(x)      __builtin_expect(!!(x), 0)
#define CH_COLD             __attribute__((cold, noinline))
#define CH_NOINLINE         __attribute__((noinline))
#define CH_INLINE           static inline __attribute__((always_inline))
#define CH_NORETURN         __attribute__((noreturn))
#define CH_PRINTF(f, a)     __attribute__((format(printf, f, a)))
#define CH_ALIGNED(n)       __attribute__((aligned(n)))
#define CH_UNREACHABLE()    __builtin_unreachable()
#define CH_RETURN_ADDRESS() __builtin_return_address(0)
#define CH_OPAQUE(variable) __asm__("" : "+r"(variable))
#define CH_IS_CONSTANT(x)   __builtin_constant_p(x)
#else
#define CH_LIKELY(x)   (x)
#define CH_UNLIKELY(x) (x)
#define CH_COLD
#define CH_NOINLINE
#define CH_INLINE   static inline
#define CH_NORETURN _Noreturn
#define CH_PRINTF(f, a)
#define CH_ALIGNED(n)       _Alignas(n)
#define CH_UNREACHABLE()    ((void)0)
#define CH_RETURN_ADDRESS() NULL
#define CH_OPAQUE(variable) ((void)0)
#define CH_IS_CONSTANT(x)   0
#endif

/** CH_PUBLISH stores a counter that other threads may read through an object's stats function. */
#if defined(__GNUC__) || defined(__clang__)
#define CH_PUBLISH(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELAXED)
#define CH_PEEK(place)           __atomic_load_n(&(place), __ATOMIC_RELAXED)
#else
#define CH_PUBLISH(place, value) ((place) = (value))
#define CH_PEEK(place)           (place)
#endif

#ifdef __cplusplus
#define CH_ALIGNOF(type)                   alignof(type)
#define CH_STATIC_ASSERT(condition, words) static_assert(condition, words)
#else
#define CH_ALIGNOF(type)                   _Alignof(type)
#define CH_STATIC_ASSERT(condition, words) _Static_assert(condition, words)
#endif

/** CH_API_BEGIN and CH_API_END stand around the declarations of every public header: C linkage for
 *  C++ callers, and names that are visible outside the shared library (all others are hidden). */
#if defined(__GNUC__) || defined(__clang__)
#define CH_VISIBLE_BEGIN _Pragma("GCC visibility push(default)")
#define CH_VISIBLE_END   _Pragma("GCC visibility pop")
#else
#define CH_VISIBLE_BEGIN
#define CH_VISIBLE_END
#endif
#ifdef __cplusplus
#define CH_API_BEGIN CH_VISIBLE_BEGIN extern "C" {
#define CH_API_END                                                                                 \
    }                                                                                              \
    CH_VISIBLE_END
#else
#define CH_API_BEGIN CH_VISIBLE_BEGIN
#define CH_API_END   CH_VISIBLE_END
#endif

/** Largest alignment any object accepts. */
#define CH_ALIGN_MAX 4096u

CH_API_BEGIN

/** ch_fail prints "file:line: kind: condition" to stderr without allocating, then aborts. */
CH_NORETURN void ch_fail(const char *kind, const char *condition, const char *file, int line);

CH_API_END

#define CH_REQUIRE(condition)                                                                      \
    ((void)(CH_LIKELY(condition) || (ch_fail("requirement", #condition, __FILE__, __LINE__), 0)))

#if defined(CH_DEBUG) || defined(CH_VERIFY)
#define CH_ASSERT(condition)                                                                       \
    ((void)(CH_LIKELY(condition) || (ch_fail("assertion", #condition, __FILE__, __LINE__), 0)))
#else
#define CH_ASSERT(condition) ((void)0)
#endif

#if defined(CH_VERIFY)
#define CH_ASSERT_SLOW(condition) CH_ASSERT(condition)
#else
#define CH_ASSERT_SLOW(condition) ((void)0)
#endif

#endif
