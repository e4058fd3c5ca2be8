# Fast mode: a merge of the rows that several processes, the ranks, train apart.  Part
# of _core.pyx.
#
# Two passes over the rows, one before and one after the sum over the ranks: `take`
# reads what this rank has learned since the last merge, `add` applies what all have.
# Between them the ranks of one machine add up in memory that they share, piece by
# piece, while the rows of a piece are in the cache; those of several machines by MPI.

cdef struct rank_rows_t:
    # A matrix in a merge.
    float* live              # rows that this rank trains
    int64_t live_stride
    float* base              # the same after the last merge
    int64_t base_stride
    const float* strengths   # (R,) how far this rank's change of each is transported
    curvature_t curvature


cdef struct parts_t:
    # Memory that the ranks of one machine share.  N is their number.
    int64_t** counters       # (N,) how often each rank has come to `meet_ranks`
    float** slots            # (N,) MEMORY_SLOTS times `slot_floats` of each rank
    int64_t slot_floats
    int64_t n_met            # how often this rank has
    int n_ranks              # N
    int index                # of this rank


cdef class RankMemory:
    """Memory that the ranks of one machine share, in which they add up.

    Parameters
    ----------
    memories : list of ndarray of uint8, shape (`bytes_of` floats,)
        Of each rank, on cache lines of their own. INOUT
    index : int
        This rank.

    Notes
    -----
    All ranks must have made theirs before one of them uses it.
    """

    cdef parts_t parts
    cdef list owners

    def __init__(self, list memories, int index):
        cdef parts_t* p = &self.parts
        cdef uint8_t[::1] memory
        cdef int64_t k, n_bytes = memories[0].size
        require(n_bytes > CACHE_LINE, "memory of a rank", "larger", n_bytes)
        require(0 <= index < len(memories), "a rank", f"below {len(memories)}", index)
        self.owners = [memories]
        p.n_ranks, p.index = <int>len(memories), index
        p.slot_floats = (n_bytes - CACHE_LINE) // (MEMORY_SLOTS * sizeof(float))
        p.counters = <int64_t**>owned_bytes(self.owners, p.n_ranks, sizeof(int64_t*))
        p.slots = <float**>owned_bytes(self.owners, p.n_ranks, sizeof(float*))
        for k in range(p.n_ranks):
            memory = memories[k]
            require(memory.shape[0] == n_bytes, "memory of a rank",
                    f"of {n_bytes} bytes, as that of the first", memory.shape[0])
            p.counters[k] = <int64_t*>&memory[0]
            p.slots[k] = <float*>&memory[CACHE_LINE]
        p.counters[index][0] = 0

    @staticmethod
    def bytes_of(int64_t n_floats):
        """Return the bytes of each rank with which it can add up so many at once."""
        return CACHE_LINE + MEMORY_SLOTS * n_floats * sizeof(float)

    def meet(self):
        """Wait until all ranks have come here; without the GIL."""
        with nogil:
            meet_ranks(&self.parts)


