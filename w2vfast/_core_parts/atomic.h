/* Counters and locks that threads share without the GIL.
 *
 * Counters use relaxed memory order, because they guard no other memory, but for
 * atomic_publish and atomic_wait, which processes share, too.  Only one thread adds to a
 * sum; others may read it meanwhile. */
#ifndef W2VFAST_ATOMIC_H
#define W2VFAST_ATOMIC_H

#include <stdint.h>

#define ATOMIC_PAUSES 1000 /* before the first yield, some tens of microseconds */
#define ATOMIC_YIELDS 50   /* before the first sleep */

#ifdef _WIN32
#include <windows.h>
static inline void atomic_yield(void) { SwitchToThread(); }
static inline void atomic_sleep(void) { Sleep(1); }
#else
#include <sched.h>
#include <time.h>
static inline void atomic_yield(void) { sched_yield(); }
static inline void atomic_sleep(void) {
    const struct timespec moment = {0, 50000}; /* [ns] */
    nanosleep(&moment, NULL);
}
#endif

/* Let the other thread of a core run for some cycles. */
#if defined(_WIN32)
static inline void atomic_pause(void) { YieldProcessor(); }
#elif defined(__x86_64__) || defined(__i386__)
static inline void atomic_pause(void) { __builtin_ia32_pause(); }
#elif defined(__aarch64__)
static inline void atomic_pause(void) { __asm__ volatile("yield"); }
#else
static inline void atomic_pause(void) {}
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
static inline void atomic_publish(volatile int64_t *counter, int64_t value) {
    _InterlockedExchange64(counter, value);
}
static inline int64_t atomic_read_published(volatile int64_t *counter) {
    return _InterlockedExchangeAdd64(counter, 0);
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
static inline void atomic_publish(volatile int64_t *counter, int64_t value) {
    __atomic_store_n(counter, value, __ATOMIC_RELEASE);
}
static inline int64_t atomic_read_published(volatile int64_t *counter) {
    return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
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

/* Wait until a counter has reached a value; then what was written before atomic_publish
 * is seen.  Who waits longer than a moment lets others have the processor: where there
 * are fewer processors than threads, the one that is waited for. */
static inline void atomic_wait(volatile int64_t *counter, int64_t value) {
    int n_tries = 0;
    while (atomic_read_published(counter) < value) {
        if (n_tries == ATOMIC_PAUSES + ATOMIC_YIELDS)
            atomic_sleep();
        else if (n_tries++ < ATOMIC_PAUSES)
            atomic_pause();
        else
            atomic_yield();
    }
}

#endif
