/* Counters and locks that threads share without the GIL.
 *
 * Counters use relaxed memory order, because they guard no other memory.  Only one
 * thread adds to a sum; others may read it meanwhile. */
#ifndef W2VFAST_ATOMIC_H
#define W2VFAST_ATOMIC_H

#include <stdint.h>

#ifdef _WIN32
#include <windows.h>
static inline void atomic_yield(void) { SwitchToThread(); }
#else
#include <sched.h>
static inline void atomic_yield(void) { sched_yield(); }
#endif

/* atomic_add returns the value before the addition.
 * atomic_try_lock returns whether the lock was free and is now held. */
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
static inline int64_t atomic_add(volatile int64_t *counter, int64_t amount) {
    return _InterlockedExchangeAdd64(counter, amount);
}
static inline int64_t atomic_read(volatile int64_t *counter) {
    return _InterlockedExchangeAdd64(counter, 0);
}
static inline int atomic_try_lock(volatile int64_t *lock) {
    return _InterlockedExchange64(lock, 1) == 0;
}
static inline void atomic_unlock(volatile int64_t *lock) {
    _InterlockedExchange64(lock, 0);
}
static inline void atomic_sum(volatile double *sum, double amount) { *sum += amount; }
static inline double atomic_read_sum(volatile double *sum) { return *sum; }
#else
static inline int64_t atomic_add(volatile int64_t *counter, int64_t amount) {
    return __atomic_fetch_add(counter, amount, __ATOMIC_RELAXED);
}
static inline int64_t atomic_read(volatile int64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
static inline int atomic_try_lock(volatile int64_t *lock) {
    return __atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE) == 0;
}
static inline void atomic_unlock(volatile int64_t *lock) {
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}
static inline void atomic_sum(double *sum, double amount) {
    double total = *sum + amount;
    __atomic_store(sum, &total, __ATOMIC_RELAXED);
}
static inline double atomic_read_sum(double *sum) {
    double total;
    __atomic_load(sum, &total, __ATOMIC_RELAXED);
    return total;
}
#endif

#endif
