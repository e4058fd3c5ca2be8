/* Shared by the checks: random numbers, rows, how a check fails, and the loop over the
 * instruction sets. */
#ifndef W2VFAST_CHECK_H
#define W2VFAST_CHECK_H

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_LINKED /* with kernels.c */
#include "../../../w2vfast/_core_parts/block.h"

#define ROW_ALIGNMENT 64 /* bytes */

static uint64_t check_random = 1;
static int64_t check_count = 0;

/* Uniform on 0 .. n - 1. Source: Knuth's MMIX generator, upper half. */
static int draw_below(int n) {
    check_random = check_random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int)((check_random >> 33) % (uint64_t)n);
}

/* Uniform on [-size, size). */
static float draw_float(double size) {
    return (float)(size * (draw_below(1 << 24) / (double)(1 << 23) - 1.0));
}

static void draw_floats(float *x, int64_t count, double size) {
    for (int64_t i = 0; i < count; i++) x[i] = draw_float(size);
}

static void stop_with(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    exit(1);
}

/* Zeros for `count` floats, aligned as rows are. */
static float *new_floats(int64_t count) {
    const size_t size = ((size_t)count * sizeof(float) + ROW_ALIGNMENT - 1) /
                        ROW_ALIGNMENT * ROW_ALIGNMENT;
    float *floats = aligned_alloc(ROW_ALIGNMENT, size);
    if (!floats) stop_with("no memory for %lld floats", (long long)count);
    memset(floats, 0, size);
    return floats;
}

static float *copy_floats(const float *from, int64_t count) {
    float *copy = new_floats(count);
    memcpy(copy, from, (size_t)count * sizeof(float));
    return copy;
}

/* Pointers to the rows of a matrix that a list names. */
static float **new_rows(float *matrix, const int *list, int count, int64_t stride) {
    float **rows = malloc((size_t)count * sizeof(float *));
    if (!rows) stop_with("no memory for %d rows", count);
    for (int k = 0; k < count; k++) rows[k] = matrix + list[k] * stride;
    return rows;
}

/* Run a check with every instruction set of this processor; returns the exit status. */
static int check_every_isa(void (*check_isa)(void)) {
    for (int n = 0; n < n_linked_isas; n++) {
        block_isa = &linked_isas[n];
        if (!block_isa->is_supported()) {
            printf("%s: not on this processor\n", block_isa->name);
            continue;
        }
        check_count = 0;
        check_isa();
        printf("%s: %lld numbers right\n", block_isa->name, (long long)check_count);
    }
    return 0;
}

#endif
