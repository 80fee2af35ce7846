#ifndef LANTERN_CMALLOC_SHIM_H
#define LANTERN_CMALLOC_SHIM_H
#include <malloc.h>

// What mallopt takes are macros, and Swift's Glibc module has no malloc.h.
static inline int lantern_mallopt_mmap_threshold(int bytes) { return mallopt(M_MMAP_THRESHOLD, bytes); }
static inline int lantern_mallopt_trim_threshold(int bytes) { return mallopt(M_TRIM_THRESHOLD, bytes); }

// Bytes of blocks that are in use, in all of malloc's heaps and beside them.
static inline unsigned long lantern_malloc_in_use(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
#endif
