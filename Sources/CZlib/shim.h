#ifndef LANTERN_CZLIB_SHIM_H
#define LANTERN_CZLIB_SHIM_H
#include <zlib.h>

// zlib's init functions are macros over versioned symbols.
static inline int lantern_inflate_init(z_stream *stream) { return inflateInit(stream); }
static inline int lantern_deflate_init(z_stream *stream, int level) { return deflateInit(stream, level); }
#endif