cdef class RankMerge:
    """A merge of the first rows of several matrices; no thread trains.

    Parameters
    ----------
    matrices : list of tuple
        For each matrix:

        - live, base: ndarray of float32, shape (R, D); the values of a row are next to
          each other, rows need not be. INOUT
        - strengths: ndarray of float32, shape (R,)
        - axes: ndarray of float32, shape (K, D), orthonormal eigenvectors of the
          curvature H
        - values: ndarray of float32, shape (K,), curvature along them, descending
        - rest: float, curvature along all other directions

    Raises
    ------
    ValueError
        If shapes differ, or the values of a row are not next to each other.
    """

    cdef rank_rows_t* rows
    cdef list owners
    cdef float* change
    cdef float* zeros
    cdef int64_t n_matrices
    cdef readonly int64_t n_rows
    cdef int64_t D

    def __init__(self, list matrices):
        cdef int64_t m
        self.owners = [matrices]
        self.n_matrices = len(matrices)
        self.n_rows, self.D = matrices[0][0].shape
        self.rows = <rank_rows_t*>owned_bytes(self.owners, self.n_matrices,
                                              sizeof(rank_rows_t))
        self.change = owned_vectors(self.owners, block_padded(<int>self.D))
        self.zeros = owned_vectors(self.owners, block_padded(<int>self.D))
        for m in range(self.n_matrices):
            live, base, strengths, axes, values, rest = matrices[m]
            self._set(m, live, base, strengths, axes, values, rest)

    cdef _set(self, int64_t m, float[:, :] live, float[:, :] base,
              const float[::1] strengths, const float[:, ::1] axes,
              const float[::1] values, float rest):
        check_merged_rows(live, "live", self.n_rows, self.D)
        check_merged_rows(base, "base", self.n_rows, self.D)
        require_length(strengths, "strengths", self.n_rows)
        require(axes.shape[1] == self.D, "axes", f"of {self.D} columns", axes.shape[1])
        require_length(values, "values", axes.shape[0])
        cdef rank_rows_t* rows = &self.rows[m]
        if self.n_rows == 0 or self.D == 0:
            return
        rows.live, rows.base = &live[0, 0], &base[0, 0]
        rows.live_stride = live.strides[0] // <int64_t>sizeof(float)
        rows.base_stride = base.strides[0] // <int64_t>sizeof(float)
        rows.strengths = &strengths[0]
        rows.curvature = curvature_from(self.owners, axes, values, rest)

    def take(self, int64_t start, int64_t stop, float[::1] changes):
        """Compute exp(-strength H) (live - base) for some rows of each matrix.

        Parameters
        ----------
        start, stop : int
            Rows.
        changes : ndarray of float32, shape (M (stop - start) D,)
            Those of the first matrix, then of the next. OUT
        """
        self._check(start, stop, changes)
        with nogil:
            take_changes(self, start, stop, &changes[0])

    def add(self, int64_t start, int64_t stop, float[::1] changes):
        """Let `live` and `base` be `base` and the changes of all ranks.

        Parameters
        ----------
        start, stop, changes
            As of `take`, summed over the ranks. IN
        """
        self._check(start, stop, changes)
        with nogil:
            add_changes(self, start, stop, 0, self.n_matrices * (stop - start),
                        &changes[0])

    cdef _check(self, int64_t start, int64_t stop, const float[::1] changes):
        require(0 <= start < stop <= self.n_rows, "rows", f"from 0 to {self.n_rows}",
                (start, stop))
        require_length(changes, "changes", self.n_matrices * (stop - start) * self.D)

    def fits(self, RankMemory memory):
        """Whether a row of each matrix finds room in a memory."""
        return 0 < self.n_matrices * self.D <= memory.parts.slot_floats

    def merge_in(self, RankMemory memory):
        """Merge all rows with the other ranks of a memory; without the GIL.

        The most frequent rows, the first, come last, so that they are in the cache when
        the training goes on.
        """
        require(self.fits(memory), "a row", "smaller", self.D)
        cdef int64_t R = self.n_rows
        cdef int64_t n_piece = memory.parts.slot_floats // (self.n_matrices * self.D)
        cdef int64_t start = (R - 1) // n_piece * n_piece
        with nogil:
            while start >= 0:
                merge_piece(self, &memory.parts, start, min(start + n_piece, R))
                start -= n_piece


