/* track_block.c: writing down whose a block is, and reading it: in its trailer, or in the address
 * table where blocks have none. */
#define _GNU_SOURCE
#include "track_block.h"

bool chi_track_block_put(void *pointer, const chi_track_block *block) {
    const size_t trailer = CHI_PLAN->trailer_bytes;
    if (trailer == 0) {
        return chi_track_address_put(chi_track_address_key(pointer, CH_TRACK_HEAP), block);
    }
    const size_t usable = chi_chunk_usable(chi_chunk_head(pointer));
    uint64_t *word = chi_trailer_at(pointer, usable);
    uint64_t slack = usable - trailer - block->size_bytes;
    if (trailer > CHI_TRAILER_BYTES) {
        word[-1] = block->time_ns;
    }
    if (slack >= CHI_SLACK_MAX) {
        *chi_trailer_at(pointer, usable - trailer) = block->size_bytes;
        slack = CHI_SLACK_MAX;
    }
    *word = chi_trailer_mix(pointer) ^ (block->site | slack << CHI_SITE_BITS);
    return true;
}

/* Where the trailer of a block is and what it says; false if it has none. */
static bool find_trailer(void *pointer, chi_track_block *block, uint64_t **word) {
    const uint64_t head = chi_chunk_head(pointer);
    const size_t trailer = CHI_PLAN->trailer_bytes;
    const size_t usable = chi_chunk_usable(head);
    if (!chi_chunk_plausible(pointer, head) || usable < trailer) {
        return false;
    }
    const uint64_t says = chi_trailer_read(pointer, usable);
    const uint64_t slack = says >> CHI_SITE_BITS;
    if (says == 0 || slack > usable - trailer) {
        return false;
    }
    *word = chi_trailer_at(pointer, usable);
    block->site = (uint32_t)(says & CHI_SITE_MASK);
    block->time_ns = trailer > CHI_TRAILER_BYTES ? (*word)[-1] : 0;
    block->size_bytes = slack < CHI_SLACK_MAX ? usable - trailer - slack
                                              : *chi_trailer_at(pointer, usable - trailer);
    return true;
}

bool chi_track_block_take(void *pointer, chi_track_block *block) {
    if (CHI_PLAN->trailer_bytes == 0) {
        return chi_track_address_take(chi_track_address_key(pointer, CH_TRACK_HEAP), block);
    }
    uint64_t *word;
    if (!find_trailer(pointer, block, &word)) {
        return false;
    }
    *word = ~chi_trailer_mix(pointer);
    return true;
}

bool chi_track_block_look(void *pointer, chi_track_block *block) {
    uint64_t *word;
    if (CHI_PLAN->trailer_bytes == 0) {
        return chi_track_address_look(chi_track_address_key(pointer, CH_TRACK_HEAP), block);
    }
    return find_trailer(pointer, block, &word);
}
