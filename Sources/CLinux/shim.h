#ifndef LANTERN_CLINUX_SHIM_H
#define LANTERN_CLINUX_SHIM_H
// No header with types that Swift's Glibc module has: they would become this module's.
#include <sys/prctl.h>

// What Swift cannot import, one line each, no logic. O_PATH has the same value on every architecture that Swift has.
static inline int lantern_O_PATH(void) { return 010000000; }
static inline int lantern_set_dumpable(int value) { return prctl(PR_SET_DUMPABLE, value, 0, 0, 0); }
static inline int lantern_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }
#endif
