# Strings anywhere in memory, each an address and a size: joined to a block of text, or
# encoded as tokens.  Part of _text.pyx.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t, uintptr_t
from libc.string cimport memchr, memcpy

cdef enum:
    VIEW_INLINE = 12   # bytes of a string that a view holds itself

cdef struct StringLayout:
    # Where the strings of an array are: one of four forms, the others are NULL.
    const uint64_t* addresses   # (n,) with sizes: anywhere
    const int64_t* sizes        # (n,) [bytes]
    const int32_t* offsets32    # (n + 1,) one after another: starts and ends in `data`
    const int64_t* offsets64    # (n + 1,) the same
    const int32_t* views        # (4 * n,) see `StringArray.viewed`
    uint64_t data               # address of the bytes, or of the views
    const uint64_t* bases       # (n_bases,) addresses of the buffers of views
    int64_t n_bases
    uint64_t limit              # 16 bytes of a short string can be read before it

cdef struct StringScanner:
    StringLayout layout
    int64_t n
    int64_t pos                 # of the next string
    const int64_t* ends         # (n_ends,) a sentence ends before string ends[k]
    int64_t n_ends
    int64_t next_end            # index into `ends`


cdef inline bint cut_string(
    int64_t start, int64_t end, uint64_t data, uint64_t* address, int64_t* size
) noexcept nogil:
    # OUT address, size.  Returns whether they can be right.
    address[0] = data + <uint64_t>start
    size[0] = end - start
    return end == start or (end > start and data != 0)


cdef inline bint view_string(
    const StringLayout* layout, int64_t k, uint64_t* address, int64_t* size
) noexcept nogil:
    # OUT address, size.  Returns whether they can be right.
    cdef const int32_t* view = layout.views + 4 * k
    size[0] = view[0]
    if 0 <= view[0] <= VIEW_INLINE:
        address[0] = layout.data + <uint64_t>(16 * k + 4)
        return True
    if view[0] < 0 or not 0 <= view[2] < layout.n_bases:
        return False
    address[0] = layout.bases[view[2]] + <uint64_t>view[3]
    return view[3] >= 0 and layout.bases[view[2]] != 0


cdef bint find_strings(
    const StringLayout* layout, int64_t first, int64_t n, uint64_t* addresses,
    int64_t* sizes,
) noexcept nogil:
    # OUT addresses, sizes: of n strings from `first` on.  Returns whether they can be
    # right; no string may be read if not.
    cdef const int32_t* short_offsets
    cdef const int64_t* offsets
    cdef bint good = True
    cdef int64_t k
    if layout.offsets32 != NULL:
        short_offsets = layout.offsets32 + first
        for k in range(n):
            good &= cut_string(
                short_offsets[k], short_offsets[k + 1], layout.data, &addresses[k],
                &sizes[k],
            )
    elif layout.offsets64 != NULL:
        offsets = layout.offsets64 + first
        for k in range(n):
            good &= cut_string(
                offsets[k], offsets[k + 1], layout.data, &addresses[k], &sizes[k]
            )
    elif layout.views != NULL:
        for k in range(n):
            good &= view_string(layout, first + k, &addresses[k], &sizes[k])
    else:
        for k in range(n):
            good &= cut_string(
                0, layout.sizes[first + k], layout.addresses[first + k], &addresses[k],
                &sizes[k],
            )
    return good


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
    # OUT tokens: the next ones; returns their number, or BAD_VALUE.
    cdef uint64_t addresses[BATCH]
    cdef int64_t sizes[BATCH]
    cdef int64_t first = scanner.pos
    cdef int64_t n_found = min(<int64_t>BATCH, scanner.n - first)
    cdef int64_t next_end = scanner.next_end
    cdef int64_t k = 0
    cdef int n_tokens = 0
    if not find_strings(&scanner.layout, first, n_found, addresses, sizes):
        return BAD_VALUE
    while n_tokens < BATCH:
        if next_end < scanner.n_ends and (
            first + k == scanner.n or scanner.ends[next_end] <= first + k
        ):
            tokens[n_tokens].size = END_SIZE
            next_end += 1
        elif k < n_found:
            string_token(
                &tokens[n_tokens], <const uint8_t*><uintptr_t>addresses[k], sizes[k],
                scanner.layout.limit,
            )
            prefetch_slot(table, &tokens[n_tokens])
            k += 1
        else:
            break
        n_tokens += 1
    scanner.pos = first + k
    scanner.next_end = next_end
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
        if n_tokens < 0:
            return n_tokens
        n_ids = count_batch(table, tokens, n_tokens, ids, n_ids, False)
        if n_ids < 0:
            return n_ids
    return n_ids


