# Fast mode: the curvature of the loss in each matrix, for merges.  Part of _core.pyx.
#
# For a logit z of rows x and y, the loss -log sigmoid(+-z) has the second derivative
# sigmoid(z) (1 - sigmoid(z)) y y^T in x, and the same with x x^T in y.  So the outputs
# of a block give the curvature in its inputs, and the inputs that in its outputs; an
# average row of the other side stands for each.  curvature.h has the rest.

cdef struct curvatures_t:
    curvature_t syn0
    curvature_t syn1
    curvature_t syn1neg
    int64_t due              # kept words of this worker at the next sample
    bint is_due              # for the centre word that is trained now
    int64_t n_sampled        # centre words
    int64_t n_contexts       # of these


cdef allocate_curvature(list owners, curvature_t* h, const model_t* model,
                        const curvature_t* whole):
    """Allocate a curvature; with `whole`, sums of its own along the axes of that."""
    cdef int K = min(CURVATURE_AXES, model.dim)
    h.n_axes, h.n_columns = K, model.dim
    h.dim = block_padded(model.dim)
    h.sums = owned_rows(owners, K, model.stride)
    h.dots = owned_vectors(owners, K + 1)
    h.change = owned_vectors(owners, model.stride)
    if whole == NULL:
        h.axes = owned_rows(owners, K + 1, model.stride)
        h.values = owned_vectors(owners, K)
        curvature_start(h)
    else:
        h.axes = <float**>owned_bytes(owners, K + 1, sizeof(float*))
        memcpy(h.axes, whole.axes, K * sizeof(float*))
        h.values = whole.values


cdef inline void schedule_sample(curvatures_t* curvatures,
                                 int64_t n_words) noexcept nogil:
    """Decide whether the next centre word is sampled: at first most are."""
    curvatures.is_due = n_words >= curvatures.due
    if curvatures.is_due:
        curvatures.due = n_words + min(<int64_t>CURVATURE_STRIDE,
                                       1 + curvatures.n_sampled // 4)


cdef inline float mean_contexts(const curvatures_t* curvatures) noexcept nogil:
    return <float>curvatures.n_contexts / max(<int64_t>1, curvatures.n_sampled)


cdef void sample_block(const model_t* model, const matrix_t* outputs,
                       const block_t* block, bint first_objective,
                       bint first_inputs) noexcept nogil:
    """Sample a block that was just trained, whose labels are for sigmoids.

    An input has the curvature of all objectives together, an output that of all inputs
    of a centre word, which may be trained in several blocks.
    """
    cdef float scale = <float>1.0 / block.n_outputs
    add_outputs(model.syn0.curvature, block, <float>1.0 / block.n_inputs)
    add_inputs(model, outputs, block, scale)
    model.syn0.curvature.n_blocks += first_objective
    outputs.curvature.n_blocks += first_inputs
    if first_inputs:
        count_uses_of_bands(model, outputs, block, scale)


cdef inline float weight_of(const block_t* block, int t, int c) noexcept nogil:
    """Return sigmoid (1 - sigmoid); of a logit that is far wrong, what it has later.

    Where it is far wrong it has almost none, so that what workers learn apart would be
    added up.  But each of them takes the logit back to where there is curvature, and
    their sum would take it as far to the other side.
    """
    cdef float p = block.sigmoids[t * block.n_inputs + c]
    if block.labels[t] > 0.5:
        p = max(p, WRONG_SIGMOID)
    else:
        p = min(p, 1 - WRONG_SIGMOID)
    return p * (1 - p)


cdef void add_outputs(curvature_t* of_inputs, const block_t* block,
                      float scale) noexcept nogil:
    """H += scale * sum over (t, c) of sigmoid (1 - sigmoid) y_t y_t^T."""
    cdef int c, t
    cdef float weight
    for t in range(block.n_outputs):
        weight = 0
        for c in range(block.n_inputs):
            weight += weight_of(block, t, c)
        curvature_add(of_inputs, scale * weight * block.output_counts[t],
                      block.outputs[t])


cdef void add_inputs(const model_t* model, const matrix_t* outputs,
                     const block_t* block, float scale) noexcept nogil:
    """H += scale * sum over (t, c) of sigmoid (1 - sigmoid) x_c x_c^T."""
    cdef curvature_t* of_outputs = outputs.curvature
    cdef int c, t
    cdef float weight, square
    for c in range(block.n_inputs):
        weight = 0
        for t in range(block.n_outputs):
            weight += weight_of(block, t, c)
        curvature_add(of_outputs, scale * weight * block.input_counts[c],
                      block.inputs[c])
        square = of_outputs.dots[of_outputs.n_axes]  # x_c . x_c
        for t in range(block.n_outputs):
            of_outputs.band_traces[band_of(model, outputs, block.outputs[t])] += (
                scale * weight_of(block, t, c) * block.input_counts[c] * square)


cdef void count_uses_of_bands(const model_t* model, const matrix_t* outputs,
                              const block_t* block, float uses) noexcept nogil:
    """Count each output of a block as so many uses of its band."""
    cdef int t
    for t in range(block.n_outputs):
        outputs.curvature.band_uses[band_of(model, outputs, block.outputs[t])] += uses


cdef inline int band_of(const model_t* model, const matrix_t* matrix,
                        const float* row) noexcept nogil:
    return curvature_band(<uint32_t>word_of(matrix, row, model.stride))
