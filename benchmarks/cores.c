/* Prints how many nanoseconds a cache line needs to move from one core to another.
 *
 *     cc -O2 -pthread -o cores cores.c && ./cores
 *
 * Two threads pass a number back and forth; the fastest interval is reported, because the
 * system interrupts others.  About 40 ns between cores that share a third-level cache and
 * 200 between others on the processor that docs/benchmarks/threads.md describes. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { INTERVALS = 100, PASSES = 200 };

static _Alignas(128) atomic_long turn;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The player `me` = 0 begins; returns the seconds of one pass. */
static double play(long me) {
    double best = 1.0;
    for (long interval = 0; interval < INTERVALS; interval++) {
        const double start = now();
        for (long k = interval * PASSES; k < (interval + 1) * PASSES; k++) {
            while (atomic_load(&turn) != 2 * k + me) {}
            atomic_store(&turn, 2 * k + me + 1);
        }
        const double seconds = (now() - start) / (2 * PASSES);
        best = seconds < best ? seconds : best;
    }
    return best;
}

static void *other(void *unused) {
    (void)unused;
    play(1);
    return NULL;
}

int main(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, other, NULL)) return 1;
    const double seconds = play(0);
    pthread_join(thread, NULL);
    printf("%.0f\n", 1e9 * seconds);
    return 0;
}
