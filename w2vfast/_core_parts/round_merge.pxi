# Fast mode: how the shards of a deterministic round are merged.  Part of _core.pyx.
#
# All copies of a row are merged at once, so that each is read once, in time prefetched.
# The rows of a matrix are cut into parts.  A worker merges one part at a time; rows do
# not depend on each other, so it does not matter which.

cdef struct round_t:
    int64_t m                # matrix
    int64_t n_shards
    int64_t first            # shard that is merged first
    float strength
    int64_t worker
    int64_t part


cdef struct merged_t:
    float* copy              # a shard's copy of a row
    int32_t word
    int32_t uses             # by the shard


cdef struct copies_t:
    # The copies of a part, those of one word side by side; scratch of a worker.
    int64_t n
    merged_t* copies         # (n,)
    int64_t* ends            # of each word's copies, where the next one is put


cdef void merge_part(const model_t* model, Shards shards,
                     const round_t* merged) noexcept nogil:
    """Merge a part of the rows of one matrix.

    row <- mine + E (row - base), from the second copy `mine` of a row on; `base` is the
    shared row, which the result replaces.  E is the transport through the updates that
    a shard makes.
    """
    cdef int64_t m = merged.m, stride = model.stride, i
    cdef float strength = merged.strength * shards.scales[m]
    cdef float* shared = matrix_of(model, m).shared
    cdef float* result = NULL
    cdef copies_t* list = &shards.lists[merged.worker]
    cdef merged_t* copy
    cdef curvature_t h = shards.curvature[m]
    h.dots = curvature_of(&shards.samples[merged.worker], m).dots
    h.change = curvature_of(&shards.samples[merged.worker], m).change
    list_copies(model, shards, merged, list)
    for i in range(list.n):
        copy = &list.copies[i]
        prefetch_copy(list, i + MERGE_AHEAD, shared, stride)
        if i == 0 or copy.word != list.copies[i - 1].word:
            result = copy.copy
        else:
            block_transport(&h, strength * copy.uses * curvature_scale(&h, copy.word),
                            copy.copy, shared + copy.word * stride, result)
        if i + 1 == list.n or copy.word != list.copies[i + 1].word:
            store_merged(model, m, copy.word, result)


cdef inline void store_merged(const model_t* model, int64_t m, int64_t word,
                              const float* result) noexcept nogil:
    if m > 0 or model.frozen == NULL or not model.frozen[word]:
        memcpy(matrix_of(model, m).shared + word * model.stride, result,
               model.stride * sizeof(float))


cdef inline void prefetch_copy(const copies_t* list, int64_t i, const float* shared,
                               int64_t stride) noexcept nogil:
    if i < list.n:
        block_prefetch_row(list.copies[i].copy, <int>stride)
        if list.copies[i].word != list.copies[i - 1].word:
            block_prefetch_row(shared + list.copies[i].word * stride, <int>stride)


cdef void list_copies(const model_t* model, Shards shards, const round_t* merged,
                      copies_t* list) noexcept nogil:
    """List a part's copies by words, in the order in which they are merged."""
    cdef int64_t i, k, n_words = 0
    cdef int32_t* indices = shards.indices[merged.m]
    cdef touched_t* touched
    cdef copy_t* copy
    cdef int64_t* end
    for i in range(merged.n_shards):
        touched = shard_at(shards, merged, i)
        for k in range(part_start(touched, merged.part),
                       touched.part_ends[merged.part]):
            n_words += count_copy(&indices[touched.copies[k].word], list, n_words)
    add_up_copies(list, n_words)
    for i in range(merged.n_shards):
        touched = shard_at(shards, merged, i)
        for k in range(part_start(touched, merged.part),
                       touched.part_ends[merged.part]):
            copy = &touched.copies[k]
            end = &list.ends[indices[copy.word] - 1]
            list.copies[end[0]] = merged_t(touched_at(touched, copy.row, model.stride),
                                           copy.word, copy.uses)
            end[0] += 1
    for i in range(list.n):
        indices[list.copies[i].word] = 0


cdef inline bint count_copy(int32_t* index, copies_t* list,
                            int64_t n_words) noexcept nogil:
    """Count a copy of a word; return whether it is the first."""
    cdef bint is_new = index[0] == 0
    if is_new:
        index[0] = <int32_t>(n_words + 1)
        list.ends[n_words] = 0
    list.ends[index[0] - 1] += 1
    return is_new


cdef inline void add_up_copies(copies_t* list, int64_t n_words) noexcept nogil:
    """Turn numbers of copies into where those of each word begin."""
    cdef int64_t word, n
    list.n = 0
    for word in range(n_words):
        n, list.ends[word] = list.ends[word], list.n
        list.n += n


cdef inline touched_t* shard_at(Shards shards, const round_t* merged,
                                int64_t i) noexcept nogil:
    """Return the shard that is merged after i others."""
    return &shards.touched[merged.m * shards.n_shards
                           + (merged.first + i) % merged.n_shards]


cdef inline int64_t part_start(const touched_t* touched, int64_t part) noexcept nogil:
    return touched.part_ends[part - 1] if part > 0 else 0
