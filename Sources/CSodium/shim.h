#ifndef LANTERN_CSODIUM_SHIM_H
#define LANTERN_CSODIUM_SHIM_H
#include <sodium.h>
#endif
