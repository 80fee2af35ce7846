// Shows the thread sanitizer what Swift's Mutex does when two threads want it at once.
//
// On Linux `Synchronization.Mutex` takes its fast path in the caller's code, which is sanitized, and its slow path in
// libswiftSynchronization, which is not: a lock that was waited for looks like no lock at all, and all that it guards
// looks like a race. Loaded in front of that library, the two functions of the slow path tell the sanitizer where a
// lock was taken and given back. Nothing is suppressed: what the mutex does not guard is still reported.
//
// Scripts/sanitize builds it and checks with SelfCheck.swift that both are so.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

// Weak: children of the tests that are not sanitized load this too.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

// Synchronization._MutexHandle._lockSlow(_: UInt32), ._tryLockSlow() and ._unlockSlow()
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
SWIFT _Bool try_lock_slow(SELF) __asm__(TRY_LOCK_SLOW);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK_SLOW);

static void *next(const char *symbol) {
    void *found = dlsym(RTLD_NEXT, symbol);
    if (!found) {
        fprintf(stderr, "%s is not there: this Swift's Mutex is another one\n", symbol);
        abort();
    }
    return found;
}

SWIFT void lock_slow(uint32_t thread, SELF) {
    static _Atomic(void *) known;
    if (!known) known = next(LOCK_SLOW);
    ((SWIFT void (*)(uint32_t, SELF))known)(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT _Bool try_lock_slow(SELF) {
    static _Atomic(void *) known;
    if (!known) known = next(TRY_LOCK_SLOW);
    _Bool taken = ((SWIFT _Bool (*)(SELF))known)(self);
    if (taken && __tsan_acquire) __tsan_acquire(self);
    return taken;
}

SWIFT void unlock_slow(SELF) {
    static _Atomic(void *) known;
    if (!known) known = next(UNLOCK_SLOW);
    if (__tsan_release) __tsan_release(self);
    ((SWIFT void (*)(SELF))known)(self);
}
