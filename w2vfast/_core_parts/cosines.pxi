# Questions to vectors: one pass over all of them.  Part of _core.pyx.

def dots_and_squares(const float[:, :] rows, const float[::1] x,
                     float[::1] dots, float[::1] squares):
    """Compute the dot product with x, and the squared length, of each row.

    Parameters
    ----------
    rows : ndarray of float32, shape (V, D)
        The values of a row are next to each other; rows need not be. IN
    x : ndarray of float32, shape (D,)
        IN
    dots, squares : ndarray of float32, shape (V,)
        OUT

    Raises
    ------
    ValueError
        If shapes differ, or the values of a row are not next to each other.
    """
    cdef int64_t V = rows.shape[0], D = rows.shape[1]
    if (x.shape[0], dots.shape[0], squares.shape[0]) != (D, V, V):
        raise ValueError(
            f"rows of shape ({V}, {D}) need x of shape ({D},), dots and squares of "
            f"shape ({V},); got {x.shape[0]}, {dots.shape[0]} and {squares.shape[0]}.")
    if D > 1 and rows.strides[1] != sizeof(float):
        raise ValueError("the values of a row must be next to each other. Pass "
                         "numpy.ascontiguousarray(rows).")
    if V == 0 or D == 0:
        np.asarray(dots)[:] = 0
        np.asarray(squares)[:] = 0
        return
    with nogil:
        block_cosine_sums(&rows[0, 0], rows.strides[0] // <int64_t>sizeof(float), V,
                          &x[0], <int>D, &dots[0], &squares[0])
