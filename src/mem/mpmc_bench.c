/* What it costs to hand an item of 8 or 64 bytes to another core through a ring that many producers
 * could share, with one of them at work. */
#define _GNU_SOURCE
#include "mem/pair_rig.h"

#include "mem/ck_rig.h"

enum { PLACES = 1024 };

#define CH_MPSC_NAME narrow_mail
#define CH_MPSC_TYPE uint64_t
#define CH_MPSC_CAP  PLACES
#include <coldheap/tmpl/mpsc.h>

#define CH_MPSC_NAME wide_mail
#define CH_MPSC_TYPE pair_item
#define CH_MPSC_CAP  PLACES
#include <coldheap/tmpl/mpsc.h>

#define CH_MPMC_NAME narrow_jobs
#define CH_MPMC_TYPE uint64_t
#define CH_MPMC_CAP  PLACES
#include <coldheap/tmpl/mpmc.h>

#define CH_MPMC_NAME wide_jobs
#define CH_MPMC_TYPE pair_item
#define CH_MPMC_CAP  PLACES
#include <coldheap/tmpl/mpmc.h>

static narrow_mail mail_narrow;
static wide_mail mail_wide;
static narrow_jobs jobs_narrow;
static wide_jobs jobs_wide;

CH_INLINE int mpsc_8_push(void *ring, const pair_item *item) {
    return narrow_mail_push(ring, &item->words[0]);
}

CH_INLINE int mpsc_8_pop(void *ring, pair_item *item) {
    return narrow_mail_pop(ring, &item->words[0]);
}

static void mpsc_8_produce(uint64_t count) {
    pair_produce(mpsc_8_push, &mail_narrow, count);
}

static uint64_t mpsc_8_consume(uint64_t count) {
    return pair_consume(mpsc_8_pop, &mail_narrow, 1, count);
}

static pair_rival mpsc_8 = {mpsc_8_produce, mpsc_8_consume};

CH_INLINE int mpsc_64_push(void *ring, const pair_item *item) {
    return wide_mail_push(ring, item);
}

CH_INLINE int mpsc_64_pop(void *ring, pair_item *item) {
    return wide_mail_pop(ring, item);
}

static void mpsc_64_produce(uint64_t count) {
    pair_produce(mpsc_64_push, &mail_wide, count);
}

static uint64_t mpsc_64_consume(uint64_t count) {
    return pair_consume(mpsc_64_pop, &mail_wide, 8, count);
}

static pair_rival mpsc_64 = {mpsc_64_produce, mpsc_64_consume};

CH_INLINE int mpmc_8_push(void *ring, const pair_item *item) {
    return narrow_jobs_push(ring, &item->words[0]);
}

CH_INLINE int mpmc_8_pop(void *ring, pair_item *item) {
    return narrow_jobs_pop(ring, &item->words[0]);
}

static void mpmc_8_produce(uint64_t count) {
    pair_produce(mpmc_8_push, &jobs_narrow, count);
}

static uint64_t mpmc_8_consume(uint64_t count) {
    return pair_consume(mpmc_8_pop, &jobs_narrow, 1, count);
}

static pair_rival mpmc_8 = {mpmc_8_produce, mpmc_8_consume};

CH_INLINE int mpmc_64_push(void *ring, const pair_item *item) {
    return wide_jobs_push(ring, item);
}

CH_INLINE int mpmc_64_pop(void *ring, pair_item *item) {
    return wide_jobs_pop(ring, item);
}

static void mpmc_64_produce(uint64_t count) {
    pair_produce(mpmc_64_push, &jobs_wide, count);
}

static uint64_t mpmc_64_consume(uint64_t count) {
    return pair_consume(mpmc_64_pop, &jobs_wide, 8, count);
}

static pair_rival mpmc_64 = {mpmc_64_produce, mpmc_64_consume};

#ifdef COLDHEAP_CK

CH_INLINE int ck_mpsc_push(void *ring, const pair_item *item) {
    return ck_push(CK_MPSC, ring, item);
}

CH_INLINE int ck_mpsc_pop(void *ring, pair_item *item) {
    return ck_pop(CK_MPSC, ring, item);
}

static void ck_mpsc_produce(uint64_t count) {
    pair_produce(ck_mpsc_push, &ck_first, count);
}

static uint64_t ck_mpsc_consume(uint64_t count) {
    return pair_consume(ck_mpsc_pop, &ck_first, 1, count);
}

static pair_rival ck_mpsc = {ck_mpsc_produce, ck_mpsc_consume};

CH_INLINE int ck_mpmc_push(void *ring, const pair_item *item) {
    return ck_push(CK_MPMC, ring, item);
}

CH_INLINE int ck_mpmc_pop(void *ring, pair_item *item) {
    return ck_pop(CK_MPMC, ring, item);
}

static void ck_mpmc_produce(uint64_t count) {
    pair_produce(ck_mpmc_push, &ck_first, count);
}

static uint64_t ck_mpmc_consume(uint64_t count) {
    return pair_consume(ck_mpmc_pop, &ck_first, 1, count);
}

static pair_rival ck_mpmc = {ck_mpmc_produce, ck_mpmc_consume};

#endif

static void measure(pair_rival *ours, pair_rival *ck, const char *what, double limit_ns) {
    bool ready = narrow_mail_init(&mail_narrow) == CH_OK && wide_mail_init(&mail_wide) == CH_OK &&
                 narrow_jobs_init(&jobs_narrow) == CH_OK && wide_jobs_init(&jobs_wide) == CH_OK;
    if (!ready || !pair_begin()) {
        return;
    }
    ch_bench_add("cold", pair_body, ours);
    ch_bench_expect_no_heap();
    ch_bench_target(what, limit_ns);
    if (ck != NULL) {
        ch_bench_add("ck", pair_body, ck);
    }
    ch_bench_run();
    pair_end();
}

#ifdef COLDHEAP_CK
#define RIVAL(name) (ck_begin(&ck_first), &(name))
#else
#define RIVAL(name) (ck_absent(), NULL)
#endif

BENCH_GROUP(mpsc_8) {
    measure(&mpsc_8, RIVAL(ck_mpsc), "8 bytes, many to one", 43);
}

BENCH_GROUP(mpsc_64) {
    measure(&mpsc_64, NULL, "64 bytes, many to one", 56);
}

BENCH_GROUP(mpmc_8) {
    measure(&mpmc_8, RIVAL(ck_mpmc), "8 bytes, many to many", 43);
}

BENCH_GROUP(mpmc_64) {
    measure(&mpmc_64, NULL, "64 bytes, many to many", 56);
}
