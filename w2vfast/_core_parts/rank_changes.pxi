# Fast mode: what a rank has learned of rows since the ranks merged them last, and how
# the sum over all ranks is applied.  Part of _core.pyx.
#
# Two passes over the rows, one before and one after the sum over the ranks; each reads
# and writes a row once.

def take_changes(const float[:, :] live, const float[:, :] base,
                 const float[::1] strengths, const float[:, ::1] axes,
                 const float[::1] values, float rest, float[:, ::1] changes):
    """Compute exp(-strength H) (live - base) for each row.

    Parameters
    ----------
    live, base : ndarray of float32, shape (V, D)
        The values of a row are next to each other; rows need not be. IN
    strengths : ndarray of float32, shape (V,)
        IN
    axes : ndarray of float32, shape (K, D)
        Orthonormal eigenvectors of the curvature H. IN
    values : ndarray of float32, shape (K,)
        Curvature along them, descending. IN
    rest : float
        Curvature along all other directions.
    changes : ndarray of float32, shape (V, D)
        OUT

    Raises
    ------
    ValueError
        If shapes differ, or the values of a row are not next to each other.
    """
    cdef int64_t V = live.shape[0], D = live.shape[1], row
    cdef list owners = []
    check_merged_rows(base, "base", live)
    check_merged_rows(changes, "changes", live)
    check_merged_rows(live, "live", live)
    require_length(strengths, "strengths", V)
    require(axes.shape[1] == D, "axes", f"of {D} columns", axes.shape[1])
    require_length(values, "values", axes.shape[0])
    cdef curvature_t h = curvature_from(owners, axes, values, rest)
    cdef float* change = owned_vectors(owners, h.dim)
    cdef float* zeros = owned_vectors(owners, h.dim)
    with nogil:
        for row in range(V if D > 0 else 0):
            subtract_rows(&live[row, 0], &base[row, 0], change, D)
            if strengths[row] != 0:
                block_transport(&h, strengths[row], zeros, zeros, change)
            memcpy(&changes[row, 0], change, D * sizeof(float))


def add_changes(const float[:, ::1] changes, float[:, :] base, float[:, :] live):
    """Let `live` and `base` be `base` and the changes of all ranks.

    Parameters
    ----------
    changes : ndarray of float32, shape (V, D)
        Summed over the ranks. IN
    base : ndarray of float32, shape (V, D)
        INOUT
    live : ndarray of float32, shape (V, D)
        OUT

    Raises
    ------
    ValueError
        If shapes differ, or the values of a row are not next to each other.
    """
    cdef int64_t V = live.shape[0], D = live.shape[1], row
    check_merged_rows(base, "base", changes)
    check_merged_rows(live, "live", changes)
    with nogil:
        for row in range(V if D > 0 else 0):
            add_rows(&changes[row, 0], &base[row, 0], &live[row, 0], D)


cdef check_merged_rows(const float[:, :] rows, str what, const float[:, :] others):
    cdef int64_t V = others.shape[0], D = others.shape[1]
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