cdef raise_damaged():
    raise ValueError(
        "the column is damaged: a string has a negative size, or lies outside the data "
        "of the column. Write the column again."
    )


@cython.final
cdef class StringArray:
    """Strings in memory, read in place; made by one of the functions below.

    Attributes
    ----------
    limit : int
        Address before which 16 bytes can be read of each string of up to 12.
    """

    cdef StringLayout layout
    cdef int64_t n
    cdef object arrays   # keeps their memory

    def __len__(self):
        return self.n

    @property
    def limit(self):
        return self.layout.limit

    @staticmethod
    def anywhere(
        const uint64_t[::1] addresses, const int64_t[::1] sizes, uint64_t limit=0
    ):
        """Return strings by their addresses, (n,), and sizes in bytes, (n,)."""
        cdef StringArray strings = StringArray()
        strings.n = sizes.shape[0]
        if addresses.shape[0] != strings.n:
            raise ValueError("addresses and sizes differ in length")
        if strings.n:
            strings.layout.addresses = &addresses[0]
            strings.layout.sizes = &sizes[0]
        strings.layout.limit = limit
        strings.arrays = (addresses, sizes)
        return strings

    @staticmethod
    def cut(offsets, uint64_t data):
        """Return strings that follow each other: Arrow's strings.

        Parameters
        ----------
        offsets : ndarray of int32 or int64, shape (n + 1,)
            String k is in the bytes offsets[k] to offsets[k + 1].
        data : int
            Address of the bytes.
        """
        cdef StringArray strings = StringArray()
        cdef const int32_t[::1] short_offsets
        cdef const int64_t[::1] long_offsets
        strings.n = offsets.size - 1
        if strings.n < 0:
            raise ValueError("offsets are one more than strings, got none")
        if offsets.dtype == np.int32:
            short_offsets = offsets
            strings.layout.offsets32 = &short_offsets[0]
        else:
            long_offsets = offsets
            strings.layout.offsets64 = &long_offsets[0]
        strings.layout.data = data
        strings.layout.limit = data + <uint64_t>(<int64_t>offsets[len(offsets) - 1])
        strings.arrays = offsets
        return strings

    @staticmethod
    def viewed(const int32_t[::1] views, uint64_t data, const uint64_t[::1] bases):
        """Return strings of an Arrow array of views.

        Parameters
        ----------
        views : ndarray of int32, shape (4 * n,)
            For each string its size and 12 bytes: those of a string that fits, else its
            first 4, the number of the buffer that holds it, and where in this buffer.
        data : int
            Address of the views.
        bases : ndarray of uint64, shape (n_buffers,)
            Addresses of the buffers.
        """
        cdef StringArray strings = StringArray()
        strings.n = views.shape[0] // 4
        if strings.n:
            strings.layout.views = &views[0]
        strings.layout.data = data
        strings.layout.n_bases = bases.shape[0]
        if bases.shape[0]:
            strings.layout.bases = &bases[0]
        # Strings of up to 12 bytes are in the views.
        strings.layout.limit = data + <uint64_t>(16 * strings.n)
        strings.arrays = (views, bases)
        return strings

    def located(self):
        """Return addresses, uint64, (n,), and sizes, int64, (n,) [bytes]."""
        addresses = np.empty(self.n, dtype=np.uint64)
        sizes = np.empty(self.n, dtype=np.int64)
        cdef uint64_t[::1] of_address = addresses
        cdef int64_t[::1] of_size = sizes
        cdef bint good = True
        if self.n:
            with nogil:
                good = find_strings(
                    &self.layout, 0, self.n, &of_address[0], &of_size[0]
                )
        if not good:
            raise_damaged()
        return addresses, sizes


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
