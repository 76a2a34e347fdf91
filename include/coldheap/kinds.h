/** kinds.h: the six kinds of object that an Ethereum VM recycles, as specs of a pool set (pools.h).
 *  This header and manager.h are the only ones that know these words.
 *
 *  Sizes of words, hashes and addresses are fixed; frames, accounts and transactions are as large
 * as the program says. Acquired objects are all zero, released ones are cleared. */
#ifndef CH_KINDS_H
#define CH_KINDS_H

#include <coldheap/pools.h>

/** KIND, name, bytes and alignment; 0: set by the options. */
// clang-format off
#define CH_KIND_ROWS(X)                        \
    X(U256,        "u256",        32, 32)      \
    X(HASH,        "hash",        32, 32)      \
    X(ADDRESS,     "address",     20, 4)       \
    X(FRAME,       "frame",       0,  0)       \
    X(ACCOUNT,     "account",     0,  0)       \
    X(TRANSACTION, "transaction", 0,  0)
// clang-format on

typedef enum ch_kind {
#define CH_KIND_ENUM(kind, name, bytes, align) CH_KIND_##kind,
    CH_KIND_ROWS(CH_KIND_ENUM)
#undef CH_KIND_ENUM
        CH_KIND_COUNT
} ch_kind;

/** How many of each kind, by kind, and what the open kinds are. */
typedef struct ch_kinds_options {
    size_t counts[CH_KIND_COUNT];       /* 0: absent */
    size_t object_bytes[CH_KIND_COUNT]; /* open kinds with a count; others: 0 or the fixed size */
    size_t aligns[CH_KIND_COUNT];       /* likewise */
    bool keep_contents;                 /* objects are neither cleared nor zero */
} ch_kinds_options;

CH_API_BEGIN

/** ch_kind_name returns the name of a kind, "?" for an unknown one. Static. */
const char *ch_kind_name(size_t kind);

/** ch_kinds_specs fills in CH_KIND_COUNT specs for ch_pools_init, in the order of ch_kind.
 *  Errors: CH_EINVAL NULL; an open kind with a count but no size or alignment; a size or alignment
 *          of a fixed kind that is not its own. Nothing is written then. */
ch_status ch_kinds_specs(ch_pool_spec specs[CH_KIND_COUNT], const ch_kinds_options *options);

CH_API_END

#endif
