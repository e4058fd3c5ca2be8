# Aligned memory that is freed with a list, and the padding of rows.  Part of _core.pyx.

def aligned_floats(size):
    """Return zeros that share no cache line with others: float32, shape (size,)."""
    memory = np.zeros(4 * size + CACHE_LINE, dtype=np.uint8)
    skip = -memory.ctypes.data % CACHE_LINE
    return memory[skip:skip + 4 * size].view(np.float32)


cdef void* owned_bytes(list owners, int64_t n, int64_t size) except NULL:
    """Allocate n * size zero bytes on their own cache lines; freed with `owners`."""
    floats = aligned_floats((n * size + CACHE_LINE) // 4)  # a line more: never empty
    owners.append(floats)
    return <void*><size_t>floats.ctypes.data


cdef float* owned_vectors(list owners, int64_t n) except NULL:
    """Allocate n zeros that kernels may load and store in whole vectors."""
    return <float*>owned_bytes(owners, n + BLOCK_LANES, sizeof(float))


cdef float** owned_rows(list owners, int64_t n, int64_t stride) except NULL:
    """Allocate n rows of zeros; return pointers to them."""
    cdef float* rows = <float*>owned_bytes(owners, n * stride, sizeof(float))
    cdef float** pointers = <float**>owned_bytes(owners, n, sizeof(float*))
    cdef int64_t i
    for i in range(n):
        pointers[i] = rows + i * stride
    return pointers


def pack_rows(float[:, ::1] matrix, int dim):
    """Remove the padding of rows (V, stride): the first V * dim floats hold the rows.

    Without the GIL and in one call, so that no interrupt leaves it half done.
    """
    cdef int64_t word
    check_padding(matrix, "the length of a row", dim)
    with nogil:
        for word in range(matrix.shape[0]):
            memmove(&matrix[0, 0] + word * dim, &matrix[0, 0] + word * matrix.shape[1],
                    dim * sizeof(float))


def pad_rows(float[:, ::1] matrix, int dim):
    """Undo `pack_rows`, starting with the last row; the padding is zeros."""
    cdef int64_t word, stride = matrix.shape[1]
    cdef float* row
    check_padding(matrix, "the length of a row", dim)
    with nogil:
        for word in range(matrix.shape[0] - 1, -1, -1):
            row = &matrix[0, 0] + word * stride
            memmove(row, &matrix[0, 0] + word * dim, dim * sizeof(float))
            memset(row + dim, 0, (stride - dim) * sizeof(float))
