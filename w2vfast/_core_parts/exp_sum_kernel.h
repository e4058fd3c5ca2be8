/* Sums of exponentials over many logits, kept relative to the largest logit so far;
 * included once for each instruction set, after block_kernel.h, which has exp_parts. */

#define vec ISA(vec)
#define load ISA(load)
#define store ISA(store)
#define fill ISA(fill)
#define add ISA(add)
#define fma_ ISA(fma)

/* logits + biases at i; behind the end of a row, what adds nothing to a sum. */
BLOCK_INLINE vec ISA(biased)(const float *logits, const float *biases, int64_t i,
                             int64_t W) {
    float rest[VEC_LANES];
    if (i + VEC_LANES <= W) return add(load(logits + i), load(biases + i));
    for (int l = 0; l < VEC_LANES; l++)
        rest[l] = i + l < W ? logits[i + l] + biases[i + l] : -FLT_MAX;
    return load(rest);
}

/* One row of logits (W,).  The sum is not a number if a logit is not finite. */
static void ISA(exp_sum)(const float *logits, const float *biases, int64_t W,
                         float *top, double *sum) {
    float lanes[VEC_LANES];
    const float before = *top;
    vec largest = fill(before), total = fill(0.0f), power;
    for (int64_t i = 0; i < W; i += VEC_LANES) {
        const vec x = ISA(biased)(logits, biases, i, W);
        largest = ISA(max)(largest, x);
        total = fma_(x, fill(0.0f), total); /* 0, or not a number */
    }
    store(lanes, largest);
    for (int n = VEC_LANES / 2; n > 0; n /= 2)
        for (int l = 0; l < n; l++)
            lanes[l] = lanes[l] > lanes[l + n] ? lanes[l] : lanes[l + n];
    const vec minus_top = fill(-lanes[0]);
    *top = lanes[0];
    for (int64_t i = 0; i < W; i += VEC_LANES) {
        const vec x = add(ISA(biased)(logits, biases, i, W), minus_top);
        const vec p = ISA(exp_parts)(x, &power);
        total = fma_(p, ISA(pow2)(power), total);
    }
    store(lanes, total);
    for (int n = VEC_LANES / 2; n > 0; n /= 2)
        for (int l = 0; l < n; l++) lanes[l] += lanes[l + n];
    if (*top != before) *sum *= exp((double)before - *top);
    *sum += lanes[0];
}

/* For each row of logits (H, W): top = the largest of itself and logits + biases (W,), and
 * sum = the sum of exp(logit - top), of those added before too. */
static void ISA(exp_sums)(const float *logits, const float *biases, int64_t H,
                          int64_t W, float *tops, double *sums) {
    for (int64_t h = 0; h < H; h++)
        ISA(exp_sum)(logits + h * W, biases, W, tops + h, sums + h);
}

#undef vec
#undef load
#undef store
#undef fill
#undef add
#undef fma_
