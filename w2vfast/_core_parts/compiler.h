/* Differences between compilers and processors: inlining, unrolling, prefetching. */
#ifndef W2VFAST_COMPILER_H
#define W2VFAST_COMPILER_H

#if defined(_MSC_VER) && !defined(__clang__)
#pragma fp_contract(off) /* for exact mode; others: -ffp-contract=off in setup.py */
#define BLOCK_INLINE static __forceinline
#define BLOCK_UNROLL
#else
#define BLOCK_INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define BLOCK_UNROLL _Pragma("clang loop unroll(full)")
#else
#define BLOCK_UNROLL _Pragma("GCC unroll 32")
#endif
#endif

/* BLOCK_PREFETCH_WRITE fetches a cache line for writing, so that this core owns it at
 * once (prefetchw).  It does nothing on an x86 processor without that instruction (Intel
 * Haswell has AVX2 but not prefetchw).
 * The empty asm keeps gcc from removing calls of functions that only prefetch. */
#if defined(__GNUC__) || defined(__clang__)
#define BLOCK_PREFETCH(p) (__builtin_prefetch(p), block_keep())
#define BLOCK_PREFETCH_WRITE(p) (__builtin_prefetch(p, 1), block_keep())
static inline void block_keep(void) { __asm__ volatile(""); }
#elif defined(_M_X64)
#include <intrin.h>
#define BLOCK_PREFETCH(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)
#define BLOCK_PREFETCH_WRITE(p) _m_prefetchw(p)
#elif defined(_M_ARM64)
#include <intrin.h>
#define BLOCK_PREFETCH(p) __prefetch(p)
#define BLOCK_PREFETCH_WRITE(p) __prefetch2(p, 16) /* PSTL1KEEP */
#else
#define BLOCK_PREFETCH(p) ((void)(p))
#define BLOCK_PREFETCH_WRITE(p) ((void)(p))
#endif

/* Take a cache line from other processors, in order to write it.  Where the compiler may
 * not assume the instruction for it, its own prefetch is one for reading, which does
 * nothing for a line that several caches have; processors without it ignore it. */
#if defined(__GNUC__) && defined(__x86_64__)
#define BLOCK_PREFETCH_OWN(p) __asm__ volatile("prefetchw %0" ::"m"(*(const char *)(p)))
#else
#define BLOCK_PREFETCH_OWN(p) BLOCK_PREFETCH_WRITE(p)
#endif

/* Keep a value in a register, and from the compiler where it is from; `kind` is the
 * compiler's letter for such registers. */
#if defined(__GNUC__) || defined(__clang__)
#define BLOCK_IN_REGISTER(value, kind) __asm__("" : "+" kind(value))
#else
#define BLOCK_IN_REGISTER(value, kind) ((void)0)
#endif

/* The same pointer, of which the compiler knows nothing: then it reaches the vectors of a
 * row by constant distances, where gcc else keeps an index for each, more than there are
 * registers. */
static inline float *block_row(const float *row) {
    BLOCK_IN_REGISTER(row, "r");
    return (float *)row;
}

/* The cases of a switch from 1 to N, so that a kernel sees its shape as a constant. */
#define BLOCK_CASES_4(CASE) CASE(1) CASE(2) CASE(3) CASE(4)
#define BLOCK_CASES_8(CASE) BLOCK_CASES_4(CASE) CASE(5) CASE(6) CASE(7) CASE(8)
#define BLOCK_CASES_10(CASE) BLOCK_CASES_8(CASE) CASE(9) CASE(10)
#define BLOCK_CASES_13(CASE) BLOCK_CASES_10(CASE) CASE(11) CASE(12) CASE(13)

/* How this was built: setup.py defines the commit and the flags as plain words. */
#ifndef W2VFAST_COMMIT
#define W2VFAST_COMMIT unknown
#define W2VFAST_FLAGS unknown
#endif
#define BLOCK_TEXT_OF(...) #__VA_ARGS__
#define BLOCK_TEXT(words) BLOCK_TEXT_OF(words)
#define BLOCK_COMMIT BLOCK_TEXT(W2VFAST_COMMIT)
#define BLOCK_FLAGS BLOCK_TEXT(W2VFAST_FLAGS)
#if defined(__clang__)
#define BLOCK_COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define BLOCK_COMPILER "gcc " __VERSION__
#elif defined(_MSC_VER)
#define BLOCK_COMPILER "Visual C++"
#else
#define BLOCK_COMPILER "unknown"
#endif

#endif
