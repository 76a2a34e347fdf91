/* weave_rig.h: all ways in which a few threads can interleave, one after the other.
 *
 * The one idea: CH_ATOMIC_STEP hands the processor back before every access to a shared word, so a
 * schedule is a list of choices, and the next schedule is the last choice that has an alternative,
 * taken. Memory is sequentially consistent here; the orders of the machine are what TSan and the
 * tests with real threads are for. Include before any header of libcoldheap. Test programs only. */
#ifndef CHI_WEAVE_RIG_H
#define CHI_WEAVE_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

static void weave_step(void);
#define CH_ATOMIC_STEP() weave_step()

/* TSan does not follow stacks that the program switches itself. */
#if defined(__SANITIZE_THREAD__)
#define WEAVE_SUPPORTED 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEAVE_SUPPORTED 0
#endif
#endif
#ifndef WEAVE_SUPPORTED
#define WEAVE_SUPPORTED 1
#endif

enum { WEAVE_THREADS = 4, WEAVE_STEPS = 128, WEAVE_STACK = 64 * 1024 };

typedef struct weave {
    void (*begin)(void *context);
    void (*threads[WEAVE_THREADS])(void *context);
    unsigned thread_count;
    bool (*end)(void *context); /* false: the schedule led to a wrong answer */
    void *context;
} weave;

static struct weave_state {
    ucontext_t home;
    ucontext_t contexts[WEAVE_THREADS];
    uint8_t stacks[WEAVE_THREADS][WEAVE_STACK];
    bool finished[WEAVE_THREADS];
    const weave *weave;
    unsigned running; /* WEAVE_THREADS: none, steps do nothing */
    unsigned choices[WEAVE_STEPS];
    unsigned options[WEAVE_STEPS];
} weave_state = {.running = WEAVE_THREADS};

static void weave_step(void) {
    unsigned self = weave_state.running;
    if (self < WEAVE_THREADS) {
        (void)swapcontext(&weave_state.contexts[self], &weave_state.home);
    }
}

static void weave_enter(void) {
    unsigned self = weave_state.running;
    weave_state.weave->threads[self](weave_state.weave->context);
    weave_state.finished[self] = true;
}

static inline void weave_resume(unsigned thread) {
    weave_state.running = thread;
    (void)swapcontext(&weave_state.home, &weave_state.contexts[thread]);
    weave_state.running = WEAVE_THREADS;
}

/* Every thread runs up to its first shared access. */
static inline void weave_begin(const weave *w) {
    weave_state.weave = w;
    w->begin(w->context);
    for (unsigned i = 0; i < w->thread_count; i++) {
        ucontext_t *context = &weave_state.contexts[i];
        weave_state.finished[i] = false;
        (void)getcontext(context);
        context->uc_stack.ss_sp = weave_state.stacks[i];
        context->uc_stack.ss_size = WEAVE_STACK;
        context->uc_link = &weave_state.home;
        makecontext(context, weave_enter, 0);
        weave_resume(i);
    }
}

/* Runs one schedule: the listed choices, then those of `pick` (NULL: the first). Returns its
 * length, 0 if the result is wrong or the schedule too long. */
static inline unsigned weave_run(const weave *w, unsigned listed, uint64_t (*pick)(uint64_t)) {
    weave_begin(w);
    for (unsigned step = 0; step < WEAVE_STEPS; step++) {
        unsigned ready[WEAVE_THREADS];
        unsigned count = 0;
        for (unsigned i = 0; i < w->thread_count; i++) {
            ready[count] = i;
            count += !weave_state.finished[i];
        }
        if (count == 0) {
            return w->end(w->context) ? step : 0;
        }
        if (step >= listed) {
            weave_state.choices[step] = pick != NULL ? (unsigned)pick(count) : 0;
        }
        weave_state.options[step] = count;
        weave_resume(ready[weave_state.choices[step]]);
    }
    return 0;
}

/* weave_all runs every schedule. Returns how many there are, 0 if one of them went wrong. */
static inline uint64_t weave_all(const weave *w) {
    uint64_t schedules = 0;
    unsigned listed = 0;
    for (;;) {
        unsigned length = weave_run(w, listed, NULL);
        if (length == 0) {
            return 0;
        }
        schedules++;
        while (length > 0 &&
               weave_state.choices[length - 1] + 1 == weave_state.options[length - 1]) {
            length--;
        }
        if (length == 0) {
            return schedules;
        }
        weave_state.choices[length - 1]++;
        listed = length;
    }
}

/* weave_some runs `count` schedules drawn at random. */
static inline bool weave_some(const weave *w, uint64_t count, uint64_t (*pick)(uint64_t)) {
    for (uint64_t i = 0; i < count; i++) {
        if (weave_run(w, 0, pick) == 0) {
            return false;
        }
    }
    return true;
}

#endif
