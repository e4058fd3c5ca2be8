# Entry points that only tests call.  Part of _core.pyx.

def _test_block(float[:, ::1] inputs, float[:, ::1] targets, float[:, ::1] outputs,
                const int32_t[::1] input_rows, const int32_t[::1] output_rows,
                const float[::1] labels, float alpha, bint softmax=False):
    """Update one block of the given rows; return the logits and the loss.

    Parameters
    ----------
    inputs, targets, outputs : ndarray of float32, shape (rows, stride)
        `targets` may be `inputs`. IN, INOUT, INOUT
    input_rows, output_rows : ndarray of int32, shapes (C,) and (T,)
        A repeated row counts repeatedly, with the label (T,) of its first occurrence.
    softmax : bool
        Over the outputs, the first of which is the observed one; labels are not read,
        no output is repeated, and `targets` is not `inputs`.
    """
    cdef int N = <int>input_rows.shape[0], M = <int>output_rows.shape[0]
    cdef int C = 0, T = 0, i
    cdef size_t[:, ::1] pointers = np.empty((3, max(N, M)), dtype=np.uintp)
    cdef float** input_list = <float**>&pointers[0, 0]
    cdef float** target_list = <float**>&pointers[1, 0]
    cdef float** output_list = <float**>&pointers[2, 0]
    cdef float[:, ::1] counts = np.zeros((2, max(N, M) + BLOCK_LANES), np.float32)
    cdef float[::1] all_labels = np.zeros(M + BLOCK_LANES, dtype=np.float32)
    cdef float[:, ::1] pairs = np.zeros((4, N * M + BLOCK_LANES), dtype=np.float32)
    cdef float[::1] partial_sums = aligned_floats(M * inputs.shape[1])
    cdef float[::1] gram = aligned_floats(N * gram_stride(N))
    cdef float[:, ::1] per_input = np.zeros((2, N + BLOCK_LANES), dtype=np.float32)
    for i in range(N):
        target_list[C] = &targets[input_rows[i], 0]
        C = block_add_row(input_list, &counts[0, 0], C, &inputs[input_rows[i], 0])
    for i in range(M):
        all_labels[T] = labels[i]
        T = block_add_row(output_list, &counts[1, 0], T, &outputs[output_rows[i], 0])
    cdef block_t block = block_t(
        inputs=input_list, targets=target_list, outputs=output_list,
        labels=&all_labels[0], input_counts=&counts[0, 0], output_counts=&counts[1, 0],
        first_logits=&pairs[3, 0], logits=&pairs[0, 0], sigmoids=&pairs[1, 0],
        errors=&pairs[2, 0], partial_sums=&partial_sums[0], gram=&gram[0],
        prefetch=NULL, n_prefetch=0, n_inputs=C, n_outputs=T,
        dim=<int>inputs.shape[1], alpha=alpha, log_sums=NULL, rates=&per_input[1, 0])
    if softmax:
        block.log_sums = &per_input[0, 0]
    block_update(&block)
    return np.asarray(pairs)[0, :C * T].reshape(T, C), block_loss(&block)


def _test_random(uint64_t seed, uint64_t epoch, uint64_t index, int n):
    """Return the first n random numbers (uint32) of a stream."""
    cdef uint64_t state = random_stream(seed, epoch, index)
    return np.array([next_random(&state) for _ in range(n)], dtype=np.uint32)


def _test_alias_noise(AliasNoise noise, uint64_t seed, int n):
    """Return n words drawn from an alias table."""
    cdef model_t model
    cdef uint64_t state = random_stream(seed, 0, 0)
    model.vocab_size = noise.entries.shape[0]
    noise.fill(&model)
    return np.array([draw_alias(&model, next_random64(&state)) for _ in range(n)])


def _test_step_noise(StepNoise noise, const uint32_t[::1] randoms):
    """Return the words that random numbers draw from a step table."""
    cdef model_t model
    cdef int i
    noise.fill(&model)
    return np.array([draw_step(&model, randoms[i]) for i in range(randoms.shape[0])])


def _test_merges(int64_t first_period, int64_t period, int n_words):
    """Return the number of kept words at each merge."""
    cdef merging_t merging
    memset(&merging, 0, sizeof(merging))
    merging.first_period, merging.period = first_period, period
    merging.due = current_period(&merging)
    return [merging.n_words for _ in range(n_words) if count_words(&merging, 1)]
