# What the kernels rely on without a look: shapes, lengths, ranges.  Part of _core.pyx.
#
# The kernels read and write through pointers, so an array that is too short would be
# memory corruption.  Every array passes one of these checks where its pointer is made;
# dtype and contiguity are checked by the typed memoryviews.  All checks are vectorised
# and O(size of the tables); ids are checked once a run, by the trainer.

cdef require(bint fits, str what, str expected, got):
    """Raise ValueError unless `fits`: parts of a model contradict each other."""
    if not fits:
        raise ValueError(
            f"{what} must be {expected}, got {got}. The parts of the model do not fit "
            f"each other: load or build it again.")


cdef require_within(array, str what, int64_t least, int64_t below):
    """Require least <= array < below; an empty array passes."""
    if len(array):
        found = int(np.min(array)), int(np.max(array))
        require(least <= found[0] and found[1] < below, what, f"in [{least}, {below})",
                f"{found[0]} to {found[1]}")


cdef require_rows(float[:, ::1] rows, str what, int64_t V, int64_t stride):
    if rows is not None:
        require(rows.shape[0] == V and rows.shape[1] == stride, what,
                f"of shape {(V, stride)}, as syn0", (rows.shape[0], rows.shape[1]))


cdef require_length(array, str what, int64_t V):
    if array is not None:
        require(array.shape[0] == V, what, f"of length {V}, a value for each row",
                array.shape[0])


cdef check_padding(float[:, ::1] rows, str what, int dim):
    """Require rows that hold `dim` floats and their padding."""
    cdef int64_t stride = rows.shape[1]
    require(dim >= 1 and block_padded(dim) <= stride and stride % LANES == 0, what,
            f"padded to a multiple of {LANES} floats that holds {dim}", stride)


cdef check_matrices(float[:, ::1] syn0, float[:, ::1] syn1, float[:, ::1] syn1neg,
                    int dim):
    cdef int64_t V = syn0.shape[0]
    require(1 <= V < MOST_ROWS, "syn0", f"of 1 to {MOST_ROWS - 1} rows", V)
    check_padding(syn0, "the length of the rows of syn0", dim)
    require_rows(syn1, "syn1", V, syn0.shape[1])
    require_rows(syn1neg, "syn1neg", V, syn0.shape[1])


cdef check_alias_table(const uint32_t[:, ::1] entries, int64_t V):
    require_length(entries, "the alias table", V)
    require(entries.shape[1] == 2, "the alias table", "of two columns",
            entries.shape[1])
    require_within(np.asarray(entries)[:, 1], "an alias", 0, V)


cdef check_step_table(const uint32_t[::1] last, const int32_t[::1] guide, int shift,
                      int64_t V):
    """Require that a draw below C_TABLE_SIZE finds its bucket and then a word."""
    require_length(last, "the step table", V)
    require(0 <= shift < 32, "shift", "in [0, 32)", shift)
    require(guide.shape[0] > (C_TABLE_SIZE - 1) >> shift, "the guide",
            f"longer than {(C_TABLE_SIZE - 1) >> shift}", guide.shape[0])
    require_within(np.asarray(guide), "a word of the guide", 0, V)
    require(last[V - 1] >= C_TABLE_SIZE - 1, "the last step",
            f"{C_TABLE_SIZE - 1} or more", last[V - 1])


cdef check_paths(const int64_t[::1] offsets, const int32_t[::1] points,
                 const uint8_t[::1] codes):
    cdef int64_t n_points = points.shape[0]
    require(codes.shape[0] == n_points, "codes", f"of length {n_points}, as points",
            codes.shape[0])
    require(offsets.shape[0] >= 1, "offsets", "of length V + 1", 0)
    require_within(np.asarray(offsets), "an offset of a path", 0, n_points + 1)
    require(bool(np.all(np.diff(offsets) >= 0)), "offsets of paths", "ascending",
            "a path that ends before it starts")


cdef check_options(const options_t* options):
    require(1 <= options.window <= LARGEST_OPTION, "window",
            f"in [1, {LARGEST_OPTION}]", options.window)
    require(0 <= options.negative <= LARGEST_OPTION, "negative",
            f"in [0, {LARGEST_OPTION}]", options.negative)
    require(1 <= options.pool_sets <= LARGEST_OPTION, "pool_sets",
            f"in [1, {LARGEST_OPTION}]", options.pool_sets)
    require(1 <= options.max_sentence_length <= LARGEST_OPTION, "max_sentence_length",
            f"in [1, {LARGEST_OPTION}]", options.max_sentence_length)


cdef check_objectives(const model_t* model, const options_t* options, bint exact):
    """Require the matrices and tables that the objectives of `options` use."""
    cdef bint has_noise = (model.last if exact else model.alias) != NULL
    if options.hs:
        require(model.syn1.shared != NULL and model.path_offsets != NULL, "a model",
                "with syn1 and paths for hierarchical softmax", "one without")
    if options.negative > 0:
        require(model.vocab_size >= 2, "a model", "of two rows for negative sampling",
                model.vocab_size)
        require(model.syn1neg.shared != NULL and has_noise, "a model",
                "with syn1neg and the noise of its mode for negative sampling",
                "one without")
    if options.softmax:
        require(model.syn1neg.shared != NULL and model.vocab_size >= 2 and not exact,
                "a model", "with syn1neg and two rows for full softmax in fast mode",
                f"{model.vocab_size} rows, or one without syn1neg")


cdef check_stream(const int32_t[::1] ids, SpanQueue queue):
    """Require spans inside the ids, whose values the trainer has checked."""
    require(ids.shape[0] >= 1, "ids", "at least one", 0)
    require(queue.starts.shape[0] >= 1, "starts", "of length S + 1", 0)
    require_within(np.asarray(queue.starts), "a start of a span", 0, ids.shape[0] + 1)


cdef check_replicated(int64_t n_rows, int64_t V):
    require(n_rows <= V, "the number of replicated rows", f"at most {V}", n_rows)


cdef check_classes(const float[:, ::1] vectors, const int32_t[::1] classes,
                   const float[:, ::1] centroids):
    require_length(classes, "classes", vectors.shape[0])
    require(centroids.shape[0] >= 1 and centroids.shape[1] == vectors.shape[1],
            "centroids", f"of shape (n_classes, {vectors.shape[1]})",
            (centroids.shape[0], centroids.shape[1]))
