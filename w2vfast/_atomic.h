/* Counters that threads share without the interpreter's lock.
 *
 * Relaxed order is enough: the values count, they guard no other memory. */
#ifndef W2VFAST_ATOMIC_H
#define W2VFAST_ATOMIC_H

#include <stdint.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
static inline int64_t atomic_add(volatile int64_t *counter, int64_t amount) {
    return _InterlockedExchangeAdd64(counter, amount);
}
static inline int64_t atomic_read(volatile int64_t *counter) {
    return _InterlockedExchangeAdd64(counter, 0);
}
#else
/* Returns the value before the addition. */
static inline int64_t atomic_add(volatile int64_t *counter, int64_t amount) {
    return __atomic_fetch_add(counter, amount, __ATOMIC_RELAXED);
}
static inline int64_t atomic_read(volatile int64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
#endif

#endif
