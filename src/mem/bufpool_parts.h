/* bufpool_parts.h: what bufpool.c and bufpool_info.c share. */
#ifndef CHI_BUFPOOL_PARTS_H
#define CHI_BUFPOOL_PARTS_H

#include <coldheap/bufpool.h>

#include "mem/pool_parts.h"

bool chi_bufpool_is_live(const ch_bufpool *pool);
uint64_t chi_bufpool_seal_of(const ch_bufpool *pool);

#endif
