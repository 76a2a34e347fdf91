/* decode.h: machine code to edges and frame sizes (x86-64, by capstone). */
#ifndef COLDHEAP_TOOL_DECODE_H
#define COLDHEAP_TOOL_DECODE_H

#include "graph.h"

/* decode_function fills the edges, the frame and `unbounded` of a function. */
void decode_function(graph *in, function *of);

/* decode_target_of is the function whose address a relocation stores; NULL if it is none. */
function *decode_target_of(graph *in, image *at, const image_relocation *relocation);

/* decode_close gives back what decoding took from others; at the end of the program. */
void decode_close(void);

#endif