cdef void merge_piece(RankMerge merge, parts_t* p, int64_t start,
                      int64_t stop) noexcept nogil:
    """Merge some rows: each rank adds up a share of them, and reads those of all.

    So each number is added by one rank, and is the same on all of them.  A rank that is
    ahead writes to the other slot while the rest still read this one: it comes back to
    this one after two more meetings.
    """
    cdef int64_t n = merge.n_matrices * (stop - start)
    cdef int64_t skip = (p.n_met // 2 % MEMORY_SLOTS) * p.slot_floats
    cdef int k
    take_changes(merge, start, stop, p.slots[p.index] + skip)
    meet_ranks(p)
    add_share(p, skip, share_start(p, n, p.index) * merge.D,
              share_start(p, n, p.index + 1) * merge.D)
    meet_ranks(p)
    for k in range(p.n_ranks):
        add_changes(merge, start, stop, share_start(p, n, k), share_start(p, n, k + 1),
                    p.slots[k] + skip)


cdef inline int64_t share_start(const parts_t* p, int64_t n, int64_t k) noexcept nogil:
    """Return where rank k's share of n rows starts."""
    return n * k // p.n_ranks


cdef void add_share(const parts_t* p, int64_t skip, int64_t first,
                    int64_t last) noexcept nogil:
    """Add what the others have of some numbers to what this rank has."""
    cdef float* own = p.slots[p.index] + skip
    cdef const float* other
    cdef int64_t i
    cdef int k
    for k in range(p.n_ranks):
        if k != p.index:
            other = p.slots[k] + skip
            for i in range(first, last):
                own[i] += other[i]


cdef void meet_ranks(parts_t* p) noexcept nogil:
    """Wait until all ranks of a machine have come here as often as this one."""
    cdef int k
    p.n_met += 1
    atomic_publish(p.counters[p.index], p.n_met)
    for k in range(p.n_ranks):
        atomic_wait(p.counters[k], p.n_met)


cdef void take_changes(RankMerge merge, int64_t start, int64_t stop,
                       float* changes) noexcept nogil:
    """Take some rows; other ranks have read what `changes` had before.

    Stores to it would wait for the other processors, and all other stores for them.
    """
    cdef int64_t m, row, D = merge.D
    cdef rank_rows_t* rows
    for m in range(merge.n_matrices):
        rows = &merge.rows[m]
        for row in range(start, stop):
            block_prefetch_own_row(changes + CHANGES_AHEAD * D, <int>D)
            subtract_rows(rows.live + row * rows.live_stride,
                          rows.base + row * rows.base_stride, merge.change, D)
            if rows.strengths[row] != 0:
                block_transport(&rows.curvature, rows.strengths[row], merge.zeros,
                                merge.zeros, merge.change)
            memcpy(changes, merge.change, D * sizeof(float))
            changes += D


cdef void add_changes(RankMerge merge, int64_t start, int64_t stop, int64_t first,
                      int64_t last, const float* changes) noexcept nogil:
    """Apply the changes from number `first` to before `last` of a piece."""
    cdef int64_t k, row, n_rows = stop - start, D = merge.D
    cdef rank_rows_t* rows
    for k in range(first, last):
        rows = &merge.rows[k // n_rows]
        row = start + k % n_rows
        add_rows(changes + k * D, rows.base + row * rows.base_stride,
                 rows.live + row * rows.live_stride, D)


cdef check_merged_rows(float[:, :] rows, str what, int64_t V, int64_t D):
    require(rows.shape[0] == V and rows.shape[1] == D, what, f"of shape {(V, D)}",
            (rows.shape[0], rows.shape[1]))
    require(D < 2 or rows.strides[1] == sizeof(float), what,
            "of rows whose values are next to each other", "others")


cdef curvature_t curvature_from(list owners, const float[:, ::1] axes,
                                const float[::1] values, float rest):
    """Return a curvature for transports alone: without sums."""
    cdef curvature_t h
    cdef int64_t k, K = axes.shape[0], D = axes.shape[1]
    h.n_axes, h.n_columns, h.dim, h.rest = <int>K, <int>D, block_padded(<int>D), rest
    h.axes = owned_rows(owners, K + 1, h.dim)
    h.values, h.dots = owned_vectors(owners, K), owned_vectors(owners, K + 1)
    h.change = owned_vectors(owners, h.dim)
    for k in range(K):
        memcpy(h.axes[k], &axes[k, 0], D * sizeof(float))
        h.values[k] = values[k]
    return h


cdef inline void subtract_rows(const float* x, const float* y, float* difference,
                               int64_t D) noexcept nogil:
    cdef int64_t i
    for i in range(D):
        difference[i] = x[i] - y[i]


cdef inline void add_rows(const float* change, float* base, float* live,
                          int64_t D) noexcept nogil:
    cdef int64_t i
    for i in range(D):
        base[i] += change[i]
        live[i] = base[i]
