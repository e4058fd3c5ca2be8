# Fast mode: what one shard of a deterministic round has learned, as bytes that another
# process unpacks.  Part of _core.pyx.
#
# For each matrix: the number of touched rows, the ends of their parts, the list of
# copies, the rows, and the sums over samples of the curvature.


def pack_shard(Shards shards, int64_t shard):
    """Return what a shard of this round has learned, as bytes.

    Parameters
    ----------
    shards : Shards
    shard : int

    Returns
    -------
    ndarray of uint8
    """
    cdef int64_t n = MATRICES * sizeof(int64_t), m
    require(0 <= shard < shards.n_shards, "a shard", f"below {shards.n_shards}", shard)
    for m in range(MATRICES):
        n += packed_bytes(shards, m, shards.touched[m * shards.n_shards + shard].n_rows)
    packed = np.empty(n, dtype=np.uint8)
    cdef uint8_t[::1] view = packed
    cdef char* at = <char*>&view[0]
    for m in range(MATRICES):
        at = exchange_bytes(at, &shards.touched[m * shards.n_shards + shard].n_rows,
                            sizeof(int64_t), False)
    for m in range(MATRICES):
        at = exchange_touched(shards, m, shard, at, False)
    return packed


def unpack_shard(Shards shards, int64_t shard, const uint8_t[::1] packed):
    """Let a shard of this round have learned what another process has packed.

    Raises
    ------
    ValueError
        If the bytes are of other matrices.
    MemoryError
        If there is no memory for the rows.
    """
    cdef int64_t n = MATRICES * sizeof(int64_t), m
    cdef int64_t n_rows[MATRICES]
    require(0 <= shard < shards.n_shards, "a shard", f"below {shards.n_shards}", shard)
    require(packed.shape[0] >= n, "packed bytes", f"at least {n}", packed.shape[0])
    cdef char* at = exchange_bytes(<char*>&packed[0], n_rows, n, True)
    for m in range(MATRICES):
        require(0 <= n_rows[m] <= shards.model.c.vocab_size, "the number of rows",
                f"at most {shards.model.c.vocab_size}", n_rows[m])
        n += packed_bytes(shards, m, n_rows[m])
    require(packed.shape[0] == n, "packed bytes", f"{n}", packed.shape[0])
    for m in range(MATRICES):
        make_room(shards, m, shard, n_rows[m])
        at = exchange_touched(shards, m, shard, at, True)


cdef int64_t packed_bytes(Shards shards, int64_t m, int64_t n_rows) noexcept nogil:
    """Return the bytes of one matrix, without the number of rows."""
    cdef const curvature_t* h = &shards.curvature[m]
    if shards.indices[m] == NULL:
        return 0
    return (PARTS * sizeof(int64_t) + (2 + 2 * CURVATURE_BANDS) * sizeof(double)
            + n_rows * (sizeof(copy_t) + shards.model.c.stride * sizeof(float))
            + h.n_axes * h.dim * sizeof(float))


cdef make_room(Shards shards, int64_t m, int64_t shard, int64_t n_rows):
    cdef touched_t* touched = &shards.touched[m * shards.n_shards + shard]
    cdef int64_t block
    touched.n_rows = touched.n_copied = n_rows
    for block in range((n_rows + TOUCHED_BLOCK - 1) // TOUCHED_BLOCK):
        if touched.blocks[block] == NULL and not add_block(touched, block):
            raise MemoryError


cdef char* exchange_touched(Shards shards, int64_t m, int64_t shard, char* at,
                            bint restore) noexcept nogil:
    """Copy what a shard has learned of one matrix to `at`, or from there."""
    cdef touched_t* touched = &shards.touched[m * shards.n_shards + shard]
    cdef curvature_t* h = curvature_of(&shards.samples[shard], m)
    cdef int64_t stride = shards.model.c.stride, row = 0, n
    cdef int k
    if shards.indices[m] == NULL:
        return at
    at = exchange_bytes(at, touched.part_ends, PARTS * sizeof(int64_t), restore)
    at = exchange_bytes(at, touched.copies, touched.n_rows * sizeof(copy_t), restore)
    while row < touched.n_rows:
        n = min(<int64_t>TOUCHED_BLOCK, touched.n_rows - row)
        at = exchange_bytes(at, touched_at(touched, row, stride),
                            n * stride * sizeof(float), restore)
        row += n
    at = exchange_bytes(at, &h.trace, sizeof(double), restore)
    at = exchange_bytes(at, &h.n_blocks, sizeof(double), restore)
    at = exchange_bytes(at, h.band_traces, CURVATURE_BANDS * sizeof(double), restore)
    at = exchange_bytes(at, h.band_uses, CURVATURE_BANDS * sizeof(double), restore)
    for k in range(h.n_axes):
        at = exchange_bytes(at, h.sums[k], h.dim * sizeof(float), restore)
    return at


cdef inline char* exchange_bytes(char* at, void* values, int64_t n,
                                 bint restore) noexcept nogil:
    """Copy values to `at`, or from there; return where the next ones are."""
    if restore:
        memcpy(values, at, n)
    else:
        memcpy(at, values, n)
    return at + n
