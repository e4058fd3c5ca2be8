/* Run one instruction set's block update, or its multiply-adds alone, many times.
 *
 *     kernels                              names of the sets, and the compiler
 *     kernels ISA peak N                   N rounds of independent multiply-adds
 *     kernels ISA C T D BYTES N            N blocks on rows that take up about BYTES
 *
 * The last two print seconds of processor time and the floating-point operations done. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../w2vfast/_core_parts/block.h"

#define CHAINS 12 /* independent sums: latency 4 or 5 on two pipes, and no spills */
#define WARM_UP 200

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}

/* sums[k] = sums[k] * factor + term: a chain of dependent operations for each k. */
#define PEAK(isa, target)                                                            \
    target static float peak_##isa(int64_t n) {                                      \
        vec_##isa sums[CHAINS], factor = fill_##isa(0.5f), term = fill_##isa(0.25f); \
        for (int k = 0; k < CHAINS; k++) sums[k] = fill_##isa((float)k);             \
        for (int64_t i = 0; i < n; i++)                                              \
            for (int k = 0; k < CHAINS; k++)                                         \
                sums[k] = fma_##isa(sums[k], factor, term);                          \
        for (int k = 1; k < CHAINS; k++) sums[0] = add_##isa(sums[0], sums[k]);      \
        float lanes[BLOCK_LANES];                                                    \
        store_##isa(lanes, sums[0]);                                                 \
        return lanes[0];                                                             \
    }
PEAK(generic, )
#ifdef BLOCK_X86
PEAK(avx2, __attribute__((target("avx2,fma,prfchw"))))
PEAK(avx512, __attribute__((target("avx512f,avx512dq,avx512vl,fma,prfchw"))))
#endif
#ifdef BLOCK_NEON
PEAK(neon, )
#endif

static const struct {
    const char *isa;
    int lanes;
    float (*run)(int64_t);
} peaks[] = {
#ifdef BLOCK_X86
    {"avx2", 8, peak_avx2},
    {"avx512", 16, peak_avx512},
#endif
#ifdef BLOCK_NEON
    {"neon", 4, peak_neon},
#endif
    {"generic", 4, peak_generic},
};

static void *aligned(size_t size) {
    void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    if (!memory) exit(1);
    memset(memory, 0, size);
    return memory;
}

/* Zeros that kernels may load and store in whole vectors. */
static float *new_floats(int64_t count) {
    return aligned((size_t)(count + BLOCK_LANES) * sizeof(float));
}

static void report(double taken, double operations) {
    printf("%.9g %.9g\n", taken, operations);
}

static int run_peak(const char *isa, int64_t n) {
    for (size_t k = 0; k < sizeof peaks / sizeof peaks[0]; k++) {
        if (strcmp(peaks[k].isa, isa)) continue;
        volatile float result = peaks[k].run(n / 10);
        const double start = seconds();
        result = peaks[k].run(n);
        report(seconds() - start, 2.0 * CHAINS * peaks[k].lanes * (double)n);
        (void)result;
        return 0;
    }
    return 2;
}

/* Each block has its own rows, as long as they fit into BYTES; then the first rows are
 * used again.  alpha is so small that updates do not change the rows. */
static int run_blocks(int C, int T, int D, int bytes, int64_t n) {
    const int stride = (D + BLOCK_LANES - 1) / BLOCK_LANES * BLOCK_LANES, each = C + T;
    const int fitting = bytes / (each * stride * (int)sizeof(float));
    const int n_blocks = fitting > 1 ? fitting : 1, n_rows = n_blocks * each;
    float *rows = new_floats((int64_t)n_rows * stride);
    float **pointers = aligned((size_t)n_rows * sizeof(float *));
    float *labels = new_floats(T), *ones = new_floats(C > T ? C : T);
    for (int k = 0; k < n_rows; k++) {
        pointers[k] = rows + (int64_t)k * stride;
        for (int i = 0; i < D; i++)
            pointers[k][i] = (float)((k * 31 + i * 17) % 64 - 32) / 256;
    }
    for (int k = 0; k < C || k < T; k++) ones[k] = 1.0f;
    labels[0] = 1.0f;
    block_t block = {
        .labels = labels,
        .input_counts = ones,
        .output_counts = ones,
        .first_logits = new_floats(C * T),
        .logits = new_floats(C * T),
        .sigmoids = new_floats(C * T),
        .errors = new_floats(C * T),
        .partial_sums = new_floats((int64_t)T * stride),
        .gram = new_floats((int64_t)C * gram_stride(C)),
        .n_inputs = C,
        .n_outputs = T,
        .dim = block_padded(D),
        .alpha = 1e-9f,
    };
    double start = 0;
    for (int64_t i = -WARM_UP * (int64_t)n_blocks, k = 0; i < n; i++) {
        if (i == 0) start = seconds();
        block.inputs = block.targets = pointers + k * each;
        block.outputs = block.inputs + C;
        block_update(&block);
        k = k + 1 < n_blocks ? k + 1 : 0;
    }
    report(seconds() - start, 6.0 * C * T * D * (double)n);
    return 0;
}

int main(int argc, char **argv) {
    for (int k = 0; k < BLOCK_ISAS; k++) {
        if (!block_isas[k].is_supported()) continue;
        if (argc == 1) printf("%s\n", block_isas[k].name);
        if (argc == 1 || strcmp(block_isas[k].name, argv[1])) continue;
        block_isa = &block_isas[k];
        if (argc == 4) return run_peak(argv[1], atoll(argv[3]));
        if (argc == 7)
            return run_blocks(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]),
                              atoi(argv[5]), atoll(argv[6]));
    }
    if (argc == 1) printf("%s\n", BLOCK_COMPILER);
    return argc == 1 ? 0 : 2;
}
