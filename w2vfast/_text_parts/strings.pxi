# Strings anywhere in memory, each an address and a size: joined to a block of text, or
# encoded as tokens.  Part of _text.pyx.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t, uintptr_t
from libc.string cimport memchr, memcpy

cdef enum:
    VIEW_INLINE = 12   # bytes of a string that a view holds itself

cdef struct StringScanner:
    const uint64_t* addresses   # (n,)
    const int64_t* sizes        # (n,) [bytes]
    uint64_t limit              # see `encode_strings`
    int64_t n
    int64_t pos                 # of the next string
    const int64_t* ends         # (n_ends,) a sentence ends before string ends[k]
    int64_t n_ends
    int64_t next_end            # index into `ends`


cdef inline void string_token(
    Token* token, const uint8_t* start, int64_t size, uint64_t limit
) noexcept nogil:
    # OUT token.  Reads no byte outside the string, but 16 bytes of a short one where
    # they are before the limit.
    cdef uint8_t word[8]
    cdef int64_t shift
    if size <= VIEW_INLINE and <uint64_t><uintptr_t>start + 16 <= limit:
        make_token(token, start, size)
        return
    token.tail = 0
    if size > INLINE_BYTES:
        token.head = hash_long(start, size)
    elif size >= 8:
        shift = 4 * (INLINE_BYTES - size)  # twice, as one by 64 bits is undefined
        token.head = load(start)
        token.tail = (load(start + size - 8) >> shift) >> shift
    else:
        store(word, 0)
        memcpy(word, start, <size_t>size)
        token.head = load(word)
    finish_token(token, start, size)


cdef int scan_strings(
    StringScanner* scanner, const Table* table, Token* tokens
) noexcept nogil:
    # OUT tokens: the next ones; returns their number.
    cdef int n_tokens = 0
    cdef int64_t k
    while n_tokens < BATCH:
        k = scanner.pos
        if scanner.next_end < scanner.n_ends and (
            k == scanner.n or scanner.ends[scanner.next_end] <= k
        ):
            tokens[n_tokens].size = END_SIZE
            scanner.next_end += 1
        elif k < scanner.n:
            string_token(
                &tokens[n_tokens],
                <const uint8_t*><uintptr_t>scanner.addresses[k],
                scanner.sizes[k],
                scanner.limit,
            )
            prefetch_slot(table, &tokens[n_tokens])
            scanner.pos += 1
        else:
            break
        n_tokens += 1
    return n_tokens


cdef int64_t encode_scanned(
    Table* table, StringScanner* scanner, int32_t* ids
) noexcept nogil:
    # OUT ids: (n + n_ends,).  Returns the number of ids or an error.
    cdef Token tokens[BATCH]
    cdef int64_t n_ids = 0
    cdef int n_tokens
    while scanner.pos < scanner.n or scanner.next_end < scanner.n_ends:
        if reserve(table, BATCH) < 0:
            return NO_MEMORY
        n_tokens = scan_strings(scanner, table, tokens)
        n_ids = count_batch(table, tokens, n_tokens, ids, n_ids, False)
        if n_ids < 0:
            return n_ids
    return n_ids


cdef check_strings(const uint64_t[::1] addresses, const int64_t[::1] sizes):
    cdef int64_t k
    if addresses.shape[0] != sizes.shape[0]:
        raise ValueError("addresses and sizes differ in length")
    for k in range(sizes.shape[0]):
        if sizes[k] < 0 or (sizes[k] > 0 and addresses[k] == 0):
            raise ValueError(
                f"string {k} is said to have {sizes[k]} bytes at address "
                f"{addresses[k]}; the column is damaged"
            )


def locate_views(
    const int32_t[::1] views, uint64_t start, const uint64_t[::1] bases,
    uint64_t[::1] addresses, int64_t[::1] sizes,
):
    """Find the strings of an Arrow array of views.

    Parameters
    ----------
    views : ndarray of int32, shape (4 * n,)
        For each string its size and 12 bytes: those of a string that fits, else its
        first 4, the number of the buffer that holds it, and where in this buffer.
    start : int
        Address of the views.
    bases : ndarray of uint64, shape (n_buffers,)
        Addresses of the buffers.
    addresses : ndarray of uint64, shape (n,)
        OUT.
    sizes : ndarray of int64, shape (n,)
        OUT.
    """
    cdef int64_t n = sizes.shape[0]
    cdef int64_t k
    cdef bint damaged = False
    if views.shape[0] != 4 * n or addresses.shape[0] != n:
        raise ValueError(f"locate_views: {n} strings, but {views.shape[0] // 4} views")
    with nogil:
        for k in range(n):
            sizes[k] = views[4 * k]
            if sizes[k] <= VIEW_INLINE:
                addresses[k] = start + <uint64_t>(16 * k + 4)
            elif 0 <= views[4 * k + 2] < bases.shape[0]:
                addresses[k] = bases[views[4 * k + 2]] + <uint64_t>views[4 * k + 3]
            else:
                damaged = True
    if damaged:
        raise ValueError("a string view names a buffer that the array does not have")


def join_strings(
    const uint64_t[::1] addresses, const int64_t[::1] sizes, uint8_t[::1] out
):
    """Write strings as lines of text; newlines inside them become spaces.

    Parameters
    ----------
    addresses : ndarray of uint64, shape (n,)
    sizes : ndarray of int64, shape (n,)
        At least 0 [bytes].
    out : ndarray of uint8, shape (sizes.sum() + n or more,)
        OUT.

    Returns
    -------
    int
        Bytes written.
    """
    cdef int64_t n_out = 0
    cdef int64_t k
    check_strings(addresses, sizes)
    for k in range(sizes.shape[0]):
        n_out += sizes[k] + 1
    check_length("join_strings", out.shape[0], n_out)
    n_out = 0
    with nogil:
        for k in range(sizes.shape[0]):
            n_out += write_line(
                &out[n_out], <const uint8_t*><uintptr_t>addresses[k], sizes[k]
            )
    return n_out


cdef inline int64_t write_line(
    uint8_t* out, const uint8_t* text, int64_t size
) noexcept nogil:
    cdef uint8_t* found = out
    if size:
        memcpy(out, text, <size_t>size)
        found = <uint8_t*>memchr(out, c"\n", <size_t>size)
    while size and found != NULL:
        found[0] = c" "
        found = <uint8_t*>memchr(found, c"\n", <size_t>(size - (found - out)))
    out[size] = c"\n"
    return size + 1
