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
    bint is_due              # for the centre word or chunk that is trained now
    int64_t n_sampled        # centre words
    int64_t n_contexts       # of these


cdef inline void schedule_sample(curvatures_t* curvatures,
                                 int64_t n_words) noexcept nogil:
    """Decide whether the next centre word or chunk is sampled: at first most are."""
    curvatures.is_due = n_words >= curvatures.due
    if curvatures.is_due:
        curvatures.due = n_words + min(<int64_t>CURVATURE_STRIDE,
                                       1 + curvatures.n_sampled // 4)


cdef inline float mean_contexts(const curvatures_t* curvatures) noexcept nogil:
    return <float>curvatures.n_contexts / max(<int64_t>1, curvatures.n_sampled)


cdef void sample_block(curvature_t* of_inputs, curvature_t* of_outputs,
                       const block_t* block, bint first_objective) noexcept nogil:
    """Sample a block that was just trained, whose labels are for sigmoids.

    An input has the curvature of all objectives together.
    """
    add_outputs(of_inputs, block, <float>1.0 / block.n_inputs)
    add_inputs(of_outputs, block, <float>1.0 / block.n_outputs)
    of_inputs.n_blocks += first_objective
    of_outputs.n_blocks += 1


cdef void add_outputs(curvature_t* of_inputs, const block_t* block,
                      float scale) noexcept nogil:
    """H += scale * sum over (t, c) of sigmoid (1 - sigmoid) y_t y_t^T."""
    cdef int c, t
    cdef float weight, p
    for t in range(block.n_outputs):
        weight = 0
        for c in range(block.n_inputs):
            p = block.sigmoids[t * block.n_inputs + c]
            weight += p * (1 - p)
        curvature_add(of_inputs, scale * weight * block.output_counts[t],
                      block.outputs[t])


cdef void add_inputs(curvature_t* of_outputs, const block_t* block,
                     float scale) noexcept nogil:
    """H += scale * sum over (t, c) of sigmoid (1 - sigmoid) x_c x_c^T."""
    cdef int c, t
    cdef float weight, p
    for c in range(block.n_inputs):
        weight = 0
        for t in range(block.n_outputs):
            p = block.sigmoids[t * block.n_inputs + c]
            weight += p * (1 - p)
        curvature_add(of_outputs, scale * weight * block.input_counts[c],
                      block.inputs[c])


cdef void sample_group(curvatures_t* curvatures, const block_t* block,
                       int n_negative) noexcept nogil:
    """Sample the negative samples of a CBOW group, as one block of an average word."""
    cdef float scale = <float>1.0 / block.n_inputs
    add_outputs(&curvatures.syn0, block, scale)
    add_inputs(&curvatures.syn1neg, block, scale / (n_negative + 1))
    curvatures.syn0.n_blocks += 1
    curvatures.syn1neg.n_blocks += 1


cdef void sample_pairs(curvatures_t* curvatures, const block_t* block,
                       int n_negative) noexcept nogil:
    """Add the pairs of a CBOW group's words with their own outputs."""
    cdef float scale = <float>1.0 / block.n_inputs, p
    cdef int c
    for c in range(block.n_inputs):
        p = block.sigmoids[c]
        curvature_add(&curvatures.syn0, scale * p * (1 - p), block.outputs[c])
        curvature_add(&curvatures.syn1neg, scale * p * (1 - p) / (n_negative + 1),
                      block.inputs[c])
