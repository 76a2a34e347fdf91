/* instances_rig.h: instances of all container templates, each with and without a capacity, of
 * different types, as a header of a program would hold them; compiled as C++17 by the test
 * mem/containers_cxx. */
#ifndef CHI_INSTANCES_RIG_H
#define CHI_INSTANCES_RIG_H

#include <coldheap/bitset.h>
#include <coldheap/handles.h>

typedef struct instance_item {
    uint64_t words[3];
    char text[5];
} instance_item;

#define CH_VEC_NAME fixed_vec
#define CH_VEC_TYPE instance_item
#define CH_VEC_CAP  7
#include <coldheap/tmpl/vec.h>

#define CH_VEC_NAME placed_vec
#define CH_VEC_TYPE int
#include <coldheap/tmpl/vec.h>

#define CH_MAP_NAME  fixed_map
#define CH_MAP_KEY   uint64_t
#define CH_MAP_VALUE instance_item
#define CH_MAP_CAP   7
#include <coldheap/tmpl/map.h>

#define CH_MAP_NAME  placed_map
#define CH_MAP_KEY   int
#define CH_MAP_VALUE int
#include <coldheap/tmpl/map.h>

#define CH_MAP_NAME placed_set
#define CH_MAP_KEY  uint64_t
#include <coldheap/tmpl/map.h>

#define CH_LIFO_NAME fixed_lifo
#define CH_LIFO_TYPE instance_item
#define CH_LIFO_CAP  7
#include <coldheap/tmpl/lifo.h>

#define CH_LIFO_NAME placed_lifo
#define CH_LIFO_TYPE int
#include <coldheap/tmpl/lifo.h>

#define CH_RING_NAME fixed_ring
#define CH_RING_TYPE instance_item
#define CH_RING_CAP  7
#include <coldheap/tmpl/ring.h>

#define CH_RING_NAME placed_ring
#define CH_RING_TYPE int
#include <coldheap/tmpl/ring.h>

#define CH_SPSC_NAME fixed_spsc
#define CH_SPSC_TYPE instance_item
#define CH_SPSC_CAP  8
#include <coldheap/tmpl/spsc.h>

#define CH_SPSC_NAME placed_spsc
#define CH_SPSC_TYPE int
#include <coldheap/tmpl/spsc.h>

#define CH_MPSC_NAME fixed_mpsc
#define CH_MPSC_TYPE instance_item
#define CH_MPSC_CAP  8
#include <coldheap/tmpl/mpsc.h>

#define CH_MPSC_NAME placed_mpsc
#define CH_MPSC_TYPE int
#include <coldheap/tmpl/mpsc.h>

#define CH_MPMC_NAME fixed_mpmc
#define CH_MPMC_TYPE instance_item
#define CH_MPMC_CAP  8
#include <coldheap/tmpl/mpmc.h>

#define CH_MPMC_NAME placed_mpmc
#define CH_MPMC_TYPE int
#include <coldheap/tmpl/mpmc.h>

#endif
